-- check: R55_grants anon and signed-in users hold the declared rights and none beyond
-- after: migrations
-- severity: error
-- covers: R55 R56
-- A right on some columns is written `SELECT(a,b)`; the view `friendships` has those of its table.
with declared (table_name, grantee, rights) as (
  values
    ('users', 'authenticated', 'SELECT UPDATE(first_name,last_name,updated_at,username)'),
    ('quests', 'anon', 'SELECT'),
    ('quests', 'authenticated', 'DELETE INSERT SELECT UPDATE'),
    ('quest_tasks', 'anon', 'SELECT'),
    ('quest_tasks', 'authenticated', 'DELETE INSERT SELECT UPDATE'),
    ('quest_task_completions', 'authenticated', 'INSERT SELECT'),
    ('user_skill_xp', 'authenticated', 'SELECT'),
    ('user_quests', 'authenticated', 'INSERT SELECT UPDATE'),
    ('quest_submissions', 'authenticated', 'INSERT SELECT UPDATE'),
    ('team_requests', 'authenticated', 'INSERT(recipient_id,sender_id,status) SELECT UPDATE(status)')
),
product as (
  select oid, relname::text, relowner, relacl
  from pg_catalog.pg_class
  where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v')
    and relname <> 'diplomas'
),
held as (
  select relname, acl.grantee, acl.privilege_type as privilege, null as column_name
  from product
  cross join aclexplode(coalesce(relacl, acldefault('r', relowner))) as acl
  union all
  select relname, acl.grantee, acl.privilege_type,
    case attname
      when 'requester_id' then 'sender_id'
      when 'addressee_id' then 'recipient_id'
      else attname::text
    end
  from product
  join pg_catalog.pg_attribute on attrelid = product.oid and attacl is not null
  cross join aclexplode(attacl) as acl
),
by_privilege as (
  select
    case relname when 'friendships' then 'team_requests' else relname end as table_name,
    relname,
    case grantee when 0 then 'public' else pg_get_userbyid(grantee)::text end as grantee,
    privilege,
    '(' || string_agg(column_name, ',' order by column_name) || ')' as columns
  from held
  group by relname, grantee, privilege
),
found as (
  select table_name, relname, grantee,
    string_agg(privilege || coalesce(columns, ''), ' ' order by privilege) as rights
  from by_privilege
  where grantee in ('public', 'anon', 'authenticated')
  group by table_name, relname, grantee
)
select format(
    '%s: %s may %s, declared is %s', coalesce(relname, table_name), grantee,
    coalesce(found.rights, 'nothing'), coalesce(declared.rights, 'nothing')
  ) as problem
from declared
full join found using (table_name, grantee)
where declared.rights is distinct from found.rights
order by 1;
