-- Sessions go with their table; users sign in as before. What the table held is not kept.
drop table public.active_sessions;
