-- check: R13 row-level security is on for every table of public
-- after: migrations
-- severity: error
-- covers: R13
select format('%s: row-level security is off', relname) as problem
from pg_catalog.pg_class
where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relrowsecurity
order by relname;
