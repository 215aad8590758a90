"""What breaks the object of each check (run by the superuser), and what the check then says."""

LERG = "public.enhanced_lerg"
LEGACY = (
    "create table public.lerg_codes (npa_nxx text, state text, country text,"
    " created_at timestamptz);"
    " grant all on public.lerg_codes to anon"
)
# Name of the check, the statement that breaks its object, a pattern of what it finds then.
BREAKS: list[tuple[str, str, str]] = [
    (
        "v01_active_sessions",
        "alter table public.active_sessions drop column user_agent",
        "column user_agent: declared .* found nothing",
    ),
    (
        "v01_active_sessions",
        "alter table public.active_sessions add column country text",
        "column country: declared nothing",
    ),
    (
        "v01_active_sessions",
        "alter table public.active_sessions alter column is_active drop default",
        "column is_active",
    ),
    ("v01_active_sessions", "drop table public.active_sessions", "column id"),
    (
        "r14_active_sessions_keys",
        (
            "alter table public.active_sessions drop constraint active_sessions_user_id_fkey,"
            " add constraint active_sessions_user_id_fkey foreign key (user_id)"
            " references public.profiles (id)"
        ),
        "active_sessions_user_id_fkey: declared FOREIGN KEY .* CASCADE",
    ),
    (
        "r14_active_sessions_keys",
        "alter table public.active_sessions add foreign key (user_id) references auth.users (id)",
        "active_sessions_user_id_fkey1: declared nothing",
    ),
    (
        "r14_active_sessions_keys",
        "alter table public.active_sessions drop constraint active_sessions_session_token_key",
        "found nothing",
    ),
    (
        "v02_profiles",
        "alter table public.profiles drop column cancel_at",
        "column cancel_at: .* found nothing",
    ),
    (
        "v02_profiles",
        "alter table public.profiles alter column total_uploads type bigint",
        "bigint",
    ),
    (
        "v02_profiles",
        "alter table public.profiles alter column email set not null",
        "column email",
    ),
    (
        "v02_profiles",
        "alter table public.profiles alter column updated_at drop default",
        "column updated_at",
    ),
    (
        "r16_profiles_keys",
        "alter table public.profiles drop constraint profiles_billing_period_check",
        "lacks its check of billing_period",
    ),
    (
        "r16_profiles_keys",
        "alter table public.profiles drop constraint profiles_id_fkey",
        "lacks its foreign key",
    ),
    ("r16_profiles_keys", "drop table public.profiles cascade", "lacks its primary key"),
    (
        "v03_signup_trigger",
        "drop function public.handle_new_user() cascade",
        "lacks the trigger on_auth_user_created",
    ),
    (
        "v03_signup_trigger",
        (
            "create trigger another after insert on auth.users"
            " for each row execute function public.handle_new_user()"
        ),
        "has the trigger another calling public.handle_new_user",
    ),
    (
        "v03_signup_trigger",
        (
            "create or replace trigger on_auth_user_created before insert on auth.users"
            " for each row execute function public.handle_new_user()"
        ),
        "is not as declared",
    ),
    (
        "v11_trial_logic",
        (
            "create function public.handle_new_user_trial() returns trigger language plpgsql"
            " as 'begin return new; end'"
        ),
        "handle_new_user_trial.* still exists",
    ),
    (
        "v11_trial_logic",
        (
            "create trigger on_auth_user_created_set_trial after insert on auth.users"
            " for each row execute function public.handle_new_user()"
        ),
        "2 triggers on auth.users call handle_new_user|set_trial still exists",
    ),
    (
        "r18_signup_function",
        "alter function public.handle_new_user() security invoker",
        "not security definer",
    ),
    (
        "r18_signup_function",
        "alter function public.handle_new_user() reset search_path",
        "has the settings {}",
    ),
    (
        "r18_signup_function",
        "drop function public.handle_new_user() cascade",
        "does not exist",
    ),
    ("r15_indexes", "drop index public.idx_profiles_email", "idx_profiles_email .* found nothing"),
    (
        "r15_indexes",
        (
            "drop index public.idx_enhanced_lerg_active;"
            " create index idx_enhanced_lerg_active on public.enhanced_lerg (is_active)"
        ),
        "idx_enhanced_lerg_active .* where is_active",
    ),
    (
        "r15_indexes",
        (
            "drop index public.idx_active_sessions_token;"
            " create index idx_active_sessions_token"
            " on public.active_sessions (session_token, user_id)"
        ),
        "idx_active_sessions_token",
    ),
    ("r20_enhanced_lerg", f"alter table {LERG} add column city text", "column city"),
    (
        "r20_enhanced_lerg",
        f"alter table {LERG} alter column source set default 'manual'",
        "column source",
    ),
    (
        "r20_enhanced_lerg_constraints",
        f"alter table {LERG} drop constraint npa_format",
        "npa_format: .* found nothing",
    ),
    (
        "r20_enhanced_lerg_constraints",
        (
            f"alter table {LERG} drop constraint enhanced_lerg_category_check,"
            " add constraint enhanced_lerg_category_check check (category <> 'lunar')"
        ),
        "enhanced_lerg_category_check",
    ),
    (
        "r22_row_level_security",
        "alter table public.profiles disable row level security",
        "profiles: row-level security is off",
    ),
    ("r22_row_level_security", f"drop table {LERG}", "enhanced_lerg: the table does not exist"),
    (
        "v10_policies",
        "create policy extra on public.profiles for delete using (auth.uid() = id)",
        '"extra": declared nothing',
    ),
    (
        "v10_policies",
        'drop policy "Users can view own profile" on public.profiles',
        "Users can view own profile.* found nothing",
    ),
    (
        "v10_policies",
        'alter policy "Users can view own profile" on public.profiles using (true)',
        "Users can view own profile",
    ),
    (
        "v10_policies",
        (
            'alter policy "Authenticated users can view enhanced LERG data"'
            " on public.enhanced_lerg to public"
        ),
        "Authenticated users can view",
    ),
    (
        "r24_grants",
        "grant select on public.profiles to anon",
        "anon holds SELECT on profiles beyond",
    ),
    (
        "r24_grants",
        "grant insert (npa) on public.enhanced_lerg to authenticated",
        "authenticated holds INSERT on enhanced_lerg.npa beyond",
    ),
    (
        "r24_grants",
        "grant truncate on public.active_sessions to public",
        "public holds TRUNCATE on active_sessions beyond",
    ),
    (
        "r24_grants",
        "revoke delete, insert on public.active_sessions from authenticated",
        "authenticated lacks DELETE, INSERT on active_sessions",
    ),
    (
        "r24_function_grants",
        "grant execute on function public.handle_new_user() to public",
        "anon may execute",
    ),
    (
        "r24_function_grants",
        "revoke execute on function public.handle_new_user() from service_role",
        "service_role may not execute",
    ),
    (
        "r25_comments",
        "comment on column public.profiles.billing_period is null",
        "column profiles.billing_period has no comment",
    ),
    ("r25_comments", f"comment on table {LERG} is null", "table enhanced_lerg has no comment"),
    (
        "r25_comments",
        "comment on function public.handle_new_user() is ''",
        r"function handle_new_user\(\) has no comment",
    ),
    (
        "r28_fixed_dates",
        (
            "create function public.trial_end() returns date language sql"
            " as $$ select date '2025-05-23' $$"
        ),
        r"trial_end\(\) contains the date 2025-05-23",
    ),
    (
        "orphan_users",
        (
            "alter table auth.users disable trigger user;"
            " insert into auth.users (id) values (gen_random_uuid());"
            " alter table auth.users enable trigger user"
        ),
        "has no profile",
    ),
    ("v05_lerg_count", f"delete from {LERG} where npa = '201'", "449 rows, expected at least 450"),
    ("v05_lerg_count", f"delete from {LERG} where npa > '600'", "data loss: .* rows"),
    (
        "v05_lerg_count",
        (
            f"insert into {LERG} (npa, country_code, country_name, category)"
            " values ('999', 'US', 'United States', 'us-domestic')"
        ),
        "451 rows that no admin entered",
    ),
    (
        "v06_npa_format",
        (
            f"alter table {LERG} drop constraint npa_format; update {LERG} set npa = '1201'"
            " where npa = '201'"
        ),
        'NPA "1201" is not three digits',
    ),
    (
        "v06_npa_format",
        (
            f"alter table {LERG} drop constraint enhanced_lerg_npa_key;"
            f" update {LERG} set npa = '202' where npa = '201'"
        ),
        "NPA 202 stands 2 times",
    ),
    (
        "v07_lerg_categories",
        f"update {LERG} set category = 'caribbean' where npa = '201'",
        "category caribbean: declared 21 rows, found 22",
    ),
    (
        "v07_lerg_categories",
        f"delete from {LERG} where category = 'pacific'",
        "category pacific: declared 3 rows, found 0",
    ),
    (
        "v08_pacific",
        f"update {LERG} set category = 'us-territory' where npa = '671'",
        "NPA 671: declared pacific, found us-territory",
    ),
    ("v08_pacific", f"delete from {LERG} where npa = '438'", "NPA 438: .* found nothing"),
    (
        "l07_known_npas",
        f"update {LERG} set state_province_name = 'NY' where npa = '212'",
        "NPA 212",
    ),
    (
        "l11_rough_distribution",
        f"update {LERG} set category = 'canadian' where category = 'us-domestic'",
        "category us-domestic: 0 rows, expected about 300",
    ),
    (
        "l12_count_never_decreases",
        (
            "create schema if not exists stackwright;"
            " create table stackwright.reference_data (table_name text, rows bigint,"
            " applied_at timestamptz);"
            " insert into stackwright.reference_data"
            " values ('public.enhanced_lerg', 452, '2026-01-01')"
        ),
        "450 rows, and 452 after the load of 2026-01-01.*: 2 are lost",
    ),
    (
        "r16_profiles_own_columns",
        "alter table public.profiles add column vat_id text",
        "the column vat_id text, which is not declared; it stays",
    ),
    (
        "r108_trial_ends",
        "update public.profiles set plan_expires_at = '2025-05-23 23:59:59+00'",
        "the trial ended on 2025-05-23",
    ),
    (
        "l14_legacy_coverage",
        f"{LEGACY}; insert into public.lerg_codes values ('201'), ('998'), ('9981'), (null)",
        "^NPA 998 of lerg_codes is not in enhanced_lerg$",
    ),
    (
        "r33_legacy_npas",
        (
            f"insert into {LERG} (npa, country_code, country_name, category, confidence_score)"
            " values ('998', 'US', 'United States', 'us-domestic', 85)"
        ),
        "^NPA 998 was copied from lerg_codes",
    ),
    (
        "r33_legacy_rows",
        f"{LEGACY}; insert into public.lerg_codes values ('201'), ('2012'), ('2012'), ('<&>')",
        r"npa_nxx '2012' is no area code and was not copied \(rows: 2\)",
    ),
    ("r33_legacy_rows", f"{LEGACY}; insert into public.lerg_codes values (null)", "npa_nxx null"),
    ("r22_legacy_table", LEGACY, "security is off, and anon holds INSERT"),
    (
        "r51_session_cleanup",
        "update cron.job set active = false",
        "^pg_cron has no active job cleanup-inactive-sessions$",
    ),
    (
        "r51_session_cleanup",
        "update cron.job set jobname = 'cleanup'",
        "^pg_cron has no active job cleanup-inactive-sessions$",
    ),
    ("r51_session_cleanup", "drop schema cron cascade", "^there is no pg_cron"),
]
