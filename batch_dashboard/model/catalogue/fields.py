"""The parts of a resource: fields, filters and orders, for CSV files, the API and tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

from batch_dashboard.model.lists.periods import Step
from batch_dashboard.model.lists.sorting import SortColumn


class Kind(StrEnum):
    """The kind of a field's values."""

    INTEGER = "integer"
    LARGE_INTEGER = "large integer"  # up to 63 bits: a text in JSON, where numbers have 53
    NUMBER = "number"
    FLAG = "flag"  # true or false in JSON, 1 or 0 in CSV files
    TEXT = "text"
    WORD = "word"  # a text of the dashboard's own vocabulary, so it never needs escaping
    TIME = "time"
    DAY = "day"


PYTHON_TYPES: dict[Kind, type] = {
    Kind.INTEGER: int,
    Kind.LARGE_INTEGER: int,
    Kind.NUMBER: float,
    Kind.FLAG: bool,
    Kind.TEXT: str,
    Kind.WORD: str,
    Kind.TIME: datetime,
    Kind.DAY: date,
}
UNITS = {
    Kind.INTEGER: "number",
    Kind.LARGE_INTEGER: "number",
    Kind.FLAG: "0 or 1",
    Kind.TEXT: "text",
    Kind.WORD: "text",
    Kind.TIME: "UTC time",
    Kind.DAY: "UTC day",
}
RATE = "0 to 1"
SECONDS = "seconds"
MINUTES = "minutes"
DOLLARS = "US dollars"
RECIPES = "recipes"
RESULTS = "results"
RUNS = "runs"
JOBS = "jobs"


class Field(NamedTuple):
    """One field: its name, its kind, a sentence that describes it, and its unit.

    `empty` is what an empty cell (in JSON: null) means; None: the field always has a value. `words`
    are all the values of a field that has only a few.
    """

    name: str
    kind: Kind
    sentence: str
    unit: str = ""
    empty: str | None = None
    words: tuple[str, ...] = ()

    @property
    def unit_in_words(self) -> str:
        """The unit, or what the values are if they have none."""
        return self.unit or UNITS.get(self.kind, "")

    @property
    def description(self) -> str:
        """The sentence, and what an empty value means."""
        return self.sentence if self.empty is None else f"{self.sentence} Empty: {self.empty}."


class Filter(NamedTuple):
    """One choice among a resource's rows: its parameter, and a sentence that describes it.

    `words` are the values to choose from. `numbers` says of what the value is the number, such as
    `a batch run`. Without both, the value is a text of at most `max_length` characters, in which
    white space around a name counts. A filter that `requires` others needs one of them.
    """

    name: str
    sentence: str
    words: tuple[str, ...] = ()
    numbers: str = ""
    max_length: int = 200
    is_name: bool = False
    is_required: bool = False
    requires: tuple[str, ...] = ()

    @property
    def description(self) -> str:
        """The sentence, and which other filters it needs."""
        if self.is_required:
            return f"{self.sentence}; required"
        return (
            f"{self.sentence}; requires {' or '.join(self.requires)}"
            if self.requires
            else (self.sentence)
        )


class Order(NamedTuple):
    """A field that rows can be sorted by, and which end comes first."""

    name: str
    largest_first: bool = True


