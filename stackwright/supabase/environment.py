"""Which variables of its environment an edge function reads, told from its sources.

What counts is a name in capitals that is asked of an environment: `Deno.env.get("NAME")`,
`env.get("NAME")` or a helper `required(env, "NAME")`. A name that is put together while the
function runs cannot be seen.
"""

import re
from pathlib import Path

from stackwright.supabase.bundle import bundle

_READ = re.compile(
    r"""(?:\benv\.get\(\s*|\brequired\(\s*[\w.]+,\s*)["'`]([A-Z][A-Z0-9_]*)["'`]""",
)
# Set by the platform: https://supabase.com/docs/guides/functions/secrets#default-secrets
PLATFORM = ("SUPABASE_", "SB_", "DENO_")


def variables(directory: str, slug: str) -> set[str]:
    """As `reads`, without the names that the platform sets."""
    return {name for name in reads(directory, slug) if not name.startswith(PLATFORM)}


def reads(directory: str, slug: str) -> set[str]:
    """Names that `directory/slug` and all that it imports read.

    Raises `UserInput` for a missing file or import.
    """
    sources = bundle(Path.cwd(), directory, slug).files.items()
    texts = [body.decode() for path, body in sources if not path.endswith((".json", ".jsonc"))]
    return {name for text in texts for name in _READ.findall(text)}
