// What Supabase's edge runtime has and Deno has not. Loaded before every function.
const background = new Set<Promise<unknown>>();

Object.defineProperty(globalThis, "EdgeRuntime", {
  value: {
    waitUntil<T>(work: Promise<T>): Promise<T> {
      const kept = work
        .catch((error) => console.error("background work failed:", error))
        .finally(() => background.delete(kept));
      background.add(kept);
      return work;
    },
  },
});

// The vendor tells the worker before it ends it; functions may save their work then.
Deno.addSignalListener("SIGTERM", () => {
  globalThis.dispatchEvent(new Event("beforeunload"));
  Promise.allSettled(background).then(() => Deno.exit(0));
});
