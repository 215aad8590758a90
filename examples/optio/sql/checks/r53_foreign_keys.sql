-- check: R53 foreign keys without an index: deleting what they point to reads the whole table
-- after: migrations
-- severity: warn
-- covers: R53
select format('%s (%s) has no index', conrelid::regclass, attname) as problem
from pg_catalog.pg_constraint
join pg_catalog.pg_attribute on attrelid = conrelid and attnum = conkey[1]
where connamespace = 'public'::regnamespace and contype = 'f'
  and not exists (
    select from pg_catalog.pg_index
    where indrelid = conrelid and indkey[0] = conkey[1] and indisvalid and indpred is null
  )
order by 1;
