-- check: R19 supabase_realtime publishes the daily scores and nothing else
-- after: migrations
-- severity: error
-- covers: R19
select format('supabase_realtime: %s.%s is %s', schemaname, tablename,
    case when declared is null then 'published, which nobody declared' else 'not published' end
  ) as problem
from (values ('public', 'daily_engagement_scores', true))
  as declared (schemaname, tablename, declared)
full join (
  select schemaname::text, tablename::text, true as found
  from pg_catalog.pg_publication_tables
  where pubname = 'supabase_realtime'
) as found using (schemaname, tablename)
where declared is null or found is null
order by 1;
