-- Values outside the lists are taken again; no row changes.

alter table public.users
  drop constraint users_role_check,
  drop constraint users_subscription_tier_check;
alter table public.quests drop constraint quests_source_check;
alter table public.quest_tasks drop constraint quest_tasks_pillar_check;
alter table public.user_skill_xp drop constraint user_skill_xp_pillar_check;
alter table public.quest_submissions drop constraint quest_submissions_status_check;
alter table public.friendships drop constraint friendships_status_check;
