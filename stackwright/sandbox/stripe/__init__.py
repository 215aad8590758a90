"""A local stand-in for Stripe: catalogue, webhooks, checkout and subscriptions over real HTTP."""
