"""For each check of BEE: statements that break what it watches, and what it must then say."""

USER = "insert into auth.users (id) values ('00000000-0000-4000-8000-000000000001');"
CALLS = "insert into function_call_logs (function_name, execution_time_ms, success, error_message)"
LOGS = "log_function_call(text, uuid, integer, boolean, text)"
BREAKS = [
    ("r09_tables", "drop table today_feed_items", r"^today_feed_items\.body: .* found nothing$"),
    (
        "r09_tables",
        "alter table engagement_events alter user_id drop not null",
        r"^engagement_events\.user_id: declared uuid not null, found uuid$",
    ),
    (
        "r09_keys",
        "alter table engagement_events drop constraint engagement_events_user_id_event_key_key",
        r"^engagement_events lacks its unique key \(event_key user_id\)$",
    ),
    (
        "r09_keys",
        "alter table push_notifications drop constraint push_notifications_user_id_fkey",
        "^push_notifications lacks its foreign key to auth.users",
    ),
    (
        "r09_keys",
        "alter table daily_engagement_scores drop constraint daily_engagement_scores_score_check",
        r"^daily_engagement_scores lacks its limits of \(score\)$",
    ),
    (
        "r12_policies",
        "create policy extra on user_fcm_tokens for select using (true)",
        '^user_fcm_tokens, policy "extra": declared nothing',
    ),
    (
        "r12_policies",
        'alter policy "Users handle the own events" on engagement_events with check (true)',
        "^engagement_events, policy .*,own,true",
    ),
    (
        "r12_policies",
        'drop policy "Users view what is published" on today_feed_items',
        "^today_feed_items, policy .* found nothing$",
    ),
    ("r13_row_level_security", "create table later ()", "^later: row-level security is off$"),
    (
        "r14_grants",
        "grant insert on daily_engagement_scores to authenticated",
        "^daily_engagement_scores: authenticated may INSERT SELECT, declared is SELECT$",
    ),
    ("r14_grants", "grant select on function_call_logs to public", "^function_call_logs: public"),
    ("r14_grants", "grant update (title) on today_feed_items to anon", r"anon may UPDATE\(title\)"),
    ("r14_grants", "revoke select on feature_flags from anon", "^feature_flags: anon may nothing"),
    (
        "r16_function_call_logs",
        "alter table function_call_logs alter execution_time_ms type bigint",
        r"^function_call_logs\.execution_time_ms: declared .*integer.* found .*bigint",
    ),
    (
        "r16_function_call_logs",
        (
            "drop index idx_function_call_logs_function_time;"
            " create index on function_call_logs (function_name, created_at)"
        ),
        "^no index of function_call_logs",
    ),
    (
        "r16_function_call_logs",
        "alter table function_call_logs drop constraint function_call_logs_execution_time_ms_check",
        "^function_call_logs takes a negative time$",
    ),
    ("r17_log_function_call", f"drop function {LOGS}", "does not exist$"),
    ("r17_log_function_call", f"alter function {LOGS} security invoker", "the caller's rights$"),
    ("r17_log_function_call", f"alter function {LOGS} reset search_path", "no fixed search path$"),
    (
        "r17_log_function_call",
        "create function log_function_call(text) returns void language sql as ''",
        r"^there is another log_function_call: log_function_call\(text\)$",
    ),
    (
        "r17_log_function_call",
        (
            f"drop function {LOGS}; create function {LOGS} returns integer language sql"
            " security definer set search_path = '' as 'select 1'"
        ),
        "returns something$",
    ),
    (
        "r17_log_function_call",
        (
            f"drop function {LOGS}; create function {LOGS} returns void language sql"
            " security definer set search_path = '' as ''"
        ),
        "does not take its error text as optional$",
    ),
    ("r18_who_logs", f"grant execute on function {LOGS} to public", "^anon may call"),
    (
        "r18_who_logs",
        f"revoke execute on function {LOGS} from service_role",
        "^service_role may not call",
    ),
    (
        "r19_realtime",
        "alter publication supabase_realtime drop table daily_engagement_scores",
        r"public\.daily_engagement_scores is not published$",
    ),
    (
        "r19_realtime",
        "alter publication supabase_realtime add table engagement_events",
        r"public\.engagement_events is published, which nobody declared$",
    ),
    (
        "r21_feature_flags",
        "delete from feature_flags where key = 'momentum_live'",
        "^the flag momentum_live is missing$",
    ),
    (
        "r22_log_retention",
        "update cron.job set active = false",
        "^pg_cron has no active job prune-function-call-logs$",
    ),
    ("r22_log_retention", "drop schema cron cascade", "^there is no pg_cron"),
    (
        "r22_log_retention",
        (
            f"{CALLS} values ('f', 1, true, null);"
            " update function_call_logs set created_at = now() - interval '92 days'"
        ),
        "^1 calls in function_call_logs are older",
    ),
    (
        "r46_call_times",
        f"{CALLS} select 'f', n * 110, true, null from generate_series(1, 20) as n",
        r"^f: 95 of 100 calls took up to 209. ms in the last hour \(20 calls\)",
    ),
    (
        "r46_call_errors",
        (
            f"{CALLS} select 'f', 1, n > 1, case n when 1 then 'failed' end"
            " from generate_series(1, 100) as n"
        ),
        "^f: 1 of 100 calls failed in the last hour, the limit is 1 %$",
    ),
    (
        "r47_scores",
        USER
        + "insert into engagement_events (user_id, event_type, value, event_key, occurred_at)"
        + " select id, 'walk', 30, 'k', '2026-11-20 12:00+00' from auth.users;"
        + "insert into daily_engagement_scores (user_id, score_date, score)"
        + " select id, '2026-11-20', 31 from auth.users",
        "^1 of 1 scores differ from the sum of their day's events$",
    ),
]
