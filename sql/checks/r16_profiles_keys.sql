-- check: R16 profiles has its key, its cascading foreign key and the check of the billing period
-- after: migrations
-- severity: error
-- reads: schema
-- covers: R16
with declared (what, contype, pattern) as (
  values
    ('primary key on id', 'p', '^PRIMARY KEY \(id\)$'),
    ('foreign key of id to auth.users with cascade', 'f',
      '^FOREIGN KEY \(id\) REFERENCES (auth\.)?users\(id\) ON DELETE CASCADE$'),
    ('check of billing_period for monthly and annual', 'c',
      'billing_period = ANY \(ARRAY\[''monthly''::text, ''annual''::text\]\)')
)
select format('profiles lacks its %s', what) as problem
from declared
where not exists (
  select
  from pg_catalog.pg_constraint
  where conrelid = to_regclass('public.profiles')
    and pg_constraint.contype::text = declared.contype
    and convalidated
    and pg_get_constraintdef(oid) ~ declared.pattern
)
order by what;
