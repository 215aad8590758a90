-- What was sent to a user's phones, and whether it arrived.

create table public.push_notifications (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  kind text not null,
  sent_at timestamptz,
  delivered_at timestamptz,
  created_at timestamptz not null default now()
);
