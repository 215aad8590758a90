-- stackwright: no-transaction

drop index concurrently if exists public.idx_user_quests_user_id;
drop index concurrently if exists public.idx_quest_task_completions_user_id;
drop index concurrently if exists public.idx_quest_tasks_quest_id;
