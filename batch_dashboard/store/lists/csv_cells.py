"""The columns of CSV files and the SQL expressions they come from."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.sql.base import ReadOnlyColumnCollection

from batch_dashboard.model.catalogue.fields import Field
from batch_dashboard.store.dialects.contract import Cell
from batch_dashboard.store.schema import UnixTime


def cells_of(
    fields: Iterable[Field], columns: ReadOnlyColumnCollection[str, Any], alias: str
) -> list[Cell]:
    """The cells of fields whose columns have the same names; `alias` is their table or query."""
    return [_cell(field, f"{alias}.{field.name}", columns[field.name].type) for field in fields]


def cells_at(fields: Iterable[Field], expressions: Mapping[str, str], other: str) -> list[Cell]:
    """The cells of fields: some with an expression, the rest columns of the alias `other`.

    Their times are stored as times.
    """
    return [
        _cell(field, expressions.get(field.name, f"{other}.{field.name}"), None) for field in fields
    ]


def _cell(field: Field, expression: str, stored_as: Any) -> Cell:
    is_unix_time = isinstance(stored_as, UnixTime)
    return Cell(expression, field.kind, field.empty is not None, is_unix_time)
