-- check: R51 team requests are one table, and the old name at most a view with the caller's rights
-- after: migrations
-- severity: error
-- covers: R51
with named (name, kind, options) as (
  select relname::text, relkind, reloptions::text
  from pg_catalog.pg_class
  where relnamespace = 'public'::regnamespace and relname in ('friendships', 'team_requests')
)
select 'neither friendships nor team_requests is a table' as problem
where not exists (select from named where kind in ('r', 'p'))
union all
select 'friendships and team_requests are two tables'
where (select count(*) from named where kind in ('r', 'p')) > 1
union all
select 'the view friendships reads with its owner''s rights: everybody sees every request'
from named
where name = 'friendships' and kind = 'v' and coalesce(options, '') !~ 'security_invoker=(true|on)'
union all
select 'the view friendships cannot be written through, so the old backend fails'
from named
where name = 'friendships' and kind = 'v'
  -- bits: 4 updates, 8 inserts, 16 deletes
  and pg_relation_is_updatable(to_regclass('public.friendships'), false) & 28 <> 28;
