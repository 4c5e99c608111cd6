"""SQL expressions that format rows as lines of CSV. Source: docs/exports.md, "The format"."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection
from sqlalchemy import text as sql_text
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from batch_dashboard.model.catalogue.fields import Field, Kind
from batch_dashboard.model.spreadsheets import BLANKS, FORMULA_STARTS
from batch_dashboard.store.schema import UnixTime

# Most texts begin with a letter: two comparisons tell that they are no formula.
FIRST_LETTER = "A"
FIRST_BEYOND_ASCII = "\x80"
# In the pattern of printf() a percent sign is doubled; this stands outside of it.
SQLITE_TIME_PATTERN = "%Y-%m-%dT%H:%M:%SZ"
TIME_PATTERN = 'YYYY-MM-DD"T"HH24:MI:SS"Z"'
# Doubles that show whether this SQLite's printf() is exact: it is not where the processor has no
# extended precision and the library is older than 3.43.
HARD_DOUBLES = (8.98, 0.1, 91 / 99, 2 / 3 * 1e-4, 123456.789012345678, 1e14 + 1 / 3, 1.1e15 / 7)


class Cell(NamedTuple):
    """One column of a file: the SQL expression it comes from, and how that is formatted."""

    expression: str
    kind: Kind
    is_optional: bool
    is_unix_time: bool


def cells_of(
    fields: Iterable[Field], columns: ReadOnlyColumnCollection[str, Any], alias: str
) -> list[Cell]:
    """The cells of columns that are named as the fields; `alias` names their table or query."""
    return [_cell(field, f"{alias}.{field.name}", columns[field.name].type) for field in fields]


def cells_at(fields: Iterable[Field], expressions: Mapping[str, str], other: str) -> list[Cell]:
    """The cells of fields with the expressions of some; the rest are columns of the alias `other`.

    Their times are stored as times.
    """
    return [
        _cell(field, expressions.get(field.name, f"{other}.{field.name}"), None) for field in fields
    ]


def _cell(field: Field, expression: str, stored_as: Any) -> Cell:
    is_unix_time = isinstance(stored_as, UnixTime)
    return Cell(expression, field.kind, field.empty is not None, is_unix_time)


def line(connection: Connection, cells: Sequence[Cell]) -> str:
    """An SQL expression that makes a row of the file, with its line end."""
    if connection.dialect.name == "sqlite":
        exact = _prints_doubles_exactly(connection)
        parts = [_sqlite_cell(cell, exact) for cell in cells]
        pattern = ",".join(pattern for pattern, _ in parts)
        return f"printf('{pattern}\r\n', {', '.join(values for _, values in parts)})"
    values = ", ',', ".join(map(_postgresql_cell, cells))
    return f"concat({values}, '\r\n')"


def shortest_number(value: float | None) -> str | None:
    """The SQL function of the same name, for the numbers that SQLite does not print exactly."""
    return None if value is None else repr(float(value))


def _sqlite_cell(cell: Cell, exact: bool) -> tuple[str, str]:
    """What printf() needs for a cell: its part of the pattern and the values that go there."""
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
            return "%s", f"strftime('{SQLITE_TIME_PATTERN}', {value}, 'unixepoch')"
        case Kind.TEXT if not cell.is_optional:
            # %w doubles quotation marks.
            return '"%s%w"', f"iif({formula}, '''', ''), {value}"
        case Kind.TEXT | Kind.WORD:
            quoted = f"""iif({formula}, '"''', '"') || replace({value}, '"', '""') || '"'"""
            # Most messages and categories are NULL: no function is called for them.
            return "%s", f"CASE WHEN {value} NOTNULL THEN {quoted} END"
        case Kind.NUMBER:
            return "%s", _sqlite_number(value) if exact else f"shortest_number({value})"
    return "%s", value


def _sqlite_number(value: str) -> str:
    # Up to six decimals 15 digits are exact, which a division of whole numbers proves. Else 17
    # are, within the range where printf() itself is precise.
    return (
        f"CASE WHEN {value} IS NULL THEN NULL"
        f" WHEN {value} BETWEEN 0 AND 1e9"
        f" AND CAST({value} * 1e6 + 0.5 AS INTEGER) / 1e6 = {value}"
        f" THEN printf('%!.15g', {value})"
        f" WHEN {value} BETWEEN 1e-4 AND 1e15 THEN printf('%!.17g', {value})"
        f" ELSE shortest_number({value}) END"
    )


def _postgresql_cell(cell: Cell) -> str:
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


def _prints_doubles_exactly(connection: Connection) -> bool:
    printed = sql_text("SELECT printf('%!.17g', :double)")
    return all(
        float(connection.execute(printed, {"double": double}).scalar_one()) == double
        for double in HARD_DOUBLES
    )
