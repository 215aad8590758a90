-- The app no longer hears of changes; it reads scores when it asks.

alter publication supabase_realtime drop table public.daily_engagement_scores;
