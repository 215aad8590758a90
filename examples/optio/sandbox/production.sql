-- Rows as many as the audit counted: 9 users, 6 quests with 38 tasks, 45 rows of XP, 8 started quests,
-- 2 friendships, 27 diplomas, no completion and no submission. Production differs in one default.

alter table public.quest_tasks alter column is_required set default false;

create temporary table numbered as
select id, row_number() over (order by email) as number from auth.users;

insert into public.users (id, username, first_name, role, subscription_tier)
select
  id, 'student_' || number, 'Student ' || number,
  case number when 1 then 'admin' when 2 then 'advisor' when 3 then 'parent' else 'student' end,
  case number % 3 when 0 then 'free' when 1 then 'supported' else 'academy' end
from numbered;

insert into public.quests (title, source, created_by)
select 'Quest ' || quest, (array['khan_academy', 'brilliant', 'custom'])[quest % 3 + 1], id
from generate_series(1, 6) as quest
cross join (select id from numbered where number = 1) as admin;

insert into public.quest_tasks (quest_id, title, pillar, order_index)
select
  quests.id, 'Task ' || task,
  (array['stem_logic', 'life_wellness', 'language_communication', 'society_culture',
    'arts_creativity'])[task % 5 + 1],
  task
from generate_series(1, 38) as task
join public.quests on title = 'Quest ' || (task % 6 + 1);

insert into public.user_skill_xp (user_id, pillar, xp_amount)
select id, pillar, number * 10
from numbered
cross join unnest(array['stem_logic', 'life_wellness', 'language_communication', 'society_culture',
  'arts_creativity']) as pillar;

insert into public.user_quests (user_id, quest_id)
select numbered.id, quests.id
from numbered
join public.quests on title = 'Quest 1'
where number <= 8;

insert into public.friendships (requester_id, addressee_id, status)
select a.id, b.id, case a.number when 4 then 'pending' else 'accepted' end
from numbered as a
join numbered as b on b.number = a.number + 1
where a.number in (4, 6);

insert into public.diplomas (user_id, slug, is_public)
select id, 'diploma-' || number || '-' || copy, copy = 1
from numbered
cross join generate_series(1, 3) as copy;
