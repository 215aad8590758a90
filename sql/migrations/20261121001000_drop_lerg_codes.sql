-- stackwright: not-before 60 days after 20261121000500
-- stackwright: once-approved
-- The end of the older table of area codes, if and when a person approves this file: a verified
-- backup holds it to the last row (`backup_within`), and the new table must hold all that it held.

do $$
declare
  present integer;
  lacking text;
begin
  if to_regclass('public.lerg_codes_deprecated') is null then
    return;
  end if;
  -- An empty one (a copy of the schema, as a preview tries this on) has nothing to lose.
  select count(*) into present from public.enhanced_lerg;
  if present < 450 and exists (select from public.lerg_codes_deprecated) then
    raise exception 'enhanced_lerg has % rows instead of 450: lerg_codes_deprecated stays', present;
  end if;
  select string_agg(distinct npa_nxx, ', ' order by npa_nxx) into lacking
  from public.lerg_codes_deprecated
  where npa_nxx ~ '^[0-9]{3}$'
    and not exists (select from public.enhanced_lerg where enhanced_lerg.npa = npa_nxx);
  if lacking is not null then
    raise exception 'enhanced_lerg lacks %: lerg_codes_deprecated stays', lacking;
  end if;
  drop table public.lerg_codes_deprecated;
end
$$;
