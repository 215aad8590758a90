-- check: R48 the integer-keyed tables of another time do not exist
-- after: migrations
-- severity: error
-- covers: R48
select format('the retired table %s exists', name) as problem
from unnest(array['user', 'student', 'goal', 'milestone', 'quest_xp_awards']) as name
where to_regclass(format('public.%I', name)) is not null;
