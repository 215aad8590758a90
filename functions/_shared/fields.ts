/** Fields of a request's body that more than one function reads. */

import { Refusal } from "./http.ts";

export type Body = Record<string, unknown>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** An http or https address, to which a browser may be sent. */
export function addressOf(body: Body, field: string): string {
  const value = body[field];
  if (typeof value === "string" && /^https?:\/\//i.test(value) && URL.canParse(value)) return value;
  throw new Refusal(400, `${field} must be an http or https address.`);
}

export function uuidOf(body: Body, field: string): string {
  const value = body[field];
  if (typeof value === "string" && UUID.test(value)) return value;
  throw new Refusal(400, `${field} must be a uuid.`);
}
