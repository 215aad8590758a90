/** Browsers of any origin may call: what a caller may do is decided by its token, not its origin. */

export const corsHeaders = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Headers": "authorization, x-client-info, apikey, content-type",
};

/** The answer to the browser's question before a cross-origin call. */
export function preflight(methods: string[]): Response {
  const headers = {
    ...corsHeaders,
    "Access-Control-Allow-Methods": [...methods, "OPTIONS"].join(", "),
  };
  return new Response(null, { status: 204, headers });
}
