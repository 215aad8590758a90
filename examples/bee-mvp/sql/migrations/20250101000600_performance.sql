-- stackwright: no-transaction
-- How the app and the functions look rows up. Built while the app goes on writing.

create index concurrently if not exists idx_engagement_events_user_time
  on public.engagement_events (user_id, occurred_at);
create index concurrently if not exists idx_user_fcm_tokens_user
  on public.user_fcm_tokens (user_id);
create index concurrently if not exists idx_today_feed_items_published
  on public.today_feed_items (published_at desc) where published_at is not null;
create index concurrently if not exists idx_push_notifications_user_time
  on public.push_notifications (user_id, created_at desc);
