/** The browser that calls, as the platform's gateway tells. Neither is proof of anything. */

import type { Client } from "./sessions.ts";

const LONGEST = 500;

/** The agent, and the first address that the gateway names. What is not an address is left out. */
export function clientOf(request: Request): Client {
  const agent = request.headers.get("User-Agent");
  const address = request.headers.get("X-Forwarded-For")?.split(",")[0].trim();
  return {
    user_agent: agent ? agent.slice(0, LONGEST) : null,
    ip_address: address && isAddress(address) ? address : null,
  };
}

function isAddress(text: string): boolean {
  if (/^\d+(\.\d+){3}$/.test(text)) return URL.canParse(`http://${text}`);
  return /^[0-9a-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]`);
}
