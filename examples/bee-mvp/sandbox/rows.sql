-- Two testers with a day's events each, one score of each, and two items of the feed.

insert into public.engagement_events (user_id, event_type, value, event_key, occurred_at)
select id, kind, value, kind || value, '2026-11-20 12:00+00'
from auth.users
cross join (values ('lesson', 30), ('walk', 20), ('lesson', 60)) as events (kind, value);

insert into public.daily_engagement_scores (user_id, score_date, score)
select id, '2026-11-20', 100 from auth.users;

insert into public.today_feed_items (title, body, published_at) values
  ('Small steps', 'Ten minutes are enough to begin.', '2026-11-20 06:00+00'),
  ('A draft', 'Nobody sees this yet.', null);
