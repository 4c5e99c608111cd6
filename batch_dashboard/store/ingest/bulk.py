"""The statements of an upload, passed directly to the driver.

Reason and measurements: docs/decisions/0002-core-and-driver.md.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Table

from batch_dashboard.store.dialects import dialect_of
from batch_dashboard.store.dialects.contract import NO_CONSTANTS, Constants, Row, Upsert
from batch_dashboard.store.dialects.literals import MANY_ROWS

T = TypeVar("T")


def insert_columns(
    connection: Connection,
    table: Table,
    columns: Mapping[str, Sequence[Any]],
    constants: Constants = NO_CONSTANTS,
) -> None:
    """Insert rows given by column, all of one length, as the database stores their values."""
    dialect_of(connection).rows.insert_columns(connection, table, columns, constants)


def upsert_rows(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[Row],
    updates: Sequence[str],
    constants: Constants = NO_CONSTANTS,
    *,
    conflict: str | None = None,
    returning: Sequence[str] = (),
) -> list[Row]:
    """Insert rows, or change the row that already has the primary key by `updates`.

    Each update is `column = expression`, in which `excluded.x` is the new row's value and
    `table.x` the stored one. No two of the rows may have the same key. `conflict` is another unique
    column in place of the primary key. Returns the columns `returning` of each resulting row.
    """
    if not rows:
        return []
    if len(rows) < MANY_ROWS and constants:
        columns = (*columns, *constants)
        rows = [(*row, *constants.values()) for row in rows]
        constants = NO_CONSTANTS
    keys = (conflict,) if conflict else tuple(column.name for column in table.primary_key)
    upsert = Upsert(table, columns, rows, keys, updates, constants, returning)
    return dialect_of(connection).rows.upsert(connection, upsert)


def slices(rows: Iterable[T], count: int) -> Iterator[list[T]]:
    """Rows in lists of up to `count`."""
    waiting = iter(rows)
    while part := list(islice(waiting, count)):
        yield part


def execute_many(connection: Connection, statement: str, rows: Iterable[Row]) -> None:
    """Run one statement for each row; its parameters are written `?` for every database."""
    if isinstance(rows, Sequence) and not rows:
        return
    statement = dialect_of(connection).rows.statement(statement)
    cursor: Any = connection.connection.cursor()
    cursor.executemany(statement, rows)


def run_statement(connection: Connection, statement: str, *values: Any) -> list[Any]:
    """Run one small statement; returns its rows. Parameters are written `?` for every database.

    Bypasses SQLAlchemy, which takes longer for a small statement than the database.
    """
    rows = dialect_of(connection).rows
    cursor: Any = connection.connection.cursor()
    cursor.execute(rows.statement(statement), [rows.as_stored(value) for value in values])
    return cursor.fetchall() if cursor.description else []


def as_stored(connection: Connection, value: Any) -> Any:
    """Convert a value to the form of the driver."""
    return dialect_of(connection).rows.as_stored(value)
