"""What to do about an error of the server, by its SQLSTATE (PostgreSQL: Appendix A)."""

_NO_TRANSACTION = (
    "begin the file with -- stackwright: no-transaction and keep it to that one statement"
)
_ADVICE = {
    "25001": _NO_TRANSACTION,
    "2D000": _NO_TRANSACTION,
    "55P03": "another session holds the table: find it in pg_stat_activity, or try again later",
    "57014": "it ran longer than the statement limit: raise the limit, or do it in smaller steps",
    "55P04": "a new enum value can only be used after its transaction: move its use into the "
    "next migration",
    "42501": "the role of the connection may not do this: grant it the right, or leave objects "
    "that the platform owns alone",
    "42P07": "it exists already: was it made by hand? Use IF NOT EXISTS, or record the file with "
    "stackwright sql repair",
    "42710": "it exists already: was it made by hand? Drop it first in the same file, or record "
    "the file with stackwright sql repair",
    "42701": "the column exists already: was it made by hand? Use ADD COLUMN IF NOT EXISTS",
    "23505": "rows that are already there break this: find and settle them in an earlier step",
    "23514": "rows that are already there break this: find and settle them in an earlier step",
    "23502": "rows that are already there have no value: give the column a default, or fill them "
    "in an earlier step",
    "23503": "rows that are already there point to nothing: settle them in an earlier step",
    "SW001": "use the direct connection or the session pooler (port 5432)",
}


def advice(sqlstate: str) -> str:
    """One clause that says how to go on; empty when the server's own words must do."""
    return _ADVICE.get(sqlstate, "")
