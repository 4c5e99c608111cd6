"""Column types and options of tables that the databases spell differently."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, DateTime, Double, Text, TypeDecorator
from sqlalchemy import Dialect as SqlalchemyDialect
from sqlalchemy.types import TypeEngine

from batch_dashboard.store.dialects import DIALECTS
from batch_dashboard.store.dialects.contract import ColumnTypes, Dialect
from batch_dashboard.store.times import time_of_text


def _varied(usual: Any, variant: Callable[[ColumnTypes], TypeEngine[Any] | None]) -> Any:
    for dialect in DIALECTS.values():
        other = variant(dialect.types)
        if other is not None:
            usual = usual.with_variant(other, dialect.name)
    return usual


def _options(of_dialect: Callable[[Dialect], Mapping[str, Any]]) -> dict[str, Any]:
    return {
        f"{dialect.name}_{option}": value
        for dialect in DIALECTS.values()
        for option, value in of_dialect(dialect).items()
    }


# Grows with each row.
RowId: TypeEngine[int] = _varied(BigInteger(), lambda types: types.row_id)
DOUBLE: TypeEngine[float] = _varied(Double(), lambda types: types.double)
# Ordered byte by byte, so that an index finds values by their prefix.
BYTEWISE: TypeEngine[str] = _varied(Text(), lambda types: types.bytewise_text)

# For a Table: rows are stored in the order of the primary key, without another id.
ROWS_BY_KEY = _options(lambda dialect: dialect.rows_by_key)
# For a Table: the id of a deleted row is never used again.
IDS_NEVER_REUSED = _options(lambda dialect: dialect.ids_never_reused)


def only_where(condition: ColumnElement[bool]) -> dict[str, Any]:
    """For an Index that contains only these rows."""
    return _options(lambda _dialect: {"where": condition})


def finds_prefixes(column: str) -> dict[str, Any]:
    """For an Index of a text that finds values by their prefix."""
    return _options(lambda dialect: dialect.prefix_operators(column))


class UtcTime(TypeDecorator[datetime]):
    """A UTC time to the second: `2026-02-03T04:58:07Z`, or as a type of the database's own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: SqlalchemyDialect) -> Any:
        return dialect.type_descriptor(DIALECTS[dialect.name].types.time or DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: SqlalchemyDialect) -> Any:
        return None if value is None else DIALECTS[dialect.name].rows.as_stored(value)

    def process_result_value(self, value: Any, _dialect: SqlalchemyDialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return time_of_text(str(value))
