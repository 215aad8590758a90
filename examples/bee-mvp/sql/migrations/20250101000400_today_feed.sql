-- What the Today feed shows, once it is published.

create table public.today_feed_items (
  id uuid primary key default gen_random_uuid(),
  title text not null,
  body text not null,
  published_at timestamptz,
  created_at timestamptz not null default now()
);
