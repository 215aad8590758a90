-- Gives every user the tier from before the renaming back, as long as nobody changed it since.
-- Take the rule of 20261128000300_value_lists.sql away first: it refuses the old names.

update public.users
set subscription_tier = kept.before ->> 'subscription_tier'
from stackwright.before_images as kept
where kept.step = 'tiers' and kept.table_name = 'users' and kept.row_key = users.id::text
  and users.subscription_tier = case kept.before ->> 'subscription_tier'
    when 'explorer' then 'free'
    when 'creator' then 'supported'
    when 'visionary' then 'academy'
  end;
delete from stackwright.before_images where step = 'tiers';
