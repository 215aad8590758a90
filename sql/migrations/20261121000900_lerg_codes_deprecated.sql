-- stackwright: not-before 30 days after 20261121000500
-- The older table of area codes was kept as a fallback since its rows were copied. From here on its
-- name says that it is not used, and its comment what replaced it and when it may be dropped.

do $$
declare
  copied timestamptz;
begin
  if to_regclass('public.lerg_codes') is null then
    return;
  end if;
  if to_regclass('stackwright.migrations') is not null then
    select finished_at into copied
    from stackwright.migrations
    where version = '20261121000500';
  end if;
  alter table public.lerg_codes rename to lerg_codes_deprecated;
  execute format(
    'comment on table public.lerg_codes_deprecated is %L',
    format(
      'Replaced by enhanced_lerg. Not to be dropped before %s.',
      to_char(coalesce(copied + interval '60 days', now() + interval '30 days'), 'YYYY-MM-DD')
    )
  );
end
$$;
