-- What a profile must hold for billing by subscription and for counting uploads.

alter table public.profiles
  add column if not exists email text,
  add column if not exists subscription_id text,
  add column if not exists current_period_start timestamptz,
  add column if not exists current_period_end timestamptz,
  add column if not exists cancel_at timestamptz,
  add column if not exists canceled_at timestamptz,
  add column if not exists last_payment_date timestamptz,
  add column if not exists cancel_at_period_end boolean default false,
  add column if not exists billing_period text,
  add column if not exists total_uploads integer default 0;

-- For a database that had some of the columns before.
alter table public.profiles
  alter column cancel_at_period_end set default false,
  alter column total_uploads set default 0,
  drop constraint if exists profiles_billing_period_check,
  add constraint profiles_billing_period_check check (billing_period in ('monthly', 'annual'));

-- Webhooks find the profile of a subscription by this.
create index if not exists idx_profiles_subscription_id
  on public.profiles (subscription_id) where subscription_id is not null;
create index if not exists idx_profiles_email
  on public.profiles (email);

comment on column public.profiles.subscription_id is
  'Id in Stripe of the running subscription.';
comment on column public.profiles.billing_period is
  'Billing cycle of the subscription: monthly or annual.';
comment on column public.profiles.total_uploads is
  'Number of rate sheets uploaded, for analytics.';
comment on column public.profiles.cancel_at_period_end is
  'True when the subscription ends with the current period.';
