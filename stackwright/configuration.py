"""Credentials and endpoints of a run, and where each came from.

The stack's configuration is asked first (read from `PULUMI_CONFIG`, which is current in refresh
and destroy too), then the environment, then what the engine kept in state: state is the oldest,
so after a key was rotated it would be wrong. See docs/decisions/0003-credentials.md.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from stackwright.errors import UserInput

NAMESPACE = "stackwright:"
CREDENTIALS = {
    "stripeApiKey": "STRIPE_API_KEY",
    "renderApiKey": "RENDER_API_KEY",
    "renderOwnerId": "RENDER_OWNER_ID",
    "supabaseAccessToken": "SUPABASE_ACCESS_TOKEN",
    "supabaseDbPassword": "SUPABASE_DB_PASSWORD",
    "supabaseDbPasswords": "SUPABASE_DB_PASSWORDS",
}
SETTINGS = {
    "stripeMode": "",
    "databaseUrl": "SUPABASE_DB_URL",
    "databaseAccess": "SUPABASE_DB_ACCESS",
    "backupKey": "STACKWRIGHT_BACKUP_KEY",
}
ENDPOINTS = {
    "RENDER_HOST": "https://api.render.com/v1",
    "SUPABASE_API_ENDPOINT": "https://api.supabase.com",
    "STRIPE_API_BASE": "https://api.stripe.com",
    "SUPABASE_PROJECT_URL": "https://{ref}.supabase.co",
}
ACCESSES = ("direct", "query")
OVER_QUERY = (
    "Migrations go through the Management API's query endpoint (stackwright:databaseAccess is "
    "query), which costs: one request a file, about 45 seconds for a statement, no shadow run of "
    "a database that holds something, no file without a transaction, no notices of the server, "
    "and no sql.ReferenceData or sql.Backup."
)
WITHOUT_CONNECTION = (
    "where no direct connection can be had, migrations can go through the Management API: set "
    "stackwright:databaseAccess to query (or export SUPABASE_DB_ACCESS=query); it is slower, "
    "there is no shadow run, and reference data and backups cannot go that way"
)


@dataclass(frozen=True)
class Configuration:
    """`values` by configuration key, `endpoints` by variable name, `notes` for the user.

    The representation shows no value.
    """

    values: Mapping[str, str] = field(repr=False)
    endpoints: Mapping[str, str] = field(default_factory=lambda: dict(ENDPOINTS))
    notes: tuple[str, ...] = ()

    def get(self, key: str) -> str | None:
        return self.values.get(key)

    def require(self, key: str) -> str:
        """The value, or advice on how to give it."""
        value = self.values.get(key)
        if not value:
            variable = {**CREDENTIALS, **SETTINGS}[key]
            raise UserInput(
                f"No {variable or key} is set. Run `pulumi config set --secret "
                f"{NAMESPACE}{key} VALUE`"
                + (f" or export {variable}." if variable else ".")
                + (f" Or, {WITHOUT_CONNECTION}." if key == "supabaseDbPassword" else "")
            )
        return value

    def database_password(self, ref: str) -> str:
        """The password of a project's database: its own (`supabaseDbPasswords`, a JSON object of
        ref to password), else the one of the stack."""
        try:
            own = json.loads(self.values.get("supabaseDbPasswords") or "{}").get(ref)
        except (ValueError, AttributeError):
            raise UserInput(
                f"{NAMESPACE}supabaseDbPasswords (SUPABASE_DB_PASSWORDS) is not a JSON object of "
                "project ref to password"
            ) from None
        return str(own) if own else self.require("supabaseDbPassword")

    @property
    def over_query(self) -> bool:
        """Whether the database is reached through the Management API's query endpoint."""
        return self.get("databaseAccess") == "query"

    def require_connection(self) -> None:
        """Raise `UserInput` where a direct connection is needed and configured away."""
        if self.over_query:
            raise UserInput(
                "this needs a direct connection to the database, and stackwright:databaseAccess "
                "is query, which carries sql.Migrations and `stackwright sql status` and `apply` "
                "only: set it to direct, or leave sql.ReferenceData and sql.Backup out"
            )

    def project_url(self, ref: str) -> str:
        """The public URL of a Supabase project."""
        return self.endpoints["SUPABASE_PROJECT_URL"].replace("{ref}", ref)


def read(environment: Mapping[str, str], state: Mapping[str, object]) -> Configuration:
    """The configuration of this run. `state` is what the engine sends to Configure."""
    config = _stack_config(environment)
    values: dict[str, str] = {}
    notes: list[str] = []
    for key, variable in {**CREDENTIALS, **SETTINGS}.items():
        candidates = [config.get(key), environment.get(variable) if variable else None]
        candidates.append(str(state[key]) if state.get(key) else None)
        chosen = next((value for value in candidates if value), None)
        if chosen:
            values[key] = chosen
        if candidates[0] and candidates[1] and candidates[0] != candidates[1]:
            notes.append(f"{NAMESPACE}{key} and {variable} differ; the configuration is used.")
    if values.get("databaseAccess", "direct") not in ACCESSES:
        raise UserInput(f"{NAMESPACE}databaseAccess is neither {' nor '.join(ACCESSES)}")
    if values.get("databaseAccess") == "query":
        notes.append(OVER_QUERY)
    endpoints = {name: environment.get(name) or url for name, url in ENDPOINTS.items()}
    return Configuration(values, endpoints, tuple(notes))


def with_password(address: str, password: str) -> str:
    """A connection string from `user@host:port/database`, which is all that state may hold."""
    user, _, rest = address.partition("@")
    return f"postgresql://{user}:{quote(password, safe='')}@{rest}"


def _stack_config(environment: Mapping[str, str]) -> dict[str, str]:
    """The engine gives a plugin its own keys bare; a program gets them with their namespace."""
    raw: Mapping[str, object] = json.loads(environment.get("PULUMI_CONFIG") or "{}")
    return {key.removeprefix(NAMESPACE): str(value) for key, value in raw.items()}
