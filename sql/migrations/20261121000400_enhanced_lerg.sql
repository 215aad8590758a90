-- Reference data: one row for each area code (NPA) of the North American Numbering Plan.

create table if not exists public.enhanced_lerg (
  id uuid primary key default gen_random_uuid(),
  npa text not null unique,
  country_code text not null,
  country_name text not null,
  state_province_code text,
  state_province_name text,
  category text not null,
  confidence_score integer not null default 100,
  source text not null default 'lerg',
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- Apart from the table, so that one that was there before gets the same rules.
alter table public.enhanced_lerg
  drop constraint if exists npa_format,
  drop constraint if exists enhanced_lerg_category_check,
  drop constraint if exists enhanced_lerg_confidence_score_check,
  drop constraint if exists enhanced_lerg_source_check,
  add constraint npa_format check (npa ~ '^[0-9]{3}$'),
  add constraint enhanced_lerg_category_check check (
    category in ('us-domestic', 'canadian', 'caribbean', 'us-territory', 'pacific')
  ),
  add constraint enhanced_lerg_confidence_score_check check (confidence_score between 0 and 100),
  add constraint enhanced_lerg_source_check check (source in ('lerg', 'manual', 'inferred'));

comment on table public.enhanced_lerg is
  'One row for each NPA with its country, state or province and billing category.';
comment on column public.enhanced_lerg.confidence_score is
  '100: authoritative. 80 to 99: inferred from a reliable source. Under 80: low confidence.';
comment on column public.enhanced_lerg.source is
  'lerg: authoritative LERG data. manual: entered by an admin. inferred: deduced by a program.';

create index if not exists idx_enhanced_lerg_npa
  on public.enhanced_lerg (npa);
create index if not exists idx_enhanced_lerg_country
  on public.enhanced_lerg (country_code);
create index if not exists idx_enhanced_lerg_category
  on public.enhanced_lerg (category);
create index if not exists idx_enhanced_lerg_active
  on public.enhanced_lerg (is_active) where is_active;
create index if not exists idx_enhanced_lerg_confidence
  on public.enhanced_lerg (confidence_score);

alter table public.enhanced_lerg enable row level security;

drop policy if exists "Authenticated users can view enhanced LERG data" on public.enhanced_lerg;
create policy "Authenticated users can view enhanced LERG data" on public.enhanced_lerg
  for select to authenticated using (true);

drop policy if exists "Service role can insert enhanced LERG data" on public.enhanced_lerg;
create policy "Service role can insert enhanced LERG data" on public.enhanced_lerg
  for insert to service_role with check (true);

drop policy if exists "Service role can update enhanced LERG data" on public.enhanced_lerg;
create policy "Service role can update enhanced LERG data" on public.enhanced_lerg
  for update to service_role using (true) with check (true);

drop policy if exists "Service role can delete enhanced LERG data" on public.enhanced_lerg;
create policy "Service role can delete enhanced LERG data" on public.enhanced_lerg
  for delete to service_role using (true);

revoke all on public.enhanced_lerg from public, anon, authenticated;
grant select on public.enhanced_lerg to authenticated;
grant all on public.enhanced_lerg to service_role;
