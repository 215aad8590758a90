-- check: R61 no tier and no pillar is outside its list, and no pillar is empty
-- after: migrations
-- severity: error
-- covers: R59 R60 R61
with found (place, value) as (
  select 'users.subscription_tier', subscription_tier
  from public.users
  where subscription_tier not in ('free', 'supported', 'academy')
  union all
  select place, pillar
  from (
    select 'quest_tasks.pillar', pillar from public.quest_tasks
    union all
    select 'user_skill_xp.pillar', pillar from public.user_skill_xp
  ) as pillars (place, pillar)
  where coalesce(pillar, '') not in (
    'stem_logic', 'life_wellness', 'language_communication', 'society_culture', 'arts_creativity'
  )
)
select format('%s is %s in %s rows', place, coalesce(quote_literal(value), 'empty'), count(*)) as problem
from found
group by place, value
order by 1;
