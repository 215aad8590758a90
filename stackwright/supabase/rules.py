"""What the transport layers must know about Supabase's Management API."""

from stackwright.http.rules import Operation, RateHeaders, Rules, Table
from stackwright.supabase.errors import ADVICE, explain

READS = Table(
    "GET /v1/projects",
    "GET /v1/projects/{ref}",
    "GET /v1/projects/{ref}/health",
    "GET /v1/projects/{ref}/api-keys",
    "GET /v1/projects/{ref}/secrets",
    "GET /v1/projects/{ref}/functions",
    "GET /v1/projects/{ref}/functions/{slug}",
    "GET /v1/projects/{ref}/config/database/pooler",
    "GET /v1/projects/{ref}/database/backups",
    # A read that is a POST: it runs as a database user that cannot write.
    "POST /v1/projects/{ref}/database/query/read-only",
)
REPEATABLE = Table(
    "POST /v1/projects/{ref}/secrets",
    "POST /v1/projects/{ref}/functions/deploy",
)
_PER_ENDPOINT = 5  # "", v1, projects, ref, endpoint


def bucket(operation: Operation) -> str:
    """Supabase counts by user, project and endpoint; a function's slug makes no other endpoint."""
    method, path = operation
    parts = path.split("/")
    return f"{method} {'/'.join(parts[:_PER_ENDPOINT])} {len(parts)}"


RULES = Rules(
    vendor="Supabase",
    key_variable="SUPABASE_ACCESS_TOKEN",
    url_variable="SUPABASE_API_ENDPOINT",
    reads=READS,
    explain=explain,
    advice=ADVICE,
    repeatable=REPEATABLE,
    rate_headers=RateHeaders("x-ratelimit-remaining", "x-ratelimit-reset"),
    bucket=bucket,
)
