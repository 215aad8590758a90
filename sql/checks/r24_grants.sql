-- check: R24 callers hold the declared rights on tables and on no column more
-- after: migrations
-- severity: error
-- reads: schema
-- covers: R24
with declared (table_name, grantee, privilege) as (
  select table_name, grantee, unnest(string_to_array(privileges, ' '))
  from (values
    ('profiles', 'authenticated', 'SELECT UPDATE'),
    ('active_sessions', 'authenticated', 'SELECT INSERT UPDATE DELETE'),
    ('enhanced_lerg', 'authenticated', 'SELECT'),
    ('enhanced_lerg', 'service_role', 'SELECT INSERT UPDATE DELETE TRUNCATE REFERENCES TRIGGER')
  ) as by_role (table_name, grantee, privileges)
),
product_tables as (
  select oid, relname, relacl, relowner
  from pg_catalog.pg_class
  where relnamespace = 'public'::regnamespace
    and relname in ('profiles', 'active_sessions', 'enhanced_lerg')
),
granted as (
  select relname, acl.grantee, acl.privilege_type
  from product_tables
  cross join aclexplode(coalesce(relacl, acldefault('r', relowner))) as acl
  union all
  select relname || '.' || attname, acl.grantee, acl.privilege_type
  from product_tables
  join pg_catalog.pg_attribute on attrelid = product_tables.oid and attacl is not null
  cross join aclexplode(attacl) as acl
),
found as (
  select
    relname::text as table_name,
    case grantee when 0 then 'public' else pg_get_userbyid(grantee)::text end as grantee,
    privilege_type as privilege
  from granted
),
missing as (select * from declared except select * from found),
-- What the service role holds beyond the declaration is Supabase's own default.
beyond as (
  select * from found where grantee in ('public', 'anon', 'authenticated')
  except
  select * from declared
)
select format('%s lacks %s on %s', grantee, string_agg(privilege, ', ' order by privilege), table_name) as problem
from missing
group by grantee, table_name
union all
select format('%s holds %s on %s beyond the declaration', grantee, string_agg(privilege, ', ' order by privilege), table_name)
from beyond
group by grantee, table_name;
