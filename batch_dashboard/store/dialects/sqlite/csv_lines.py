"""Lines of CSV by printf(). Source: docs/exports.md, "The format"."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from batch_dashboard.model.catalogue.fields import Kind
from batch_dashboard.model.text.spreadsheets import BLANKS, FORMULA_STARTS
from batch_dashboard.store.dialects.contract import (
    FIRST_BEYOND_ASCII,
    FIRST_LETTER,
    Cell,
    CsvLines,
)

# Not part of a pattern of printf(), in which the percent sign would be doubled.
TIME_PATTERN = "%Y-%m-%dT%H:%M:%SZ"
# Doubles that show whether printf() of this SQLite is exact. It is not if the processor has no
# extended precision and the library is older than 3.43.
HARD_DOUBLES = (8.98, 0.1, 91 / 99, 2 / 3 * 1e-4, 123456.789012345678, 1e14 + 1 / 3, 1.1e15 / 7)


class SqliteCsvLines(CsvLines):
    """The lines of SQLite."""

    def begin_snapshot(self, connection: Connection) -> None:
        """Every transaction is a snapshot; lines need the function `shortest_number`."""
        driver: Any = connection.connection.driver_connection
        driver.create_function("shortest_number", 1, _shortest_number, deterministic=True)

    def line(self, connection: Connection, cells: Sequence[Cell]) -> str:
        """An expression that makes a row of the file, with its line end."""
        exact = _prints_doubles_exactly(connection)
        parts = [_cell(cell, exact) for cell in cells]
        pattern = ",".join(pattern for pattern, _ in parts)
        return f"printf('{pattern}\r\n', {', '.join(values for _, values in parts)})"

    def joined_lines(self, _order: str) -> str:
        """SQLite keeps the order of the subquery. Bytes need no decoding in Python."""
        return "CAST(group_concat(line, '') AS BLOB)"

    def is_among(self, column: str, parameter: str) -> str:
        """A condition: a column is one of the ids in a parameter made by `ids`."""
        return f"{column} IN (SELECT value FROM json_each(:{parameter}))"

    def ids(self, ids: list[int]) -> Any:
        """A JSON array."""
        return json.dumps(ids)

    def joined_tables(self, first: str, second: str) -> str:
        """SQLite reads the tables of a CROSS JOIN in their order."""
        return f"{first} CROSS JOIN {second}"


def _shortest_number(value: float | None) -> str | None:
    """The SQL function `shortest_number`, for numbers that SQLite does not print exactly."""
    return None if value is None else repr(float(value))


def _cell(cell: Cell, exact: bool) -> tuple[str, str]:
    """The arguments of printf() for a cell: its part of the pattern, and its values."""
    value = cell.expression
    # In brackets, GLOB wants "-" first.
    starts = "-" + FORMULA_STARTS.replace("-", "")
    formula = (
        f"({value} < '{FIRST_LETTER}' OR {value} >= '{FIRST_BEYOND_ASCII}')"
        f" AND ltrim({value}, '{BLANKS}') GLOB '[{starts}]*'"
    )
    match cell.kind:
        case Kind.INTEGER | Kind.LARGE_INTEGER | Kind.FLAG if not cell.is_optional:
            return "%d", value
        case Kind.WORD if not cell.is_optional:
            return '"%s"', value
        case Kind.TIME if cell.is_unix_time:
            return "%s", f"strftime('{TIME_PATTERN}', {value}, 'unixepoch')"
        case Kind.TEXT if not cell.is_optional:
            # %w doubles quotation marks.
            return '"%s%w"', f"iif({formula}, '''', ''), {value}"
        case Kind.TEXT | Kind.WORD:
            quoted = f"""iif({formula}, '"''', '"') || replace({value}, '"', '""') || '"'"""
            # Most messages and categories are NULL, for which no function is called.
            return "%s", f"CASE WHEN {value} NOTNULL THEN {quoted} END"
        case Kind.NUMBER:
            return "%s", _number(value) if exact else f"shortest_number({value})"
    return "%s", value


def _number(value: str) -> str:
    # Numbers of up to six decimals are exact with 15 digits, which a division of whole numbers
    # proves. Others need 17, within the range in which printf() itself is precise.
    return (
        f"CASE WHEN {value} IS NULL THEN NULL"
        f" WHEN {value} BETWEEN 0 AND 1e9"
        f" AND CAST({value} * 1e6 + 0.5 AS INTEGER) / 1e6 = {value}"
        f" THEN printf('%!.15g', {value})"
        f" WHEN {value} BETWEEN 1e-4 AND 1e15 THEN printf('%!.17g', {value})"
        f" ELSE shortest_number({value}) END"
    )


def _prints_doubles_exactly(connection: Connection) -> bool:
    printed = text("SELECT printf('%!.17g', :double)")
    return all(
        float(connection.execute(printed, {"double": double}).scalar_one()) == double
        for double in HARD_DOUBLES
    )
