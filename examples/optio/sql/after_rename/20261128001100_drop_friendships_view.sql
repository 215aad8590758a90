-- The second step, after the backend has moved to `team_requests`: the view goes, the rows stay.

drop view public.friendships;
