-- What is left of the copy goes: rows that the declared file does not hold. lerg_codes was never
-- touched.
delete from public.enhanced_lerg where source = 'lerg' and confidence_score = 85;
