"""How long a run may wait: for the lock of the run, for locks of tables, for a statement."""

from dataclasses import dataclass

CONNECTION_CHECK_SINCE = 140000


@dataclass(frozen=True)
class Limits:
    """Seconds, and the number of tries of a file that met a busy table.

    While a statement waits for a table's lock, everyone who comes after it waits too: so it
    gives up after `table_lock` seconds, lets them pass, and tries again. `statement` ends a
    statement that runs away. `run_lock` is the wait for another run to end.
    """

    run_lock: float = 60.0
    table_lock: float = 5.0
    statement: float = 1800.0
    attempts: int = 5

    def settings(self, server_version: int, *, local: bool) -> list[str]:
        """The SET statements; `local` for the transaction only."""
        scope = "LOCAL" if local else "SESSION"
        sets = [
            f"SET {scope} lock_timeout = {round(self.table_lock * 1000)}",
            f"SET {scope} statement_timeout = {round(self.statement * 1000)}",
        ]
        if server_version >= CONNECTION_CHECK_SINCE:
            # Without it, the statement of a killed run goes on, and keeps its locks, to its end.
            sets.append(f"SET {scope} client_connection_check_interval = 10000")
        return sets

    def pause(self, attempt: int) -> float:
        """Seconds before the next try, after try number `attempt` (from 1)."""
        return min(30.0, 2.0**attempt)
