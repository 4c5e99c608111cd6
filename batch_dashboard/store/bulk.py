"""The statements of an upload, given to the driver itself.

Many rows are one statement: VALUES of many rows on SQLite, COPY and arrays on PostgreSQL.

Measured beside the other ways in docs/decisions/0002-core-and-driver.md.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import chain, islice, repeat
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Boolean, Connection, Date, Double, LargeBinary, Table
from sqlalchemy.types import TypeDecorator

from batch_dashboard.store.schema import utc_text

Row = Sequence[Any]
T = TypeVar("T")
# Columns that hold the same in every row.
Constants = Mapping[str, int | str | None]
NO_CONSTANTS: Constants = {}
# From here on constants are written into the statement: a value bound to each row costs as much
# time as a small column itself. For fewer rows it takes longer to prepare the new statement.
MANY_ROWS = 1_000
# Rows in one statement for SQLite: a third less time than one by one, and even a table of 14
# columns stays under the 999 values that older versions take.
ROWS_AT_ONCE = 50


def insert_columns(
    connection: Connection,
    table: Table,
    columns: Mapping[str, Sequence[Any]],
    constants: Constants = NO_CONSTANTS,
) -> None:
    """Insert rows given by column, all of one length, as the database stores their values."""
    count = len(next(iter(columns.values())))
    names = ", ".join((*columns, *constants))
    written = constants if count >= MANY_ROWS and _is_sqlite(connection) else NO_CONSTANTS
    bound = [repeat(constants[name], count) for name in constants if name not in written]
    rows = zip(*columns.values(), *bound, strict=True)
    if _is_sqlite(connection):
        marks = ", ".join([*"?" * (len(columns) + len(bound)), *_literals(written)])
        _sqlite_insert(connection, f"{table.name} ({names})", marks, "", rows)
        return
    with (
        _cursor(connection) as cursor,
        cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


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
    """Insert rows, or where the primary key is there already, change that row by `updates`.

    Each update is `column = expression`, in which `excluded.x` is the new row's value and
    `table.x` the stored one. No two of the rows may have the same key. `conflict` is another unique
    column in place of the primary key. The columns `returning` of each row, as it is afterwards.
    """
    if not rows:
        return []
    if len(rows) < MANY_ROWS and constants:
        columns = (*columns, *constants)
        rows = [(*row, *constants.values()) for row in rows]
        constants = NO_CONSTANTS
    names = ", ".join((*columns, *constants))
    keys = conflict or ", ".join(column.name for column in table.primary_key)
    change = f"ON CONFLICT ({keys}) DO UPDATE SET {', '.join(updates)}"
    if returning:
        change += f" RETURNING {', '.join(returning)}"
    if _is_sqlite(connection):
        marks = ", ".join([*"?" * len(columns), *_literals(constants)])
        insert = _sqlite_insert_returning if returning else _sqlite_insert
        return insert(connection, f"{table.name} ({names})", marks, change, rows)
    arrays = ", ".join(f"%s::{_postgresql_type(table, name)}[]" for name in columns)
    values = ", ".join(["sent.*", *_literals(constants)])
    cursor = _cursor(connection)
    cursor.execute(
        f"INSERT INTO {table.name} ({names}) "
        f"SELECT {values} FROM unnest({arrays}) AS sent {change}",
        [list(values) for values in zip(*rows, strict=True)],
    )
    return cursor.fetchall() if returning else []


def slices(rows: Iterable[T], count: int) -> Iterator[list[T]]:
    """Rows in lists of up to so many."""
    waiting = iter(rows)
    while part := list(islice(waiting, count)):
        yield part


def execute_many(connection: Connection, statement: str, rows: Iterable[Row]) -> None:
    """Run one statement for each row; its parameters are written `?` for both databases."""
    if isinstance(rows, Sequence) and not rows:
        return
    if not _is_sqlite(connection):
        statement = statement.replace("?", "%s")
    _cursor(connection).executemany(statement, rows)


def run_statement(connection: Connection, statement: str, *values: Any) -> list[Any]:
    """Run one statement of every upload; its rows. Parameters are written `?` for both databases.

    Without SQLAlchemy, which takes longer over a small statement than the database.
    """
    if not _is_sqlite(connection):
        statement = statement.replace("?", "%s")
    cursor = _cursor(connection)
    cursor.execute(statement, [as_stored(connection, value) for value in values])
    return cursor.fetchall() if cursor.description else []


def as_stored(connection: Connection, value: Any) -> Any:
    """A value as the driver takes it: SQLite has no type for times and days."""
    if not isinstance(value, date) or not _is_sqlite(connection):
        return value
    return utc_text(value) if isinstance(value, datetime) else value.isoformat()


def _sqlite_insert(
    connection: Connection, into: str, marks: str, conflict: str, rows: Iterable[Row]
) -> list[Row]:
    cursor = _cursor(connection)
    waiting = iter(rows)
    many = ", ".join([f"({marks})"] * ROWS_AT_ONCE)
    while len(part := list(islice(waiting, ROWS_AT_ONCE))) == ROWS_AT_ONCE:
        cursor.execute(
            f"INSERT INTO {into} VALUES {many} {conflict}",
            list(chain.from_iterable(part)),
        )
    cursor.executemany(f"INSERT INTO {into} VALUES ({marks}) {conflict}", part)
    return []


def _sqlite_insert_returning(
    connection: Connection, into: str, marks: str, conflict: str, rows: Iterable[Row]
) -> list[Row]:
    cursor = _cursor(connection)
    returned: list[Row] = []
    for part in slices(rows, ROWS_AT_ONCE):
        many = ", ".join([f"({marks})"] * len(part))
        cursor.execute(
            f"INSERT INTO {into} VALUES {many} {conflict}", list(chain.from_iterable(part))
        )
        returned += cursor.fetchall()
    return returned


def _cursor(connection: Connection) -> Any:
    """The driver's cursor: SQLAlchemy's own executemany costs as much as the insert itself."""
    return connection.connection.cursor()


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _literals(constants: Constants) -> Iterator[str]:
    for value in constants.values():
        if isinstance(value, str):
            doubled = value.replace("'", "''")
            yield f"'{doubled}'"
        else:
            yield "NULL" if value is None else str(int(value))


def _postgresql_type(table: Table, name: str) -> str:
    column_type = table.c[name].type
    if isinstance(column_type, TypeDecorator):
        column_type = column_type.impl_instance
    if isinstance(column_type, BigInteger):
        return "bigint"
    if isinstance(column_type, Date):
        return "date"
    if isinstance(column_type, Boolean):
        return "boolean"
    if isinstance(column_type, LargeBinary):
        return "bytea"
    return "double precision" if isinstance(column_type, Double) else "text"
