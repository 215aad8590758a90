-- check: R9 the five tables of the six groups have their columns
-- after: migrations
-- severity: error
-- covers: R9
with declared (table_name, name, type, nullable) as (
  values
    ('engagement_events', 'id', 'uuid', false),
    ('engagement_events', 'user_id', 'uuid', false),
    ('engagement_events', 'event_type', 'text', false),
    ('engagement_events', 'value', 'integer', false),
    ('engagement_events', 'occurred_at', 'timestamp with time zone', false),
    ('engagement_events', 'event_key', 'text', false),
    ('engagement_events', 'created_at', 'timestamp with time zone', false),
    ('daily_engagement_scores', 'id', 'uuid', false),
    ('daily_engagement_scores', 'user_id', 'uuid', false),
    ('daily_engagement_scores', 'score_date', 'date', false),
    ('daily_engagement_scores', 'score', 'numeric', false),
    ('daily_engagement_scores', 'created_at', 'timestamp with time zone', false),
    ('daily_engagement_scores', 'updated_at', 'timestamp with time zone', false),
    ('user_fcm_tokens', 'id', 'uuid', false),
    ('user_fcm_tokens', 'user_id', 'uuid', false),
    ('user_fcm_tokens', 'token', 'text', false),
    ('user_fcm_tokens', 'platform', 'text', false),
    ('user_fcm_tokens', 'created_at', 'timestamp with time zone', false),
    ('user_fcm_tokens', 'updated_at', 'timestamp with time zone', false),
    ('today_feed_items', 'id', 'uuid', false),
    ('today_feed_items', 'title', 'text', false),
    ('today_feed_items', 'body', 'text', false),
    ('today_feed_items', 'published_at', 'timestamp with time zone', true),
    ('today_feed_items', 'created_at', 'timestamp with time zone', false),
    ('push_notifications', 'id', 'uuid', false),
    ('push_notifications', 'user_id', 'uuid', false),
    ('push_notifications', 'kind', 'text', false),
    ('push_notifications', 'sent_at', 'timestamp with time zone', true),
    ('push_notifications', 'delivered_at', 'timestamp with time zone', true),
    ('push_notifications', 'created_at', 'timestamp with time zone', false)
),
found as (
  select table_name::text, column_name::text as name, data_type::text as type,
    is_nullable = 'YES' as nullable
  from information_schema.columns
  where table_schema = 'public'
)
select format(
    '%s.%s: declared %s, found %s', table_name, name, declared.type
    || case when declared.nullable then '' else ' not null' end,
    coalesce(found.type || case when found.nullable then '' else ' not null' end, 'nothing')
  ) as problem
from declared
left join found using (table_name, name)
where (declared.type, declared.nullable) is distinct from (found.type, found.nullable)
order by 1;
