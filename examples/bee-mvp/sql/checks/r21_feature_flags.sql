-- check: R21 each of the five flags has its row
-- after: reference_data
-- severity: error
-- covers: R21
select format('the flag %s is missing', declared.key) as problem
from (values
  ('useRealTimeUpdates'), ('enablePushNotifications'), ('enableAnalytics'), ('showDebugInfo'),
  ('momentum_live')
) as declared (key)
left join public.feature_flags using (key)
where enabled is null
order by declared.key;
