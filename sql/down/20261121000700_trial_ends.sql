-- The trials that began anew go on: their old end was a mistake, is long past, and was not kept.
select;
