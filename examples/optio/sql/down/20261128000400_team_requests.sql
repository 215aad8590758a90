-- The column responded_at stays: it may hold answers by now.

alter table public.friendships drop constraint friendships_not_to_oneself;
drop index public.friendships_one_pending;
