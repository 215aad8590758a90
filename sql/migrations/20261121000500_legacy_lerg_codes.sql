-- Area codes of the older table lerg_codes, where there is one: its three-digit rows are copied with
-- a low score, so that none is lost; the declared file is loaded over them afterwards. The table
-- itself stays as it is. Its structure was never documented, so it is read before a row is touched.

do $$
declare
  found text;
  misfit text;
  copied integer;
  skipped record;
begin
  if to_regclass('public.lerg_codes') is null then
    return;
  end if;

  select string_agg(format('%s %s', attname, format_type(atttypid, atttypmod)), ', ' order by attnum)
  into found
  from pg_catalog.pg_attribute
  where attrelid = 'public.lerg_codes'::regclass and attnum > 0 and not attisdropped;

  select string_agg(format('%s %s', declared.name, declared.types[1]), ', ')
  into misfit
  from (values
    ('npa_nxx', array['text', 'character varying', 'character']),
    ('state', array['text', 'character varying', 'character']),
    ('country', array['text', 'character varying', 'character']),
    ('created_at', array['timestamp with time zone'])
  ) as declared (name, types)
  where not exists (
    select
    from pg_catalog.pg_attribute
    where attrelid = 'public.lerg_codes'::regclass and attnum > 0 and not attisdropped
      and attname = declared.name and format_type(atttypid, null) = any (declared.types)
  );
  if misfit is not null then
    raise exception 'public.lerg_codes is not as its copy expects: it lacks %, and has %', misfit, found
      using hint = 'Correct the mapping in this file to the columns that are there.';
  end if;

  insert into public.enhanced_lerg (
    npa, country_code, country_name, state_province_code, category, confidence_score, source,
    created_at
  )
  select distinct on (npa_nxx)
    npa_nxx,
    country,
    case country when 'US' then 'United States' else 'Canada' end,
    state,
    case country when 'US' then 'us-domestic' else 'canadian' end,
    85,
    'lerg',
    coalesce(created_at, now())
  from (
    select
      npa_nxx::text as npa_nxx,
      coalesce(nullif(upper(btrim(country)), ''), 'US') as country,
      nullif(btrim(state), '') as state,
      created_at
    from public.lerg_codes
  ) as legacy
  where npa_nxx ~ '^[0-9]{3}$' and country in ('US', 'CA')
  order by npa_nxx, created_at
  on conflict (npa) do nothing;
  get diagnostics copied = row_count;
  raise notice 'lerg_codes has the columns %', found;
  if copied > 0 then
    raise notice 'Copied % area codes from lerg_codes', copied;
  end if;

  for skipped in
    select npa_nxx, country, count(*) as rows
    from public.lerg_codes
    where npa_nxx is null or npa_nxx !~ '^[0-9]{3}$'
      or coalesce(nullif(upper(btrim(country)), ''), 'US') not in ('US', 'CA')
    group by npa_nxx, country
    order by npa_nxx, country
    limit 50
  loop
    raise notice 'Not copied from lerg_codes: npa_nxx %, country %, rows: %',
      coalesce(quote_literal(skipped.npa_nxx), 'null'),
      coalesce(quote_literal(skipped.country), 'null'), skipped.rows;
  end loop;
end
$$;
