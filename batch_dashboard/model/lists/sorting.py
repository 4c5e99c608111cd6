"""The order of a long table: from the URL, and back to it."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from batch_dashboard.model.text.wording import not_one_of


class Direction(StrEnum):
    """The direction of an order, as in URLs."""

    ASCENDING = "asc"
    DESCENDING = "desc"


class SortColumn(NamedTuple):
    """A column by which a table can be sorted: its name in URLs, and its direction.

    `kinds` are the types of its values and of the columns that order equal ones.
    """

    name: str
    kinds: tuple[type, ...]
    largest_first: bool = True


class Sort(NamedTuple):
    """The order that is shown; `columns` are all there are, the usual one first."""

    columns: tuple[SortColumn, ...]
    column: SortColumn
    descending: bool

    @classmethod
    def parse(
        cls, args: Mapping[str, str], columns: Sequence[SortColumn]
    ) -> tuple["Sort", list[str]]:
        """The order of a query string, and a sentence for each part that could not be used."""
        complaints: list[str] = []
        by_name = {column.name: column for column in columns}
        name, order = args.get("sort", ""), args.get("order", "")
        if name and name not in by_name:
            complaints.append(not_one_of("sort", by_name, name))
        if order and order not in set(Direction):
            complaints.append(not_one_of("order", Direction, order))
            order = ""
        column = by_name.get(name, columns[0])
        descending = order == Direction.DESCENDING if order else column.largest_first
        return cls(tuple(columns), column, descending), complaints

    @property
    def query(self) -> dict[str, str]:
        """The parts of a query string that give this order again, what is usual left out."""
        parts = {} if self.column == self.columns[0] else {"sort": self.column.name}
        if self.descending != self.column.largest_first:
            parts["order"] = Direction.DESCENDING if self.descending else Direction.ASCENDING
        return parts

    def by(self, name: str) -> "Sort":
        """Ordered by a column; by the one it is ordered by already, the other way round."""
        if name == self.column.name:
            return self._replace(descending=not self.descending)
        column = next(column for column in self.columns if column.name == name)
        return self._replace(column=column, descending=column.largest_first)
