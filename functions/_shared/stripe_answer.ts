/** What becomes of the answers of Stripe that a caller waits for. */

import { Refusal } from "./http.ts";

interface StripeError extends Error {
  type?: string;
  requestId?: string;
}

/** Stripe's reason stays in the log: the caller can do nothing about it, unless it is the card. */
export function answerOf<T>(purpose: string, answer: Promise<T>): Promise<T> {
  return answer.catch((error: StripeError) => {
    const request = error.requestId ?? "no request id";
    console.error(`Stripe did not ${purpose} (${request}): ${error.message}`);
    if (error.type === "StripeCardError") {
      throw new Refusal(402, "The payment failed: change the card in the billing portal.");
    }
    throw new Refusal(502, `Stripe could not ${purpose}; try again later.`);
  });
}
