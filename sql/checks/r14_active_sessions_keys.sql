-- check: R14 active_sessions has its keys, one cascading foreign key among them
-- after: migrations
-- severity: error
-- reads: schema
-- covers: R14
with declared (name, definition) as (
  values
    ('active_sessions_pkey', 'PRIMARY KEY (id)'),
    ('active_sessions_session_token_key', 'UNIQUE (session_token)'),
    ('active_sessions_user_id_fkey',
      'FOREIGN KEY (user_id) REFERENCES profiles(id) ON DELETE CASCADE')
),
found as (
  select
    conname::text as name,
    replace(pg_get_constraintdef(oid), 'public.', '') as definition
  from pg_catalog.pg_constraint
  where conrelid = to_regclass('public.active_sessions') and contype in ('p', 'u', 'f', 'c')
)
select format(
    'active_sessions, constraint %s: declared %s, found %s',
    name, coalesce(declared.definition, 'nothing'), coalesce(found.definition, 'nothing')
  ) as problem
from declared
full join found using (name)
where declared.definition is distinct from found.definition
order by name;
