// Stands for https://deno.land/std/http/server.ts, which old functions import.
export function serve(
  handler: (request: Request) => Response | Promise<Response>,
  options: Deno.ServeTcpOptions = {},
): Promise<void> {
  return Deno.serve(options, handler).finished;
}
