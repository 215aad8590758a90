-- The first of two steps: the table and its two columns get their new names, and what still speaks of
-- `friendships` meets a view of that name. It can be written through, and reads with the caller's own
-- rights: without `security_invoker` it would show everybody's requests to everybody.

alter table public.friendships rename to team_requests;
alter table public.team_requests rename column requester_id to sender_id;
alter table public.team_requests rename column addressee_id to recipient_id;
alter table public.team_requests rename constraint friendships_status_check
  to team_requests_status_check;
alter table public.team_requests rename constraint friendships_not_to_oneself
  to team_requests_not_to_oneself;
alter index public.friendships_one_pending rename to team_requests_one_pending;

create view public.friendships with (security_invoker = true) as
select id, sender_id as requester_id, recipient_id as addressee_id, status, created_at, responded_at
from public.team_requests;
comment on view public.friendships is
  'The old name of team_requests, for the backend that still uses it. Dropped by sql/after_rename.';

revoke all on public.friendships from public, anon, authenticated;
grant select on public.friendships to authenticated;
grant insert (requester_id, addressee_id, status) on public.friendships to authenticated;
grant update (status) on public.friendships to authenticated;
