/** A row of `public.enhanced_lerg` as the functions answer it. */

export interface LergLocation {
  npa: string;
  country_code: string;
  country_name: string;
  state_province_code: string | null;
  state_province_name: string | null;
  category: string;
  confidence_score: number;
}

export interface LergRecord extends LergLocation {
  source: string;
  is_active: boolean;
}
