"""The tools beside Python: where they are, how they are obtained, how they are started.

Looking (`locate`) is quick and changes nothing; obtaining (`python -m stackwright.toolchain`, which
is what `make setup` runs) downloads or builds what is missing into one cache for all projects of a
user, so that a second checkout is ready in seconds.
"""

from stackwright.toolchain.cache import cache_dir, deno_dir
from stackwright.toolchain.environment import pulumi_environment
from stackwright.toolchain.errors import ToolMissing
from stackwright.toolchain.locate import (
    chromium,
    deno,
    language_host_dir,
    postgres_bin,
    postgres_client_bin,
    postgres_major,
    pulumi,
    squawk,
)
from stackwright.toolchain.privileges import data_owner, unprivileged

__all__ = [
    "ToolMissing",
    "cache_dir",
    "chromium",
    "data_owner",
    "deno",
    "deno_dir",
    "language_host_dir",
    "postgres_bin",
    "postgres_client_bin",
    "postgres_major",
    "pulumi",
    "pulumi_environment",
    "squawk",
    "unprivileged",
]
