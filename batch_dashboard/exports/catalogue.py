"""What a CSV file is made of, and what several of them have in common."""

from typing import NamedTuple

DAY = "day"


class ExportColumn(NamedTuple):
    """A column, what it says, and its unit (empty: a name or a text)."""

    name: str
    sentence: str
    unit: str = ""


class ExportFile(NamedTuple):
    """A file, what one row of it is, how rows are ordered, its columns, and its own options.

    A file without a period is of now: it takes no period of the address.
    """

    name: str
    sentence: str
    order: str
    columns: tuple[ExportColumn, ...]
    options: dict[str, str]
    has_period: bool = True


ECOSYSTEM = ExportColumn("ecosystem", "Where the recipes come from, such as homebrew.")
STARTED_AT = ExportColumn("started_at", "When the batch run started.", "UTC time")
DAY_COLUMN = ExportColumn(
    DAY,
    "The day the runs started; by=week: the Monday, as week_start; by=month or year: the first day,"
    " as month_start or year_start.",
    "UTC day",
)
PLATFORM_OPTION = {"platform": "only results of this platform"}
RESULT_OPTION = {"result": "only results that are passed, failed or skipped"}
BY_OPTION = {
    "by": "day (as it is), week, month or year: sums of the days chosen, weeks from Monday"
}
BY_DAY_ORDER = "Oldest first, then by ecosystem; days without a run have no row."
