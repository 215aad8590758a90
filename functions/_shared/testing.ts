/** What the tests of the functions share. No function imports it, so none is deployed with it. */

import assert from "node:assert/strict";
import type { Env } from "./env.ts";

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
