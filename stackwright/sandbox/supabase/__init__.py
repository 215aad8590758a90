"""A stand-in for Supabase: Management API, real PostgreSQL clusters, real Deno functions, gateway.

Shapes and refusals follow the vendor's OpenAPI document (https://api.supabase.com/api/v1) and the
behaviour of its own command line tool; `docs/sandbox-coverage.md` says what is absent.
"""
