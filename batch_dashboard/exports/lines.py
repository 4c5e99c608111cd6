"""Lines of CSV files whose rows Python makes, written as the database writes those of the others.

Source: docs/exports.md, "The format".
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from batch_dashboard.exports.csv_stream import LINE_END
from batch_dashboard.model.text.spreadsheets import guarded
from batch_dashboard.store.times import utc_text

Value = str | int | float | datetime | date | None


def lines(rows: Iterable[Sequence[Value]]) -> bytes:
    """The lines of some rows, each with its end."""
    return "".join(",".join(map(cell, row)) + LINE_END for row in rows).encode()


def cell(value: Value) -> str:
    """One cell: texts quoted, an unknown value empty."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f'"{guarded(value).replace(chr(34), chr(34) * 2)}"'
    if isinstance(value, datetime):
        return utc_text(value)
    return repr(value) if isinstance(value, float) else str(value)
