// A function of another time: it reads the older table of area codes.

import postgres from "npm:postgres@3.4.9";

const sql = postgres(Deno.env.get("SUPABASE_DB_URL") ?? "", { max: 1, prepare: false });

Deno.serve(async () => {
  const rows = await sql`select npa_nxx, state, country from public.lerg_codes order by npa_nxx`;
  return Response.json({ rows });
});
