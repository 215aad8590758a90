-- Between two users there is at most one pending request, whichever of them sent it, and nobody asks
-- himself. A UNIQUE over (requester_id, addressee_id, status) would let the same two through in the
-- other direction, and would refuse the second rejection; so the pair is sorted and only pending rows
-- count. The table still has its old name here: sql/rename gives it the new one.

alter table public.friendships add column if not exists responded_at timestamptz;

do $$
declare
  problems text;
begin
  select string_agg(problem, '; ' order by problem) into problems
  from (
    select format(
        '%s pending requests between %s and %s (%s)',
        count(*), least(requester_id, addressee_id), greatest(requester_id, addressee_id),
        string_agg(id::text, ', ' order by created_at, id)
      ) as problem
    from public.friendships
    where status = 'pending' and requester_id <> addressee_id
    group by least(requester_id, addressee_id), greatest(requester_id, addressee_id)
    having count(*) > 1
    union all
    select format('request %s of user %s to himself', id, requester_id)
    from public.friendships
    where requester_id = addressee_id
  ) as found;

  if problems is not null then
    raise exception 'team requests that break the rule: %', problems
      using hint = 'Keep one pending request of each pair and run this again.';
  end if;
end
$$;

alter table public.friendships
  add constraint friendships_not_to_oneself check (requester_id <> addressee_id);
create unique index friendships_one_pending
  on public.friendships (least(requester_id, addressee_id), greatest(requester_id, addressee_id))
  where status = 'pending';
