"""Which version of each tool is obtained. The files under `locks/` pin the same ones by hash."""

PULUMI = "3.259.0"
"""The Pulumi CLI and Python language host; equals the `pulumi` package in pyproject.toml."""

LEAST_GO = (1, 21)
"""The first Go that fetches the newer toolchain which a go.mod asks for."""

POSTGRES = {15: "15.18", 16: "16.14", 17: "17.10"}
"""PostgreSQL releases that can be obtained, by major version. Supabase projects are 15 or 17."""

DEFAULT_POSTGRES = 17
