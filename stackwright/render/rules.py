"""What the transport layers must know about Render."""

import re

from stackwright.http.rules import Operation, RateHeaders, Rules, Table
from stackwright.render.errors import ADVICE, explain

READS = Table(
    "GET /owners",
    "GET /services",
    "GET /services/{service}",
    "GET /services/{service}/env-vars",
    "GET /services/{service}/deploys",
    "GET /services/{service}/deploys/{deploy}",
    "GET /services/{service}/headers",
    "GET /services/{service}/routes",
    "GET /logs",
)
# Asking twice for these leaves what asking once does. Creating a service or a deploy does not.
REPEATABLE = Table(
    "POST /services/{service}/suspend",
    "POST /services/{service}/resume",
    "POST /services/{service}/deploys/{deploy}/cancel",
)
_PER_SERVICE = re.compile(
    r"(?:PATCH /services/([^/]+)|POST /services/([^/]+)/(?:deploys|scale|suspend|resume))"
)


def bucket(operation: Operation) -> str:
    """Which of Render's limits counts this request (seen in recorded traffic)."""
    method, path = operation
    if method == "GET":
        return "logs" if path == "/logs" else "reads"
    if operation == ("POST", "/services"):
        return "new services"
    one = _PER_SERVICE.fullmatch(f"{method} {path}")
    return f"service {one[1] or one[2]}" if one else "writes"


RULES = Rules(
    vendor="Render",
    key_variable="RENDER_API_KEY",
    url_variable="RENDER_HOST",
    reads=READS,
    explain=explain,
    advice=ADVICE,
    repeatable=REPEATABLE,
    rate_headers=RateHeaders("Ratelimit-Remaining", "Ratelimit-Reset"),
    bucket=bucket,
)
