-- check: R16_own profiles has no column that nobody declared
-- after: migrations
-- severity: warn
-- reads: schema
-- covers: R16
-- An older table may hold more than we know of; it stays, and somebody should say what it is.
select format('profiles has the column %s %s, which is not declared; it stays', column_name, data_type) as problem
from information_schema.columns
where table_schema = 'public' and table_name = 'profiles'
  and column_name not in (
    'id', 'subscription_status', 'subscription_plan', 'plan_expires_at', 'created_at', 'updated_at',
    'email', 'subscription_id', 'current_period_start', 'current_period_end', 'cancel_at',
    'canceled_at', 'last_payment_date', 'cancel_at_period_end', 'billing_period', 'total_uploads'
  )
order by column_name;
