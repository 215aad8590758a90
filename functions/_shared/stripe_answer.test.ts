import assert from "node:assert/strict";
import { Refusal } from "./http.ts";
import { answerOf } from "./stripe_answer.ts";
import { logOf } from "./testing.ts";

async function refusalOf(error: Error): Promise<{ refusal: unknown; log: string }> {
  let refusal: unknown;
  const log = await logOf(async () => {
    refusal = await answerOf("sing", Promise.reject(error)).catch((thrown) => thrown);
  });
  return { refusal, log };
}

Deno.test("an answer is handed on", async () => {
  assert.equal(await answerOf("sing", Promise.resolve("la")), "la");
});

Deno.test("what Stripe says against it stays in the log", async () => {
  const error = Object.assign(new Error("No such price"), { requestId: "req_1" });
  const { refusal, log } = await refusalOf(error);
  assert.deepEqual(refusal, new Refusal(502, "Stripe could not sing; try again later."));
  assert.equal(log, "Stripe did not sing (req_1): No such price");
});

Deno.test("no answer at all is the same to the caller", async () => {
  const { refusal, log } = await refusalOf(new Error("connection refused"));
  assert.deepEqual(refusal, new Refusal(502, "Stripe could not sing; try again later."));
  assert.equal(log, "Stripe did not sing (no request id): connection refused");
});

Deno.test("a card that was declined is the caller's to change", async () => {
  const error = Object.assign(new Error("Your card was declined."), { type: "StripeCardError" });
  const { refusal } = await refusalOf(error);
  assert.deepEqual(
    refusal,
    new Refusal(402, "The payment failed: change the card in the billing portal."),
  );
});
