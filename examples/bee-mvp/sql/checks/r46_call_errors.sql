-- check: R46_errors in the last hour fewer than 1 % of each function's calls failed
-- after: migrations
-- severity: warn
-- covers: R46
-- Every call that did not end well is logged without success. What a caller did wrong, which the
-- function refused with one of these codes, is no failure of the function.
select format('%s: %s of %s calls failed in the last hour, the limit is 1 %%',
    function_name, failed, calls) as problem
from (
  select function_name, count(*) as calls, count(*) filter (
      where not success and coalesce(error_message, '') not in (
        'only_post', 'not_signed_in', 'bad_body', 'bad_user_id', 'bad_date', 'other_user',
        'too_many_calls'
      )
    ) as failed
  from public.function_call_logs
  where created_at > now() - interval '1 hour'
  group by function_name
) as measured
where failed * 100 >= calls and failed > 0
order by function_name;
