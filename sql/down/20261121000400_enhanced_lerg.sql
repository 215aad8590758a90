-- The area codes can be loaded again from sql/reference; what admins entered cannot.
do $$
declare
  entered integer;
begin
  select count(*) into entered from public.enhanced_lerg where source = 'manual';
  if entered > 0 then
    raise exception 'enhanced_lerg holds % rows that admins entered, and no file brings them back', entered
      using hint = 'Export the rows of source manual, delete them, and run this again.';
  end if;
end
$$;
drop table public.enhanced_lerg;
