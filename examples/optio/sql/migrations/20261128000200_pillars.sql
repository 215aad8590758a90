-- The five retired names of pillars become today's. A user who has XP under the old and the new name
-- of one pillar keeps one row with the sum. Nobody's total may change: otherwise nothing does.

do $$
declare
  names constant jsonb := '{
    "critical_thinking": "stem_logic",
    "practical_skills": "life_wellness",
    "communication": "language_communication",
    "cultural_literacy": "society_culture",
    "creativity": "arts_creativity"
  }';
  old_names constant text[] := array(select jsonb_object_keys(names));
  totals jsonb;
  totals_after jsonb;
  matched integer;
  changed integer;
  strangers integer;
begin
  insert into stackwright.before_images (step, table_name, row_key, before)
  select 'pillars', 'quest_tasks', id::text, jsonb_build_object('pillar', pillar)
  from public.quest_tasks
  where pillar = any (old_names)
  on conflict do nothing;
  get diagnostics matched = row_count;
  update public.quest_tasks set pillar = names ->> pillar where pillar = any (old_names);
  get diagnostics changed = row_count;
  select count(*) into strangers
  from public.quest_tasks
  where pillar not in (select value from jsonb_each_text(names));
  raise notice 'quest_tasks.pillar: % rows matched, % changed, % left outside the list',
    matched, changed, strangers;

  -- Every row of a user who has an old name: the way back needs those that are added to as well.
  insert into stackwright.before_images (step, table_name, row_key, before)
  select 'pillars', 'user_skill_xp', user_id || ' ' || pillar, to_jsonb(user_skill_xp)
  from public.user_skill_xp
  where user_id in (select user_id from public.user_skill_xp where pillar = any (old_names))
  on conflict do nothing;
  get diagnostics matched = row_count;
  select jsonb_object_agg(user_id, total) into totals
  from (select user_id, sum(xp_amount) as total from public.user_skill_xp group by user_id) as now;

  insert into public.user_skill_xp as kept (user_id, pillar, xp_amount, updated_at)
  select user_id, names ->> pillar, xp_amount, updated_at
  from public.user_skill_xp
  where pillar = any (old_names)
  on conflict (user_id, pillar) do update
    set xp_amount = coalesce(kept.xp_amount, 0) + coalesce(excluded.xp_amount, 0),
      updated_at = greatest(kept.updated_at, excluded.updated_at);
  delete from public.user_skill_xp where pillar = any (old_names);
  get diagnostics changed = row_count;

  select jsonb_object_agg(user_id, total) into totals_after
  from (select user_id, sum(xp_amount) as total from public.user_skill_xp group by user_id) as now;
  if totals is distinct from totals_after then
    raise exception 'the XP of a user would change by renaming pillars; nothing was changed';
  end if;
  select count(*) into strangers
  from public.user_skill_xp
  where pillar not in (select value from jsonb_each_text(names));
  raise notice 'user_skill_xp.pillar: % rows of the users concerned, % renamed or merged, % left outside the list',
    matched, changed, strangers;
end
$$;
