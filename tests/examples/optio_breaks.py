"""For each check of Optio: statements that break what it watches, and what it must then say."""

USER = (
    "insert into auth.users (id) values ('00000000-0000-4000-8000-000000000001');"
    "insert into users (id, username) values ('00000000-0000-4000-8000-000000000001', 'a');"
)
BREAKS = [
    ("r46_columns", "alter table users drop column first_name", r"^users\.first_name: .* nothing$"),
    ("r46_columns", "drop table diplomas", "^the table diplomas does not exist$"),
    (
        "r46_columns",
        "alter table quest_tasks alter column xp_value type bigint",
        r"^quest_tasks\.xp_value: declared integer .* found bigint",
    ),
    (
        "r46_columns",
        "alter table team_requests alter column status drop default",
        r"^team_requests\.status: .* found text with the default none$",
    ),
    (
        "r46_columns",
        "alter table quests alter column source set default 'custom'",
        r"^quests\.source: declared text with the default none",
    ),
    ("r46_keys", "alter table users drop constraint users_username_key", r"unique key on \(usern"),
    ("r46_keys", "alter table user_quests drop constraint user_quests_pkey", "its primary key"),
    (
        "r46_keys",
        "alter table quests drop constraint quests_created_by_fkey",
        r"^quests lacks its foreign key on \(created_by\) to users$",
    ),
    (
        "r46_delete_rules",
        (
            "alter table user_quests drop constraint user_quests_user_id_fkey, add constraint x"
            " foreign key (user_id) references users on delete cascade"
        ),
        "^user_quests: the foreign key x does cascade .*, declared is nothing$",
    ),
    (
        "r46_delete_rules",
        (
            "alter table quest_tasks drop constraint quest_tasks_quest_id_fkey, add constraint x"
            " foreign key (quest_id) references quests"
        ),
        "^quest_tasks: the foreign key x does nothing .*, declared is cascade$",
    ),
    ("r47_own_columns", "alter table users add bio text", r"^users\.bio is not declared; it stays"),
    ("r47_own_columns", "create table badges ()", "^the table badges is not declared; it stays$"),
    ("r48_retired_tables", 'create table "user" ()', "^the retired table user exists$"),
    (
        "r49_value_lists",
        "alter table users drop constraint users_role_check",
        r"^users\.role takes values outside the list \(admin advisor parent student\)$",
    ),
    (
        "r49_value_lists",
        (
            "alter table quests drop constraint quests_source_check, add check"
            " (source in ('khan_academy', 'brilliant', 'custom', 'udemy'))"
        ),
        r"^quests\.source takes values",
    ),
    (
        "r49_value_lists",
        (
            "alter table quest_tasks drop constraint quest_tasks_pillar_check, add check"
            " (pillar in ('stem_logic', 'life_wellness', 'language_communication',"
            " 'society_culture', 'arts_creativity') or true)"
        ),
        r"^quest_tasks\.pillar takes values",
    ),
    ("r50_pending_requests", "drop index team_requests_one_pending", "^no unique index stops"),
    (
        "r50_pending_requests",
        (
            "drop index team_requests_one_pending; create unique index on team_requests"
            " (sender_id, recipient_id) where status = 'pending'"
        ),
        "^no unique index stops",
    ),
    (
        "r50_pending_requests",
        "alter table team_requests drop constraint team_requests_not_to_oneself",
        "^nothing stops a request to oneself$",
    ),
    (
        "r51_friendships",
        "alter view friendships reset (security_invoker)",
        "^the view friendships reads with its owner's rights",
    ),
    (
        "r51_friendships",
        (
            "create or replace view friendships with (security_invoker = true) as"
            " select id, sender_id as requester_id, recipient_id as addressee_id, status,"
            " created_at, responded_at from team_requests limit 9"
        ),
        "^the view friendships cannot be written through",
    ),
    ("r51_friendships", "drop view friendships; create table friendships ()", "are two tables$"),
    ("r51_friendships", "drop table team_requests cascade", "^neither friendships nor team_"),
    (
        "r52_indexes",
        "drop index idx_quest_tasks_quest_id",
        "^index idx_quest_tasks_quest_id .* noth",
    ),
    (
        "r52_indexes",
        (
            "drop index idx_user_quests_user_id;"
            " create index idx_user_quests_user_id on user_quests (quest_id)"
        ),
        "^index idx_user_quests_user_id .* found .*quest_id",
    ),
    (
        "r52_indexes",
        (
            "update pg_index set indisvalid = false"
            " where indexrelid = 'idx_quest_task_completions_user_id'::regclass"
        ),
        "^index idx_quest_task_completions_user_id .*,f",
    ),
    (
        "r53_foreign_keys",
        "drop index idx_quest_tasks_quest_id",
        r"^quest_tasks \(quest_id\) has no",
    ),
    (
        "r54_row_level_security",
        "alter table diplomas disable row level security",
        "^diplomas: row-level security is off$",
    ),
    ("r54_row_level_security", "create table later ()", "^later: row-level security is off$"),
    (
        "r55_policies",
        "create policy extra on users for select using (true)",
        '^users, policy "extra": declared nothing',
    ),
    (
        "r55_policies",
        'drop policy "Users start quests" on user_quests',
        '^user_quests, policy "Users start quests": .* found nothing$',
    ),
    (
        "r55_policies",
        'alter policy "Users update the own row" on users using (true)',
        '^users, policy "Users update the own row"',
    ),
    (
        "r55_policies",
        'alter policy "Users view the own XP, admins all" on user_skill_xp to public',
        "^user_skill_xp, policy .* found .*{public}",
    ),
    (
        "r55_grants",
        "grant select on user_skill_xp to anon",
        "^user_skill_xp: anon may SELECT, decl",
    ),
    (
        "r55_grants",
        "grant truncate on users to public",
        "^users: public may TRUNCATE, declared is n",
    ),
    (
        "r55_grants",
        "revoke insert on user_quests from authenticated",
        "^user_quests: authenticated",
    ),
    (
        "r55_grants",
        "grant delete on friendships to authenticated",
        "^friendships: .* DELETE INSERT",
    ),
    (
        "r55_is_admin",
        "alter function private.is_admin() security invoker",
        "runs with the caller's rights",
    ),
    ("r55_is_admin", "alter function private.is_admin() reset search_path", "no fixed search path"),
    (
        "r55_is_admin",
        "grant execute on function private.is_admin() to public",
        "may be called by anon$",
    ),
    (
        "r55_is_admin",
        "revoke execute on function private.is_admin() from authenticated",
        "may not be called by signed-in users",
    ),
    ("r55_is_admin", "drop function private.is_admin() cascade", r"^private.is_admin\(\) does not"),
    ("r56_own_row", "grant update (role) on users to authenticated", r"may change users\.role$"),
    (
        "r56_own_row",
        "grant update on users to public",
        r"^anon may change users\.stripe_customer_id",
    ),
    (
        "r60_xp_rows",
        USER + "insert into user_skill_xp select id, 'stem_logic' from users",
        "has XP in 1 of 5 pillars$",
    ),
    (
        "r61_values",
        (
            "alter table quest_tasks drop constraint quest_tasks_pillar_check;"
            " update quest_tasks set pillar = 'creativity' where order_index = 3"
        ),
        r"^quest_tasks\.pillar is 'creativity' in 2 rows$",
    ),
    (
        "r61_values",
        "update quest_tasks set pillar = null",
        r"^quest_tasks\.pillar is empty in 13 r",
    ),
    (
        "r61_values",
        USER
        + "alter table users drop constraint users_subscription_tier_check;"
        + " update users set subscription_tier = 'explorer'",
        r"^users\.subscription_tier is 'explorer' in 1 rows$",
    ),
    (
        "r61_suggested_tasks",
        USER
        + "insert into quest_submissions (user_id, title, suggested_tasks) select id, 't',"
        + """ '[{"title": "x", "pillar": "creativity"}, {"pillar": "stem_logic"}]' from users""",
        "suggests a task under creativity$",
    ),
    (
        "r62_rows",
        USER + "insert into diplomas (user_id, slug) select id, 'd' from users",
        "^users has 1 rows, the audit counted 9$",
    ),
]
