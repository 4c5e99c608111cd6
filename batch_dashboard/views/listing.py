"""A long table's addresses: its orders and its pages, for any list."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from batch_dashboard.model.lists.pagination import Cursor, Page, parse_cursor
from batch_dashboard.model.lists.sorting import Sort, SortColumn

# The parts of an address that choose a period, an ecosystem or a platform.
PERIOD_PARTS = frozenset({"last", "since", "until"})
FILTER_PARTS = PERIOD_PARTS | {"ecosystem", "platform"}


def parse_order(
    args: Mapping[str, str], columns: Sequence[SortColumn], complaints: list[str]
) -> tuple[Sort, Cursor | None]:
    """The order and the cursor of a query string; errors are added to `complaints`."""
    sort, wrong_order = Sort.parse(args, columns)
    cursor, wrong_cursor = parse_cursor(args, sort.column.kinds)
    complaints += wrong_order + wrong_cursor
    return sort, cursor


@dataclass(frozen=True)
class Listing:
    """A list at an address, what was chosen of it, its order, and the page of it that is shown.

    `anchor` is the id of the element to which its links return; empty: the top of the page.
    """

    path: str
    query: dict[str, str]
    sort: Sort
    page: Page[Any]
    cursor: Cursor | None
    anchor: str = ""

    def sort_url(self, name: str) -> str:
        """The list ordered by another column, or by the same one the other way round."""
        return self._url(self.sort.by(name).query)

    def direction(self, name: str) -> str | None:
        """`ascending` or `descending` for the sorted column, otherwise None."""
        if name != self.sort.column.name:
            return None
        return "descending" if self.sort.descending else "ascending"

    @property
    def order(self) -> dict[str, str]:
        """The hidden fields with which a form keeps the order."""
        return self.sort.query

    @property
    def first_url(self) -> str:
        """The list's first page."""
        return self._url(self.sort.query)

    @property
    def earlier_url(self) -> str | None:
        """The page before this one."""
        return self._page_url(self.page.earlier)

    @property
    def later_url(self) -> str | None:
        """The page after this one."""
        return self._page_url(self.page.later)

    @property
    def last_url(self) -> str | None:
        """The list's last page, from any other."""
        return self._page_url(Cursor((), before=True)) if self.page.later else None

    @property
    def is_beyond(self) -> bool:
        """Whether the requested page is empty."""
        return self.cursor is not None and not self.page.rows

    def without(self, *names: str) -> str:
        """The list without some parts of what was chosen of it."""
        left = {part: value for part, value in self.query.items() if part not in names}
        return replace(self, query=left).first_url

    def has_any(self, names: Iterable[str]) -> bool:
        """Whether any of some parts was chosen."""
        return any(name in self.query for name in names)

    @property
    def all_time_url(self) -> str:
        """The list over all time."""
        left = {part: value for part, value in self.query.items() if part not in PERIOD_PARTS}
        return replace(self, query={**left, "last": "all"}).first_url

    def with_part(self, name: str, value: str) -> str:
        """The list with one part of what was chosen of it, or that part changed."""
        return replace(self, query={**self.query, name: value}).first_url

    @property
    def kept(self) -> dict[str, str]:
        """The parameters that stay when the period or the ecosystem changes."""
        own = {name: value for name, value in self.query.items() if name not in FILTER_PARTS}
        return {**own, **self.sort.query}

    def _page_url(self, cursor: Cursor | None) -> str | None:
        return None if cursor is None else self._url({**self.sort.query, **cursor.query})

    def _url(self, parts: dict[str, str]) -> str:
        query = {**self.query, **parts}
        url = f"{self.path}?{urlencode(query)}" if query else self.path
        return f"{url}#{self.anchor}" if self.anchor else url
