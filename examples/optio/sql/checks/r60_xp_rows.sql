-- check: R60 every user has one row of XP for each of the five pillars
-- after: migrations
-- severity: warn
-- covers: R60
select format('user %s has XP in %s of 5 pillars', users.id, count(pillar)) as problem
from public.users
left join public.user_skill_xp on user_id = users.id
group by users.id
having count(pillar) <> 5
order by 1;
