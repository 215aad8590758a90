"""Stripe: its client and the resources over it."""
