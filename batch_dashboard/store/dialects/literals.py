"""Constants written into a statement, instead of values of each row."""

from collections.abc import Iterator

from batch_dashboard.store.dialects.contract import Constants

# From this number of rows on, constants are written into the statement, because binding a value to
# each row costs as much as a small column. For fewer rows, preparing a new statement costs more.
MANY_ROWS = 1_000


def literals(constants: Constants) -> Iterator[str]:
    """SQL literals of constants."""
    for value in constants.values():
        if isinstance(value, str):
            doubled = value.replace("'", "''")
            yield f"'{doubled}'"
        else:
            yield "NULL" if value is None else str(int(value))