@dataclass(frozen=True)
class Resource:
    """A kind of rows that pages, CSV files and the API show under the same names.

    `order` describes the order of the CSV file. `orders` are those of tables and the API, the usual
    one first; the fields of `key` tell rows apart that are equal in an order. A resource without a
    period describes the present. `file_key` is the order of the CSV file where that is not `key`.
    """

    name: str
    sentence: str
    order: str
    fields: tuple[Field, ...]
    filters: tuple[Filter, ...] = ()
    key: tuple[str, ...] = ()
    orders: tuple[Order, ...] = ()
    file_key: tuple[str, ...] = ()
    has_period: bool = True
    has_ecosystem: bool = True

    @property
    def file_name(self) -> str:
        """The name of its CSV file."""
        return f"{self.name}.csv"

    @property
    def singular(self) -> str:
        """The name of one row: `batch run`."""
        return self.name.replace("_", " ").removesuffix("s")

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """Its fields by their names."""
        return {field.name: field for field in self.fields}

    def field_of(self, row: Sequence[Any], name: str) -> Any:
        """The value of a field in a row, None if rows have no such field."""
        field = self.by_name.get(name)
        return None if field is None else row[self.fields.index(field)]

    @property
    def is_of_choice(self) -> bool:
        """Whether it has rows only where something is chosen, such as a batch run."""
        return any(choice.is_required for choice in self.filters)

    @cached_property
    def filters_by_name(self) -> dict[str, Filter]:
        """Its filters by their names."""
        return {choice.name: choice for choice in self.filters}

    @cached_property
    def sorts(self) -> tuple[SortColumn, ...]:
        """The orders as tables use them, each with the types of the values in a cursor."""
        return tuple(map(self.sort_column, self.orders))

    def sort_column(self, order: Order) -> SortColumn:
        """One order, with the types of the values of its cursor."""
        kinds = tuple(PYTHON_TYPES[self.by_name[name].kind] for name in self.key_by(order.name))
        return SortColumn(order.name, kinds, order.largest_first)

    def key_by(self, name: str) -> tuple[str, ...]:
        """The fields of the cursor in an order by one field."""
        return self.key if self.key[0] == name else (name, *self.key)

    def fields_by(self, by: str) -> tuple[Field, ...]:
        """The fields where rows are sums of days, weeks, months or years."""
        if by == DAY.name:
            return self.fields
        return tuple(
            field._replace(name=f"{by}_start") if field.name == DAY.name else field
            for field in self.fields
        )


ECOSYSTEM = Field("ecosystem", Kind.TEXT, "The ecosystem of the recipes, such as homebrew.")
RECIPE_NAME = Field("recipe_name", Kind.TEXT, "The name of the recipe.")
STARTED_AT = Field("started_at", Kind.TIME, "The time at which the batch run started.")
ERROR_CATEGORY = Field(
    "error_category",
    Kind.TEXT,
    "The category of the failure that the client reported.",
    empty="none was reported",
)
FAILURE_GROUP_ID = Field(
    "failure_group_id", Kind.LARGE_INTEGER, "The failure group: `id` in failure_groups."
)
BATCH_RUN_ID = Field("batch_run_id", Kind.INTEGER, "The batch run: `id` in batch_runs.")
MASKED_LINE = Field(
    "masked_line",
    Kind.TEXT,
    "The line that names the cause, with its variable parts masked; an empty text if the failures"
    " had no message.",
)
FAILURE_RATE = Field(
    "failure_rate", Kind.NUMBER, "failed / attempts.", RATE, empty="nothing was attempted"
)
FAILED_SECONDS = Field(
    "failed_seconds",
    Kind.NUMBER,
    "The total duration of the failed results whose duration is known.",
    SECONDS,
    empty="no duration is known",
)
DAY = Field(
    "day",
    Kind.DAY,
    "The day on which the runs started. With by=week, `week_start`: the Monday. With by=month or"
    " by=year, `month_start` or `year_start`: the first day.",
)
FAILURE_GROUP_FILTER = Filter(
    "failure_group", "only this failure group, by its number", numbers="a failure group"
)
RECIPE_NAME_FILTER = Filter(
    "recipe_name",
    "only this recipe; `ecosystem` is then the ecosystem of the recipe",
    max_length=500,
    is_name=True,
)
# What a finding or an incident is about.
FINDING_KEY = Field(
    "finding_key",
    Kind.TEXT,
    "The key of the finding: the same in incidents and in commands, for as long as it lasts.",
)
SUBJECT_FIELDS = (
    Field("subject", Kind.TEXT, "What it concerns."),
    Field("ecosystem", Kind.TEXT, "The ecosystem it concerns.", empty="no single ecosystem"),
    Field("recipe_name", Kind.TEXT, "The recipe it concerns.", empty="no recipe"),
    Field(
        "failure_group_id",
        Kind.LARGE_INTEGER,
        "The failure group it concerns: `id` in failure_groups.",
        empty="no failure group",
    ),
)
BY_FILTER = Filter(
    "by",
    "day (the default), week, month or year: one row for each; weeks start on Monday",
    words=tuple(step.value for step in Step),
)
BY_DAY_ORDER = "Oldest first, then by ecosystem. Days without a batch run have no row."
