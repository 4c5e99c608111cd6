"""Cursors of a list in URLs: positions between rows, so that new rows do not move pages."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Generic, NamedTuple, TypeVar

from batch_dashboard.model.text.wording import CONTROL_CHARACTER

T = TypeVar("T")
KeyValue = str | int | float | date | datetime

# The largest id either database can hold.
MAX_ROW_ID = 2**63 - 1
MAX_TOKEN_LENGTH = 4_000
# Represents the end of a list in a URL, to request the last page.
END = "end"

INVALID_CURSOR = "The requested page does not exist in this list, so the first page is shown."


class Cursor(NamedTuple):
    """Beside which row a page begins: just after it, or just before it.

    `key` holds that row's values of the columns the list is ordered by; empty: the list's end.
    """

    key: tuple[KeyValue, ...]
    before: bool = False

    @property
    def token(self) -> str:
        """The place in a URL."""
        if not self.key:
            return END
        text = json.dumps(list(map(_as_json, self.key)), ensure_ascii=False, separators=(",", ":"))
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @property
    def query(self) -> dict[str, str]:
        """The place as a part of a query string."""
        return {"before" if self.before else "after": self.token}


class Page(NamedTuple, Generic[T]):
    """One page of a longer list, and the places where its neighbours begin; None: no neighbour."""

    rows: list[T]
    earlier: Cursor | None
    later: Cursor | None


def page_of(
    rows: Iterable[T],
    key: Callable[[T], tuple[KeyValue, ...]],
    descending: bool,
    cursor: Cursor | None,
    count: int,
) -> Page[T]:
    """The page of `count` rows beside a place in a short list that is in memory.

    `key` gives the values that the list is ordered by, which tell any two rows apart.
    """
    ordered = sorted(rows, key=key, reverse=descending)
    if cursor is None:
        first = 0
    elif not cursor.key:
        first = max(0, len(ordered) - count)
    else:
        here = cursor.key
        passed = sum(key(row) > here if descending else key(row) < here for row in ordered)
        at_cursor = sum(key(row) == here for row in ordered)
        first = max(0, passed - count) if cursor.before else passed + at_cursor
        if cursor.before:
            count = min(count, passed)
    page = ordered[first : first + count]
    return Page(
        page,
        Cursor(key(page[0]), before=True) if page and first else None,
        Cursor(key(page[-1])) if page and first + len(page) < len(ordered) else None,
    )


def parse_cursor(args: Mapping[str, str], kinds: Sequence[type]) -> tuple[Cursor | None, list[str]]:
    """The place that `after` or `before` names, None for the first page; and what is wrong.

    `kinds` are the types of the columns the list is ordered by: of another list, or made up, a
    token names no place.
    """
    after, before = args.get("after", ""), args.get("before", "")
    if not (after or before):
        return None, []
    if before == END and not after:
        return Cursor((), before=True), []
    values = _decoded(after or before)
    if values is None or len(values) != len(kinds):
        return None, [INVALID_CURSOR]
    try:
        key = tuple(_of_kind(value, kind) for value, kind in zip(values, kinds, strict=True))
    except ValueError:
        return None, [INVALID_CURSOR]
    return Cursor(key, before=not after), []


def _as_json(value: KeyValue) -> str | int | float:
    # A time is a day too, so times come first.
    if isinstance(value, datetime):
        return int(value.timestamp())
    return value.toordinal() if isinstance(value, date) else value


def _decoded(token: str) -> list[object] | None:
    if len(token) > MAX_TOKEN_LENGTH:
        return None
    try:
        values = json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, list) else None


def _of_kind(value: object, kind: type) -> KeyValue:
    """The value of a column. Raises ValueError for what no row of the list can hold."""
    if kind is str:
        return _text(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(value)
    # NaN is within no bounds.
    if not -MAX_ROW_ID <= value <= MAX_ROW_ID:
        raise ValueError(value)
    if kind is float:
        return float(value)
    if not isinstance(value, int):
        raise ValueError(value)
    if kind is int:
        return value
    try:
        return date.fromordinal(value) if kind is date else datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(value) from error


def _text(value: object) -> str:
    if not isinstance(value, str) or CONTROL_CHARACTER.search(value):
        raise ValueError(value)
    # Half of a surrogate pair is no text that a database takes: UnicodeEncodeError is a ValueError.
    value.encode()
    return value
