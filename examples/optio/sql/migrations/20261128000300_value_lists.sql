-- Roles, tiers, sources, pillars and states: a value outside its list is refused from here on.
-- Rows that hold one already are all named before the first rule is added.

do $$
declare
  rule record;
  strangers text;
  problems text[] := '{}';
begin
  for rule in
    select *
    from (values
      ('users', 'role', array['student', 'parent', 'advisor', 'admin']),
      ('users', 'subscription_tier', array['free', 'supported', 'academy']),
      ('quests', 'source', array['khan_academy', 'brilliant', 'custom']),
      ('quest_tasks', 'pillar', array[
        'stem_logic', 'life_wellness', 'language_communication', 'society_culture',
        'arts_creativity'
      ]),
      ('user_skill_xp', 'pillar', array[
        'stem_logic', 'life_wellness', 'language_communication', 'society_culture',
        'arts_creativity'
      ]),
      ('quest_submissions', 'status', array['pending', 'approved', 'rejected']),
      ('friendships', 'status', array['pending', 'accepted', 'rejected', 'expired'])
    ) as lists (table_name, column_name, allowed)
  loop
    execute format(
      'select string_agg(format(''%%L (%%s rows)'', value, rows), '', '' order by value) from ('
      '  select %1$I as value, count(*) as rows from public.%2$I'
      '  where %1$I <> all ($1) group by %1$I'
      ') as found',
      rule.column_name, rule.table_name
    ) into strangers using rule.allowed;
    if strangers is not null then
      problems := problems || format('%s.%s holds %s', rule.table_name, rule.column_name, strangers);
    end if;
  end loop;

  if problems <> '{}' then
    raise exception 'values outside their lists: %', array_to_string(problems, '; ')
      using hint = 'Correct these rows, or extend the list in this file, and run it again.';
  end if;
end
$$;

alter table public.users
  add constraint users_role_check
    check (role in ('student', 'parent', 'advisor', 'admin')),
  add constraint users_subscription_tier_check
    check (subscription_tier in ('free', 'supported', 'academy'));
alter table public.quests
  add constraint quests_source_check
    check (source in ('khan_academy', 'brilliant', 'custom'));
alter table public.quest_tasks
  add constraint quest_tasks_pillar_check
    check (pillar in (
      'stem_logic', 'life_wellness', 'language_communication', 'society_culture', 'arts_creativity'
    ));
alter table public.user_skill_xp
  add constraint user_skill_xp_pillar_check
    check (pillar in (
      'stem_logic', 'life_wellness', 'language_communication', 'society_culture', 'arts_creativity'
    ));
alter table public.quest_submissions
  add constraint quest_submissions_status_check
    check (status in ('pending', 'approved', 'rejected'));
alter table public.friendships
  add constraint friendships_status_check
    check (status in ('pending', 'accepted', 'rejected', 'expired'));
