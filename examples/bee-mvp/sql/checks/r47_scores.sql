-- check: R47 fewer than 5 % of the scores differ from what their day's events give
-- after: migrations
-- severity: warn
-- covers: R47
-- The stand-in's rule: the sum of the day's values in UTC, at most 100 and at least 0.
with expected as (
  select
    scores.score,
    least(100, greatest(0, coalesce(sum(events.value), 0))) as wanted
  from public.daily_engagement_scores as scores
  left join public.engagement_events as events
    on events.user_id = scores.user_id
    and (events.occurred_at at time zone 'UTC')::date = scores.score_date
  group by scores.id
)
select format('%s of %s scores differ from the sum of their day''s events', wrong, scores) as problem
from (
  select count(*) as scores, count(*) filter (where score <> wanted) as wrong from expected
) as compared
where wrong * 100 >= 5 * scores and wrong > 0;
