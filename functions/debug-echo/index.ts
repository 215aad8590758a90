import { debugEcho } from "./handler.ts";

Deno.serve(debugEcho());
