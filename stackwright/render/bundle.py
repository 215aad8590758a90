"""Secrets in what a static site serves: the page and all scripts that it loads.

The rules for variables look at what goes into a build; this looks at what came out of it. Kinds
and addresses are told, a value never.
"""

import re
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

import httpx

from stackwright.render.public_variables import is_service_role

_KINDS = {
    "a Stripe secret key": re.compile(r"\b[sr]k_(?:live|test)_[A-Za-z0-9_]{8,}"),
    "a webhook signing secret": re.compile(r"\bwhsec_[A-Za-z0-9+/=]{8,}"),
    "a Supabase access token": re.compile(r"\bsbp_[a-f0-9]{16,}"),
    "a Supabase secret key": re.compile(r"\bsb_secret_[A-Za-z0-9_-]{8,}"),
    "a Render API key": re.compile(r"\brnd_[A-Za-z0-9]{16,}"),
    "a database password": re.compile(r"\bpostgres(?:ql)?://[^\s:@\"'`/]+:[^\s@\"'`$]+@"),
}
_TOKEN = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+")
_IN_PAGE = re.compile(
    r"""<(?:script|link)\b[^>]*?\b(?:src|href)\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE
)
_IN_SCRIPT = re.compile(r"""["'`]((?:\.{0,2}/|assets/)?[\w./-]+\.m?js)["'`]""")
MOST_FILES = 200


def secrets_in(text: str) -> list[str]:
    """The kinds of secrets in a text."""
    found = [kind for kind, pattern in _KINDS.items() if pattern.search(text)]
    if any(is_service_role(token) for token in _TOKEN.findall(text)):
        found.append("a service-role key")
    return found


async def leaks(client: httpx.AsyncClient, page: str, text: str) -> list[str]:
    """What the page at this address and its scripts give away: `a ... in URL`."""
    served = await files(client, page, text)
    return sorted(
        f"{kind} in {url}" for url, content in served.items() for kind in secrets_in(content)
    )


async def files(client: httpx.AsyncClient, page: str, text: str) -> dict[str, str]:
    """Address to text of the page and of what it loads from its own host, also by its scripts."""
    served, left, seen = {page: text}, [page], {page}
    while left:
        url = left.pop()
        for address in _loaded(page, url, served[url]):
            if address in seen or len(seen) >= MOST_FILES:
                continue
            seen.add(address)
            answer = await client.get(address)
            if answer.is_success and "html" not in answer.headers.get("content-type", ""):
                served[address] = answer.text
                left.append(address)
    return served


def _loaded(page: str, url: str, text: str) -> Iterable[str]:
    """Scripts of the same host that a text names, relative to itself or to the page."""
    names = _IN_PAGE.findall(text) if url == page else _IN_SCRIPT.findall(text)
    for name in names:
        for base in {url, page}:
            address = urljoin(base, name)
            same_host = urlsplit(address).netloc == urlsplit(page).netloc
            if same_host and urlsplit(address).path.endswith((".js", ".mjs", ".css", ".json")):
                yield address
