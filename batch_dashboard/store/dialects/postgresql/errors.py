"""The errors of PostgreSQL's driver."""

from batch_dashboard.errors import DiskFull, StatementTooSlow, StoreUnavailable
from batch_dashboard.store.dialects.driver_errors import OLD_SCHEMA, UNAVAILABLE

# Codes of SQLSTATE.
DISK_FULL = "53100"
QUERY_CANCELED = "57014"
NO_SUCH_TABLE_OR_COLUMN = ("42P01", "42703")


def named_error(error: BaseException) -> StoreUnavailable | None:
    """The corresponding error of this application; None: the statement is wrong."""
    code = getattr(error, "sqlstate", None)
    if code == DISK_FULL:
        return DiskFull()
    if code == QUERY_CANCELED:
        return StatementTooSlow()
    if code in NO_SUCH_TABLE_OR_COLUMN:
        return StoreUnavailable(OLD_SCHEMA)
    is_operational = any(kind.__name__ == "OperationalError" for kind in type(error).__mro__)
    return StoreUnavailable(UNAVAILABLE) if is_operational else None
