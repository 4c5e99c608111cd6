"""What each CSV file holds, column by column: for the exports page. Source: docs/exports.md."""

from batch_dashboard.exports.catalogue import (
    BY_DAY_ORDER,
    BY_OPTION,
    DAY,
    DAY_COLUMN,
    ECOSYSTEM,
    PLATFORM_OPTION,
    RESULT_OPTION,
    STARTED_AT,
    ExportColumn,
    ExportFile,
)
from batch_dashboard.exports.table_files import TABLE_FILES

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
                ECOSYSTEM,
                STARTED_AT,
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
                ExportColumn(
                    "run_attempt",
                    "Which attempt of the same CI run it is; empty: the client named none.",
                    "number",
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
                STARTED_AT,
                ExportColumn("recipe_name", "The recipe."),
                ExportColumn("ecosystem", "The ecosystem the result itself names."),
                ExportColumn("result", "passed, failed or skipped."),
                ExportColumn(
                    "error_category", "Why it failed, in the client's words; empty: not said."
                ),
                ExportColumn("error_message", "The whole message, line breaks kept; empty: none."),
                ExportColumn("duration_seconds", "How long it took; empty: unknown.", "seconds"),
                ExportColumn("platform", "Where it ran, such as darwin-arm64; empty: unknown."),
                ExportColumn(
                    "reason",
                    "The line of its failure group, the cause; empty: it did not fail, or came"
                    " without a message.",
                ),
            ),
            PLATFORM_OPTION
            | RESULT_OPTION
            | {
                "batch_run": "only results of this batch run, by its number",
                "recipe_name": "only results of this recipe; with ecosystem, which is then the"
                " recipe's own",
                "category": "only results of this error category; (none): without one; goes with"
                " batch_run or recipe_name",
                "text": "only results whose name, category or message holds this text; goes with"
                " batch_run or recipe_name",
            },
        ),
        ExportFile(
            "minutes.csv",
            "One row for each UTC day (week, month, year) and ecosystem with a batch run.",
            BY_DAY_ORDER,
            (
                DAY_COLUMN,
                ECOSYSTEM,
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
                    "macos_cost",
                    "Known macOS minutes, each day at its list price; empty: unknown.",
                    "US dollars",
                ),
                ExportColumn(
                    "linux_cost",
                    "Known Linux minutes, each day at its list price; empty: unknown.",
                    "US dollars",
                ),
                ExportColumn(
                    "failed_seconds",
                    "Time that failed results of known duration took; empty: no duration is known.",
                    "seconds",
                ),
            ),
            BY_OPTION,
        ),
        ExportFile(
            "failure_rates.csv",
            "One row for each UTC day (week, month, year) and ecosystem with a batch run.",
            BY_DAY_ORDER,
            (
                DAY_COLUMN,
                ECOSYSTEM,
                ExportColumn("passed", "Recipes that passed.", "recipes"),
                ExportColumn("failed", "Recipes that failed.", "recipes"),
                ExportColumn("attempts", "passed + failed.", "recipes"),
                ExportColumn(
                    "failure_rate", "failed / attempts; empty: nothing was attempted.", "0 to 1"
                ),
            ),
            BY_OPTION,
        ),
        ExportFile(
            "failure_groups.csv",
            "One row for each failure group that failed in the period chosen.",
            "By id.",
            (
                ExportColumn("id", "The group's number, the same on every machine.", "number"),
                ExportColumn(
                    "error_category",
                    "The category that clients gave most of its results; empty: none.",
                ),
                ExportColumn(
                    "masked_line",
                    "The line that names the cause, what differs masked; empty: no message.",
                ),
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
                "category": "only results under this error category; (none): without one",
                "text": "only groups whose line or category holds this text, or one of whose"
                " messages has all of its words (the last one may be the beginning of a word)",
            },
        ),
        ExportFile(
            "recipes.csv",
            "One row for each recipe seen in the period chosen, with sums of all stored results.",
            "By ecosystem, then by name.",
            (
                ECOSYSTEM,
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
                ExportColumn(
                    "last_reason",
                    "The line of the failure group it was in last; empty: it never failed, or came"
                    " without a message.",
                ),
            ),
            {
                "state": "only recipes that are failing, stuck or flaky",
                "text": "only recipes whose name holds these words; some may be of the ecosystem",
            },
        ),
        *TABLE_FILES,
    )
}


def columns_of(name: str, by: str = DAY) -> tuple[str, ...]:
    """The header of a file."""
    return tuple(
        f"{by}_start" if by != DAY and column.name == DAY else column.name
        for column in FILES[name].columns
    )
