-- The columns go with their indexes, comments and the check, and with all that they hold: who pays
-- for what is then known to Stripe alone. A column that an older table had before goes too.
alter table public.profiles
  drop column email,
  drop column subscription_id,
  drop column current_period_start,
  drop column current_period_end,
  drop column cancel_at,
  drop column canceled_at,
  drop column last_payment_date,
  drop column cancel_at_period_end,
  drop column billing_period,
  drop column total_uploads;
