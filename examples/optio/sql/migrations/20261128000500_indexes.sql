-- stackwright: no-transaction
-- Built while production goes on writing, so each statement stands for itself; a run that was killed
-- goes on behind the last finished one, and an index that was left INVALID is built anew.

create index concurrently if not exists idx_user_quests_user_id
  on public.user_quests (user_id);
create index concurrently if not exists idx_quest_task_completions_user_id
  on public.quest_task_completions (user_id);
create index concurrently if not exists idx_quest_tasks_quest_id
  on public.quest_tasks (quest_id);
