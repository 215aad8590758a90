-- Apps on phones then take the values that they were built with.

drop table public.feature_flags;
drop function public.touch_feature_flag();
