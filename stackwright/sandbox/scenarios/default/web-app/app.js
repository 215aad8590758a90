// The page's behaviour. build.sh writes the values of import.meta.env.VITE_* into it, as Vite does.

const settings = {
  environment: import.meta.env.VITE_APP_ENV,
  supabaseUrl: import.meta.env.VITE_SUPABASE_URL,
  anonKey: import.meta.env.VITE_SUPABASE_ANON_KEY,
  publishableKey: import.meta.env.VITE_STRIPE_PUBLISHABLE_KEY,
  prices: {
    monthly: import.meta.env.VITE_STRIPE_PRICE_MONTHLY_ACCELERATOR,
    annual: import.meta.env.VITE_STRIPE_PRICE_ANNUAL_ACCELERATOR,
  },
};

// Visitors should know when nothing is charged.
const money = settings.publishableKey?.startsWith("pk_live_") ? "" : " Nothing is charged.";

const byId = (id) => document.getElementById(id);
let token;

async function send(path, { method = "POST", body } = {}) {
  const response = await fetch(`${settings.supabaseUrl}/${path}`, {
    method,
    headers: {
      apikey: settings.anonKey,
      Authorization: `Bearer ${token ?? settings.anonKey}`,
      ...(body ? { "Content-Type": "application/json" } : {}),
    },
    body: body ? JSON.stringify(body) : undefined,
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    const words = answer.error ?? answer.msg ?? answer.message ?? answer.error_description;
    throw new Error(words ?? `HTTP ${response.status}`);
  }
  return answer;
}

const call = (name, options) => send(`functions/v1/${name}`, options);

function say(id, words, state = "") {
  const place = byId(id);
  place.textContent = words;
  place.dataset.state = state;
}

async function ping() {
  try {
    const { status } = await call("ping-status", { method: "GET" });
    say("ping", status, status === "ok" ? "good" : "bad");
  } catch (error) {
    say("ping", error.message, "bad");
  }
}

const NAMES = {
  total: "Area codes",
  usDomestic: "US domestic",
  canadian: "Canadian",
  caribbean: "Caribbean",
  usTerritory: "US territory",
  pacific: "Pacific",
};

async function showStatistics() {
  try {
    const { statistics } = await call("get-enhanced-lerg-data", { body: {} });
    const entries = Object.entries(statistics).filter(([name]) => name in NAMES);
    byId("statistics").replaceChildren(...entries.flatMap(([name, count]) => {
      const term = document.createElement("dt");
      const value = document.createElement("dd");
      term.textContent = NAMES[name];
      value.textContent = count;
      return [term, value];
    }));
  } catch (error) {
    byId("statistics").textContent = error.message;
  }
}

async function lookUp(event) {
  event.preventDefault();
  const npa = new FormData(event.target).get("npa");
  say("location", "Looking …");
  try {
    const found = await call("get-npa-location", { body: { npa } });
    const place = [found.state_province_name, found.country_name].filter(Boolean).join(", ");
    say("location", `${found.npa}: ${place} (${found.category})`, "good");
  } catch (error) {
    say("location", error.message, "bad");
  }
}

async function signIn(event) {
  event.preventDefault();
  const { email, password } = Object.fromEntries(new FormData(event.target));
  const path = event.submitter.value === "sign-up" ? "signup" : "token?grant_type=password";
  try {
    const session = await send(`auth/v1/${path}`, { body: { email, password } });
    token = session.access_token;
    say("user", token ? `Signed in as ${email}.` : "Confirm your e-mail address first.", "good");
    say("subscribe", token ? `Choose a plan.${money}` : "Sign in to subscribe.");
    for (const button of document.querySelectorAll(".plan")) button.disabled = !token;
  } catch (error) {
    say("user", error.message, "bad");
  }
}

async function subscribe(event) {
  const here = location.origin + location.pathname;
  say("subscribe", "Going to the checkout …");
  try {
    const { url } = await call("create-checkout-session", {
      body: {
        price_id: settings.prices[event.target.dataset.period],
        success_url: `${here}?checkout=success`,
        cancel_url: `${here}?checkout=canceled`,
      },
    });
    location.assign(url);
  } catch (error) {
    say("subscribe", error.message, "bad");
  }
}

function showNotice() {
  const outcome = new URLSearchParams(location.search).get("checkout");
  if (!outcome) return;
  byId("notice").hidden = false;
  say("notice", outcome === "success" ? "Thank you: you are subscribed." : "No subscription made.");
}

say("environment", settings.environment ?? "not configured");
showNotice();
byId("lookup").addEventListener("submit", lookUp);
byId("account").addEventListener("submit", signIn);
for (const button of document.querySelectorAll(".plan")) {
  button.addEventListener("click", subscribe);
}
if (settings.supabaseUrl) {
  ping();
  showStatistics();
} else {
  say("ping", "not configured", "bad");
}
