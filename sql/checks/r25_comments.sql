-- check: R25 tables, columns and the sign-up function say what they are for
-- after: migrations
-- severity: error
-- reads: schema
-- covers: R25
with declared (what, comment) as (
  select 'table ' || name, obj_description(to_regclass('public.' || name), 'pg_class')
  from (values ('active_sessions'), ('enhanced_lerg')) as tables (name)
  union all
  select
    'column ' || table_name || '.' || column_name,
    (
      select col_description(attrelid, attnum)
      from pg_catalog.pg_attribute
      where attrelid = to_regclass('public.' || table_name) and attname = column_name
    )
  from (values
    ('profiles', 'subscription_id'),
    ('profiles', 'billing_period'),
    ('profiles', 'total_uploads'),
    ('profiles', 'cancel_at_period_end'),
    ('enhanced_lerg', 'confidence_score'),
    ('enhanced_lerg', 'source')
  ) as columns (table_name, column_name)
  union all
  select 'function handle_new_user()', obj_description(to_regprocedure('public.handle_new_user()'), 'pg_proc')
)
select format('the %s has no comment', what) as problem
from declared
where coalesce(comment, '') = ''
order by what;
