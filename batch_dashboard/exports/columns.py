"""What each CSV file holds, column by column: for the exports page. Source: docs/exports.md."""

from typing import NamedTuple

DAY = "day"


class ExportColumn(NamedTuple):
    """A column, what it says, and its unit (empty: a name or a text)."""

    name: str
    sentence: str
    unit: str = ""


class ExportFile(NamedTuple):
    """A file, what one row of it is, how rows are ordered, its columns, and its own options."""

    name: str
    sentence: str
    order: str
    columns: tuple[ExportColumn, ...]
    options: dict[str, str]


_ECOSYSTEM = ExportColumn("ecosystem", "Where the recipes come from, such as homebrew.")
_STARTED_AT = ExportColumn("started_at", "When the batch run started.", "UTC time")
_DAY = ExportColumn(
    DAY,
    "The day the runs started; by=week: the Monday, as week_start; by=month or year: the first day,"
    " as month_start or year_start.",
    "UTC day",
)
_PLATFORM_OPTION = {"platform": "only results of this platform"}
_RESULT_OPTION = {"result": "only results that are passed, failed or skipped"}
_BY_OPTION = {
    "by": "day (as it is), week, month or year: sums of the days chosen, weeks from Monday"
}
_BY_DAY_ORDER = "Oldest first, then by ecosystem; days without a run have no row."

