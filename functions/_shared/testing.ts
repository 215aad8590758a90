/** What the tests of the functions share. No function imports it, so none is deployed with it. */

import assert from "node:assert/strict";
import type { Env } from "./env.ts";
import type { LergRecord } from "./lerg_record.ts";
import type { Subscription } from "./own_subscription.ts";

export function envOf(values: Record<string, string>): Env {
  return { get: (name) => values[name] };
}

/** A token as the platform hands it on; its signature has been checked before and is not again. */
export function tokenOf(claims: Record<string, unknown>): string {
  const part = (value: unknown) =>
    new TextEncoder().encode(JSON.stringify(value)).toBase64({
      alphabet: "base64url",
      omitPadding: true,
    });
  return `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}.signature`;
}

export function post(body: unknown, headers: Record<string, string> = {}): Request {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return new Request("http://localhost/", { method: "POST", body: text, headers });
}

/** A POST by whom the claims name. */
export function bearer(claims: Record<string, unknown>, body: unknown = {}): Request {
  return post(body, { Authorization: `Bearer ${tokenOf(claims)}` });
}

/** The claims of a user, an admin and the service-role key. */
export const USER = { sub: "user-1", email: "a@example.com", role: "authenticated" };
export const ADMIN = { ...USER, app_metadata: { role: "admin" } };
export const SERVICE_ROLE = { role: "service_role" };

/** A dependency that must not be asked. */
export const notAsked = () => Promise.reject(new Error("not asked"));

/** Checks the status and the one field of an error's answer. */
export async function assertRefused(response: Response, status: number, reason: RegExp) {
  assert.equal(response.status, status);
  const body = await response.json();
  assert.deepEqual(Object.keys(body), ["error"]);
  assert.match(body.error, reason);
}

/** Runs `action` and returns what it wrote to the log, instead of writing it. */
export async function logOf(action: () => unknown): Promise<string> {
  const { info, error } = console;
  const lines: string[] = [];
  console.info = console.error = (...parts: unknown[]) => lines.push(parts.join(" "));
  try {
    await action();
  } finally {
    Object.assign(console, { info, error });
  }
  return lines.join("\n");
}

/** A running monthly subscription as Stripe answers it. */
export function subscriptionOf(userId: string, fields: Record<string, unknown> = {}): Subscription {
  return {
    id: "sub_1",
    status: "active",
    customer: "cus_1",
    metadata: { user_id: userId },
    items: { data: [{ id: "si_1", price: { id: "price_m" } }] },
    cancel_at: null,
    cancel_at_period_end: false,
    ...fields,
  };
}

export const session = {
  id: "0f0e0d0c-0b0a-0908-0706-050403020100",
  created_at: new Date("2026-01-01T00:00:00Z"),
  last_heartbeat: new Date("2026-01-01T01:00:00Z"),
  user_agent: "Browser/1",
  ip_address: "203.0.113.7",
  browser_info: null,
};

export function lergRecord(npa: string, category: string): LergRecord {
  return {
    npa,
    country_code: "XX",
    country_name: "Nowhere",
    state_province_code: null,
    state_province_name: null,
    category,
    confidence_score: 100,
    source: "lerg",
    is_active: true,
  };
}
