"""Keyset pagination: the last page of a list costs as much as the first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, and_, literal, or_, tuple_

from batch_dashboard.model.lists.pagination import Cursor, Page

T = TypeVar("T")


class SortKey(NamedTuple):
    """A column or expression, never NULL, by which a list is sorted, and its direction."""

    expression: ColumnElement[Any]
    descending: bool


class Asked(Protocol):
    """The requested page of a list."""

    @property
    def cursor(self) -> Cursor | None:
        """The row before or after the page; None: the first page."""

    @property
    def count(self) -> int:
        """The maximum number of rows."""


@dataclass(frozen=True)
class PageRequest:
    """A page of a list without filters."""

    cursor: Cursor | None
    count: int


def fetch_page_by_keys(
    connection: Connection,
    query: Select[Any],
    keys: Sequence[SortKey],
    asked: Asked,
    record: Callable[..., T],
) -> Page[T]:
    """One page of the rows of a query, in the order of `keys`.

    The keys must be different for any two rows. `record` takes the columns of the query.
    """
    cursor, count = asked.cursor, asked.count
    backwards = cursor is not None and cursor.before
    if cursor is not None and cursor.key:
        query = query.where(_beyond(keys, cursor))
    order = [
        key.expression.desc() if key.descending != backwards else key.expression.asc()
        for key in keys
    ]
    labelled = [key.expression.label(f"key_{index}") for index, key in enumerate(keys)]
    page = query.add_columns(*labelled).order_by(*order).limit(count + 1)
    found = list(connection.execute(page))
    more, found = len(found) > count, found[:count]
    if backwards:
        found.reverse()
    rows = [record(*row[: -len(keys)]) for row in found]
    if not found:
        return Page(rows, None, None)
    first, last = (tuple(row[-len(keys) :]) for row in (found[0], found[-1]))
    has_earlier = more if backwards else cursor is not None
    has_later = cursor is not None and bool(cursor.key) if backwards else more
    return Page(
        rows,
        Cursor(first, before=True) if has_earlier else None,
        Cursor(last) if has_later else None,
    )


def _beyond(keys: Sequence[SortKey], cursor: Cursor) -> ColumnElement[bool]:
    values = [
        literal(value, key.expression.type) for key, value in zip(keys, cursor.key, strict=True)
    ]
    if len({key.descending for key in keys}) == 1:
        # One comparison of rows, which an index of these columns answers.
        row, here = tuple_(*(key.expression for key in keys)), tuple_(*values)
        return row < here if keys[0].descending != cursor.before else row > here
    alternatives = []
    for index, (key, value) in enumerate(zip(keys, values, strict=True)):
        same = [keys[i].expression == values[i] for i in range(index)]
        further = (
            key.expression < value if key.descending != cursor.before else key.expression > value
        )
        alternatives.append(and_(*same, further))
    return or_(*alternatives)
