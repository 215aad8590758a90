-- The older table gets its name back, and loses the comment that called it replaced.
do $$
begin
  if to_regclass('public.lerg_codes_deprecated') is not null then
    alter table public.lerg_codes_deprecated rename to lerg_codes;
    comment on table public.lerg_codes is null;
  end if;
end
$$;
