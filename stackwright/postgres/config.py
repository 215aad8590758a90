"""How the embedded server is made and run: arguments of initdb, settings, roles that log in."""

SUPERUSER = "supabase_admin"

# Roles that log in with the cluster's own secret; `postgres` alone has the user's password.
INTERNAL_ROLES = (
    SUPERUSER,
    "authenticator",
    "supabase_auth_admin",
    "supabase_read_only_user",
    "supabase_storage_admin",
)
INITDB = (
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=icu",
    "--icu-locale=en-US",
    "--auth=scram-sha-256",
    "--wal-segsize=1",
    "--no-sync",
    f"--username={SUPERUSER}",
)
# A lost machine loses the sandbox's data; in exchange every commit is free.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "logical",
    "min_wal_size": "4MB",
    "max_wal_size": "64MB",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "jit": "off",
    "logging_collector": "off",
    "cluster_name": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class PostgresError(Exception):
    """The embedded server could not do its work; the message says which, where and what to do."""


def options(settings: dict[str, str]) -> list[str]:
    """Return settings as arguments of the server."""
    return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]


def alter_password(role: str, password: str) -> str:
    """Return a line for single-user mode that sets the password of a role."""
    # Single-user mode reads one statement a line, and has no parameters.
    if "\n" in password:
        raise PostgresError("A database password may not contain a line break.")
    return f"alter role {role} password '{password.replace(chr(39), chr(39) * 2)}'\n"
