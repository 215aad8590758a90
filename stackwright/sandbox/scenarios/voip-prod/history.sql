-- The 19 migrations of another time, as the Supabase CLI records them. Only their number is
-- known; the names are invented.
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (
  version text not null primary key,
  statements text[],
  name text
);
insert into supabase_migrations.schema_migrations (version, name) values
  ('20250110093000', 'create_profiles'),
  ('20250110093100', 'profiles_row_level_security'),
  ('20250114101500', 'create_lerg_codes'),
  ('20250114101600', 'seed_lerg_codes'),
  ('20250121154500', 'lerg_codes_grants'),
  ('20250203110000', 'profiles_updated_at'),
  ('20250203113000', 'handle_new_user'),
  ('20250210090000', 'profiles_insert_policy'),
  ('20250218140000', 'profiles_plan'),
  ('20250225101000', 'lerg_codes_indexes'),
  ('20250304083000', 'profiles_status'),
  ('20250311120000', 'plan_expires_at'),
  ('20250318094500', 'profiles_policy_names'),
  ('20250325160000', 'lerg_codes_country'),
  ('20250408110000', 'lerg_codes_cleanup'),
  ('20250422130000', 'profiles_default_status'),
  ('20250506100000', 'profiles_grants'),
  ('20250516090000', 'handle_new_user_trial'),
  ('20250516093000', 'trial_until_2025_05_23');
