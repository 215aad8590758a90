-- One row for each call of an edge function: how long it took, and whether it ended well.

create table public.function_call_logs (
  id bigint generated always as identity primary key,
  function_name text not null,
  user_id uuid,
  execution_time_ms integer not null check (execution_time_ms >= 0),
  success boolean not null,
  error_message text,
  created_at timestamptz not null default now()
);
comment on table public.function_call_logs is
  'Calls of edge functions, kept for 90 days; alerts and checks read times and errors from it.';

create index idx_function_call_logs_function_time
  on public.function_call_logs (function_name, created_at desc);
-- What is older than 90 days is found by this one.
create index idx_function_call_logs_created_at
  on public.function_call_logs (created_at);

-- Every new function may be called by everybody, and PostgREST serves it: without the REVOKE this one
-- would let anybody write to the log with its owner's rights.
create function public.log_function_call(
  function_name text,
  user_id uuid,
  execution_time_ms integer,
  success boolean,
  error_message text default null
)
returns void
language sql
security definer
set search_path = ''
as $$
  insert into public.function_call_logs
    (function_name, user_id, execution_time_ms, success, error_message)
  values ($1, $2, $3, $4, $5)
$$;
comment on function public.log_function_call(text, uuid, integer, boolean, text) is
  'Writes one row of function_call_logs; for the service role only.';
revoke all on function public.log_function_call(text, uuid, integer, boolean, text)
  from public, anon, authenticated;
grant execute on function public.log_function_call(text, uuid, integer, boolean, text)
  to service_role;

-- Called once, and undone: a function whose body fails would show with its first caller only.
do $$
begin
  perform public.log_function_call('migration', null, 0, true);
  raise exception using errcode = 'U0000';
exception
  when sqlstate 'U0000' then
    raise notice 'log_function_call was called once and works';
end
$$;
