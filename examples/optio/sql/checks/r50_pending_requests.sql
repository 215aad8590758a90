-- check: R50 at most one pending request between two users in either direction, none to oneself
-- after: migrations
-- severity: error
-- covers: R50
with requests as (
  select coalesce(to_regclass('public.team_requests'), to_regclass('public.friendships')) as oid
)
select 'no unique index stops a second pending request of the same two users' as problem
from requests
where not exists (
  select
  from pg_catalog.pg_index
  where indrelid = requests.oid and indisunique and indisvalid
    and pg_get_expr(indpred, indrelid) = '(status = ''pending''::text)'
    and pg_get_indexdef(indexrelid, 1, false) ~ '^LEAST\((sender_id, recipient_id|requester_id, addressee_id)\)$'
    and pg_get_indexdef(indexrelid, 2, false) ~ '^GREATEST\((sender_id, recipient_id|requester_id, addressee_id)\)$'
    and indnkeyatts = 2
)
union all
select 'nothing stops a request to oneself'
from requests
where not exists (
  select
  from pg_catalog.pg_constraint
  where conrelid = requests.oid and contype = 'c' and convalidated
    and pg_get_constraintdef(pg_constraint.oid)
      ~ '^CHECK \(\((sender_id <> recipient_id|requester_id <> addressee_id)\)\)$'
);
