-- The sixth group, whose file is run without a transaction elsewhere, and the ledger of the Supabase
-- CLI with all six.

create index idx_engagement_events_user_time on public.engagement_events (user_id, occurred_at);
create index idx_user_fcm_tokens_user on public.user_fcm_tokens (user_id);
create index idx_today_feed_items_published on public.today_feed_items (published_at desc)
  where published_at is not null;
create index idx_push_notifications_user_time
  on public.push_notifications (user_id, created_at desc);

create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (
  version text not null primary key,
  statements text[],
  name text
);
insert into supabase_migrations.schema_migrations (version, name) values
  ('20250101000100', 'engagement_events'),
  ('20250101000200', 'daily_engagement_scores'),
  ('20250101000300', 'user_fcm_tokens'),
  ('20250101000400', 'today_feed'),
  ('20250101000500', 'push_notifications'),
  ('20250101000600', 'performance');
