-- The old names again; every row stays.

drop view public.friendships;
alter table public.team_requests rename constraint team_requests_status_check
  to friendships_status_check;
alter table public.team_requests rename constraint team_requests_not_to_oneself
  to friendships_not_to_oneself;
alter index public.team_requests_one_pending rename to friendships_one_pending;
alter table public.team_requests rename column sender_id to requester_id;
alter table public.team_requests rename column recipient_id to addressee_id;
alter table public.team_requests rename to friendships;
