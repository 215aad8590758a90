-- What a user did in the app; the momentum score is made of it.
-- A stand-in for the product's own file of this group, as the five after it.

create table public.engagement_events (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  event_type text not null,
  value integer not null default 1,
  occurred_at timestamptz not null default now(),
  event_key text not null,
  created_at timestamptz not null default now(),
  -- Made by the app, so that an event that was kept while offline and sent twice arrives once.
  unique (user_id, event_key)
);