FILES = {
    file.name: file
    for file in (
        ExportFile(
            "batch_runs.csv",
            "One row for each batch run.",
            "In the order they were stored (id).",
            (
                ExportColumn("id", "The batch run's number here.", "number"),
                ExportColumn("batch_id", "The client's own name; several runs may share one."),
                _ECOSYSTEM,
                _STARTED_AT,
                ExportColumn(
                    "completed_at", "When it ended; empty: the client did not say.", "UTC time"
                ),
                ExportColumn("total_recipes", "Recipes it was about.", "recipes"),
                ExportColumn("passed", "Recipes that passed.", "recipes"),
                ExportColumn("failed", "Recipes that failed.", "recipes"),
                ExportColumn("skipped", "Recipes that were skipped: no attempt.", "recipes"),
                ExportColumn(
                    "success_rate",
                    "passed / (passed + failed); empty: nothing was attempted.",
                    "0 to 1",
                ),
                ExportColumn("macos_minutes", "macOS minutes; empty: unknown, not 0.", "minutes"),
                ExportColumn("linux_minutes", "Linux minutes; empty: unknown, not 0.", "minutes"),
                ExportColumn("run_url", "Where the client says to look; empty: it did not say."),
                ExportColumn("commit_sha", "The commit the client names; empty: it named none."),
                ExportColumn("stored_at", "When it was stored here.", "UTC time"),
                ExportColumn(
                    "result_count",
                    "Recipe results received with it: can be fewer than it counts.",
                    "results",
                ),
            ),
            {"text": "only runs whose batch_id or commit_sha holds this text"},
        ),
        ExportFile(
            "recipe_results.csv",
            "One row for each recipe result of the batch runs chosen.",
            "By batch run (batch_run_id), then in the order they were stored (id).",
            (
                ExportColumn("id", "The result's number here.", "number"),
                ExportColumn("batch_run_id", "The batch run's id in batch_runs.csv.", "number"),
                ExportColumn("batch_id", "The client's own name of that batch run."),
                _STARTED_AT,
                ExportColumn("recipe_name", "The recipe."),
                ExportColumn("ecosystem", "The ecosystem the result itself names."),
                ExportColumn("result", "passed, failed or skipped."),
                ExportColumn(
                    "error_category", "Why it failed, in the client's words; empty: not said."
                ),
                ExportColumn("error_message", "The whole message, line breaks kept; empty: none."),
                ExportColumn("duration_seconds", "How long it took; empty: unknown.", "seconds"),
                ExportColumn("platform", "Where it ran, such as darwin-arm64; empty: unknown."),
            ),
            _PLATFORM_OPTION | _RESULT_OPTION,
        ),
        ExportFile(
            "minutes.csv",
            "One row for each UTC day (week, month, year) and ecosystem with a batch run.",
            _BY_DAY_ORDER,
            (
                _DAY,
                _ECOSYSTEM,
                ExportColumn("runs", "Batch runs that started then.", "runs"),
                ExportColumn(
                    "macos_minutes",
                    "Sum of the known macOS minutes; empty: no run reported any.",
                    "minutes",
                ),
                ExportColumn(
                    "linux_minutes",
                    "Sum of the known Linux minutes; empty: no run reported any.",
                    "minutes",
                ),
                ExportColumn("macos_unknown_runs", "Runs that reported no macOS minutes.", "runs"),
                ExportColumn("linux_unknown_runs", "Runs that reported no Linux minutes.", "runs"),
                ExportColumn(
                    "failed_seconds",
                    "Time that failed results of known duration took; empty: no duration is known.",
                    "seconds",
                ),
            ),
            _BY_OPTION,
        ),
        ExportFile(
            "failure_rates.csv",
            "One row for each UTC day (week, month, year) and ecosystem with a batch run.",
            _BY_DAY_ORDER,
            (
                _DAY,
                _ECOSYSTEM,
                ExportColumn("passed", "Recipes that passed.", "recipes"),
                ExportColumn("failed", "Recipes that failed.", "recipes"),
                ExportColumn("attempts", "passed + failed.", "recipes"),
                ExportColumn(
                    "failure_rate", "failed / attempts; empty: nothing was attempted.", "0 to 1"
                ),
            ),
            _BY_OPTION,
        ),
        ExportFile(
            "failure_groups.csv",
            "One row for each failure group that failed in the period chosen.",
            "By id.",
            (
                ExportColumn("id", "The group's number, the same on every machine.", "number"),
                ExportColumn(
                    "error_category", "Why it failed, in the client's words; empty: not said."
                ),
                ExportColumn("masked_line", "What its messages have in common; empty: no message."),
                ExportColumn("failed", "Results that failed so in the period.", "results"),
                ExportColumn("first_seen_at", "The first time of all.", "UTC time"),
                ExportColumn("last_seen_at", "The last time of all.", "UTC time"),
                ExportColumn(
                    "is_new",
                    "1: first seen today or in the six UTC days before it; else 0.",
                    "0 or 1",
                ),
                ExportColumn("failed_all_time", "Results that ever failed so.", "results"),
                ExportColumn("sample_message", "One whole message; empty: none."),
            ),
            {
                "category": "only groups of this error category; (none): without one",
                "text": "only groups whose line or category holds this text",
            },
        ),
        ExportFile(
            "recipes.csv",
            "One row for each recipe seen in the period chosen, with sums of all stored results.",
            "By ecosystem, then by name.",
            (
                _ECOSYSTEM,
                ExportColumn("recipe_name", "The recipe."),
                ExportColumn("passed", "Results that passed.", "results"),
                ExportColumn("failed", "Results that failed.", "results"),
                ExportColumn("skipped", "Results that were skipped: no attempt.", "results"),
                ExportColumn("attempts", "passed + failed.", "results"),
                ExportColumn(
                    "failure_rate", "failed / attempts; empty: nothing was attempted.", "0 to 1"
                ),
                ExportColumn("failure_streak", "Failed attempts since the last pass.", "results"),
                ExportColumn("failing_since", "The first of them; empty: none.", "UTC time"),
                ExportColumn(
                    "flakiness",
                    "Changes among the last 20 attempts over those there could be; empty: fewer"
                    " than 5 attempts.",
                    "0 to 1",
                ),
                ExportColumn(
                    "failed_seconds",
                    "Time that failed results of known duration took; empty: no duration is known.",
                    "seconds",
                ),
                ExportColumn("first_seen_at", "Its first batch run.", "UTC time"),
                ExportColumn("last_seen_at", "Its last batch run.", "UTC time"),
                ExportColumn("last_passed_at", "Its last pass; empty: never.", "UTC time"),
                ExportColumn("last_failed_at", "Its last failure; empty: never.", "UTC time"),
                ExportColumn(
                    "recent_attempts", "The last 20 attempts, oldest first: p passed, f failed."
                ),
            ),
            {
                "state": "only recipes that are failing, stuck or flaky",
                "text": "only recipes whose name holds these words; some may be of the ecosystem",
            },
        ),
    )
}


def columns_of(name: str, by: str = DAY) -> tuple[str, ...]:
    """The header of a file."""
    return tuple(
        f"{by}_start" if by != DAY and column.name == DAY else column.name
        for column in FILES[name].columns
    )
