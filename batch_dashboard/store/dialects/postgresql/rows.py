"""Rows by COPY, and as arrays, one for each column."""

from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Any

from sqlalchemy import BigInteger, Boolean, Connection, Date, Double, LargeBinary, Table
from sqlalchemy.types import TypeDecorator

from batch_dashboard.store.dialects.contract import Constants, Row, Rows, Upsert
from batch_dashboard.store.dialects.literals import literals


class PostgresqlRows(Rows):
    """The rows of PostgreSQL."""

    def insert_columns(
        self,
        connection: Connection,
        table: Table,
        columns: Mapping[str, Sequence[Any]],
        constants: Constants,
    ) -> None:
        """Insert rows given by column, all of one length."""
        count = len(next(iter(columns.values())))
        names = ", ".join((*columns, *constants))
        bound = [repeat(value, count) for value in constants.values()]
        with (
            _cursor(connection) as cursor,
            cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy,
        ):
            for row in zip(*columns.values(), *bound, strict=True):
                copy.write_row(row)

    def upsert(self, connection: Connection, upsert: Upsert) -> list[Row]:
        """Insert or change rows; returns the columns `returning` of each resulting row."""
        arrays = ", ".join(f"%s::{_type_of(upsert.table, name)}[]" for name in upsert.columns)
        values = ", ".join(["sent.*", *literals(upsert.constants)])
        cursor = _cursor(connection)
        cursor.execute(
            f"INSERT INTO {upsert.into}"
            f" SELECT {values} FROM unnest({arrays}) AS sent {upsert.clauses}",
            [list(values) for values in zip(*upsert.rows, strict=True)],
        )
        rows: list[Row] = cursor.fetchall() if upsert.returning else []
        return rows

    def statement(self, statement: str) -> str:
        """The driver's parameters are written `%s`."""
        return statement.replace("?", "%s")

    def as_stored(self, value: Any) -> Any:
        """Unchanged: the driver converts every value."""
        return value

    def is_among(self, column: str) -> str:
        """The texts come as an array."""
        return f"{column} = ANY(?)"

    def texts(self, texts: Sequence[str]) -> Any:
        """An array."""
        return list(texts)


def _cursor(connection: Connection) -> Any:
    return connection.connection.cursor()


def _type_of(table: Table, name: str) -> str:
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
