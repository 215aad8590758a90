/** DEBUG, never on production: says what of a request reaches a function. Values stay unsaid. */

import { requireUser } from "../_shared/caller.ts";
import { endpoint, type Handler, json } from "../_shared/http.ts";

/** Any body. Answer: `method`, `path`, the names of the `headers`, the length of the `body`. */
export function debugEcho(): Handler {
  return endpoint(["GET", "POST"], async (request) => {
    requireUser(request);
    const { pathname } = new URL(request.url);
    const headers = [...request.headers.keys()].sort();
    const body = (await request.text()).length;
    return json({ method: request.method, path: pathname, headers, body });
  });
}
