"""Lines of CSV by concat(). Source: docs/exports.md, "The format"."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from batch_dashboard.model.catalogue.fields import Kind
from batch_dashboard.model.text.spreadsheets import BLANKS, FORMULA_STARTS
from batch_dashboard.store.dialects.contract import (
    FIRST_BEYOND_ASCII,
    FIRST_LETTER,
    Cell,
    CsvLines,
)

TIME_PATTERN = 'YYYY-MM-DD"T"HH24:MI:SS"Z"'


class PostgresqlCsvLines(CsvLines):
    """The lines of PostgreSQL."""

    def begin_snapshot(self, connection: Connection) -> None:
        """With this isolation level, a transaction is a snapshot."""
        connection.execution_options(isolation_level="REPEATABLE READ")

    def line(self, _connection: Connection, cells: Sequence[Cell]) -> str:
        """An expression that makes a row of the file, with its line end."""
        values = ", ',', ".join(map(_cell, cells))
        return f"concat({values}, '\r\n')"

    def joined_lines(self, order: str) -> str:
        """An aggregate of the column `line` of a query that is sorted by `order`."""
        return f"string_agg(line, '' ORDER BY {order})"

    def is_among(self, column: str, parameter: str) -> str:
        """A condition: a column is one of the ids in a parameter made by `ids`."""
        return f"{column} = ANY(CAST(:{parameter} AS bigint[]))"

    def ids(self, ids: list[int]) -> Any:
        """The driver converts the list to an array."""
        return ids

    def joined_tables(self, first: str, second: str) -> str:
        """The planner chooses the order of the tables."""
        return f"{first} JOIN {second}"


def _cell(cell: Cell) -> str:
    value = cell.expression
    if cell.kind is Kind.TEXT:
        starts = ", ".join(f"'{start}'" for start in FORMULA_STARTS)
        formula = (
            f"({value} < '{FIRST_LETTER}' COLLATE \"C\""
            f" OR {value} >= '{FIRST_BEYOND_ASCII}' COLLATE \"C\")"
            f" AND left(ltrim({value}, '{BLANKS}'), 1) IN ({starts})"
        )
        guard = f"CASE WHEN {formula} THEN '\"''' ELSE '\"' END"
        return f"({guard} || replace({value}, '\"', '\"\"') || '\"')"
    if cell.kind is Kind.WORD:
        return f"('\"' || {value} || '\"')"
    if cell.kind is Kind.TIME:
        time = f"to_timestamp({value})" if cell.is_unix_time else value
        return f"to_char({time} AT TIME ZONE 'UTC', '{TIME_PATTERN}')"
    if cell.kind is Kind.DAY:
        return f"to_char({value}, 'YYYY-MM-DD')"
    return value
