-- check: orphan_users every auth user has a profile
-- after: migrations
-- severity: warn
-- covers: R18
-- The sign-up trigger lets a sign-up succeed when the profile fails, so this can happen.
select format('auth user %s, made %s, has no profile', users.id, users.created_at) as problem
from auth.users
left join public.profiles using (id)
where profiles.id is null
order by users.created_at, users.id;
