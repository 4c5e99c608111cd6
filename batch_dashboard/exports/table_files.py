"""The CSV files of single tables of pages: states, incidents, comparisons, what a group touched."""

from batch_dashboard.exports.catalogue import (
    BY_DAY_ORDER,
    BY_OPTION,
    DAY_COLUMN,
    ECOSYSTEM,
    ExportColumn,
    ExportFile,
)

_GROUP_OPTION = {"failure_group": "only this failure group, by its number"}
_RECIPE_OPTION = {"recipe_name": "only this recipe; with ecosystem, which is then the recipe's own"}
_GROUP = ExportColumn("failure_group_id", "The failure group's id in failure_groups.csv.", "number")
_CATEGORY = ExportColumn(
    "error_category", "Why it failed, in the client's words; empty: not reported."
)

ECOSYSTEMS = ExportFile(
    "ecosystems.csv",
    "One row for each ecosystem: sums of the period chosen, and its state now.",
    "By ecosystem.",
    (
        ECOSYSTEM,
        ExportColumn("state", "The state of its pipeline now, such as silent, failing or met."),
        ExportColumn("severity", "critical, warning or notice; empty: it needs no attention."),
        ExportColumn("state_since", "Since when it is in that state.", "UTC time"),
        ExportColumn("sentence", "Why."),
        ExportColumn("last_run_at", "When its last batch run started.", "UTC time"),
        ExportColumn(
            "last_passed_at", "The last run in which a recipe passed; empty: never.", "UTC time"
        ),
        ExportColumn(
            "runs_since_pass", "Batch runs since then; all of them where none passed.", "runs"
        ),
        ExportColumn("target", "The success rate to reach; empty: no target.", "0 to 1"),
        ExportColumn("runs", "Batch runs of the period.", "runs"),
        ExportColumn("passed", "Recipes that passed in the period.", "recipes"),
        ExportColumn("failed", "Recipes that failed in the period.", "recipes"),
        ExportColumn("skipped", "Recipes that were skipped: no attempt.", "recipes"),
        ExportColumn(
            "success_rate", "passed / (passed + failed); empty: nothing was attempted.", "0 to 1"
        ),
        ExportColumn("success_rate_low", "Where its 95 % Wilson interval begins.", "0 to 1"),
        ExportColumn("success_rate_high", "Where it ends.", "0 to 1"),
        ExportColumn(
            "macos_minutes", "Known macOS minutes; empty: no run reported any.", "minutes"
        ),
        ExportColumn(
            "linux_minutes", "Known Linux minutes; empty: no run reported any.", "minutes"
        ),
        ExportColumn("macos_unknown_runs", "Runs that reported no macOS minutes.", "runs"),
        ExportColumn("linux_unknown_runs", "Runs that reported no Linux minutes.", "runs"),
        ExportColumn(
            "macos_cost", "Known macOS minutes at list price; empty: unknown.", "US dollars"
        ),
        ExportColumn(
            "linux_cost", "Known Linux minutes at list price; empty: unknown.", "US dollars"
        ),
        ExportColumn(
            "failed_seconds",
            "Time that failed results of known duration took; empty: no duration is known.",
            "seconds",
        ),
    ),
    {},
)
FAILURE_COUNTS = ExportFile(
    "failure_counts.csv",
    "One row for each UTC day (week, month, year), ecosystem, failure group and category that"
    " failed.",
    BY_DAY_ORDER,
    (
        DAY_COLUMN,
        ExportColumn("ecosystem", "The ecosystem of the recipes that failed."),
        _GROUP,
        _CATEGORY,
        ExportColumn("failed", "Results that failed so.", "results"),
    ),
    BY_OPTION | _GROUP_OPTION,
)
FAILURE_GROUP_RECIPES = ExportFile(
    "failure_group_recipes.csv",
    "One row for each failure group and recipe seen together in the period chosen, with sums of all"
    " stored results.",
    "By ecosystem, recipe and failure group.",
    (
        ECOSYSTEM,
        ExportColumn("recipe_name", "The recipe."),
        _GROUP,
        _CATEGORY,
        ExportColumn("masked_line", "What the group's messages have in common; empty: no message."),
        ExportColumn("failed", "Results of this recipe that failed so.", "results"),
        ExportColumn("first_seen_at", "The first of them.", "UTC time"),
        ExportColumn("last_seen_at", "The last of them.", "UTC time"),
    ),
    _GROUP_OPTION | _RECIPE_OPTION,
)
COMPARISON = ExportFile(
    "comparison.csv",
    "One row for each recipe that changed between two batch runs.",
    "By ecosystem, then by recipe.",
    (
        ExportColumn("change", "newly failing, fixed, still failing, new or gone."),
        ECOSYSTEM,
        ExportColumn("recipe_name", "The recipe."),
        ExportColumn("result_before", "Its last result in the earlier run; empty: not listed."),
        ExportColumn("category_before", "The error category of that result; empty: none."),
        ExportColumn("result_after", "Its last result in the later run; empty: not listed."),
        ExportColumn("category_after", "The error category of that result; empty: none."),
        ExportColumn(
            "reason",
            "The line of the failure group in the later run, else in the earlier one; empty: it"
            " failed in neither, or came without a message.",
        ),
    ),
    {
        "before": "the number of the earlier batch run; it must be given",
        "after": "the number of the later one; it must be given",
        "change": "only recipes that changed so; also unchanged",
    },
    has_period=False,
)
INCIDENTS = ExportFile(
    "incidents.csv",
    "One row for each incident opened in the period chosen.",
    "In the order they were opened.",
    (
        ExportColumn("id", "The incident's number here.", "number"),
        ExportColumn("kind", "What it is, in a word or two, such as stuck."),
        ExportColumn("severity", "The worst it had: critical, warning or notice."),
        ExportColumn("subject", "What it is about."),
        ExportColumn("ecosystem", "The ecosystem it is about; empty: it is not about one."),
        ExportColumn("recipe_name", "The recipe it is about; empty: it is not about one."),
        ExportColumn("failure_group_id", "The failure group it is about; empty: none.", "number"),
        ExportColumn("since", "When the trouble began.", "UTC time"),
        ExportColumn("opened_at", "When it was found.", "UTC time"),
        ExportColumn("opening_sentence", "What was found then; goes on from the subject."),
        ExportColumn("last_sentence", "How it was when it was last seen."),
        ExportColumn("gone_since", "Since when it is gone; empty: it is there.", "UTC time"),
        ExportColumn("closed_at", "When it was closed; empty: it is open.", "UTC time"),
    ),
    {"state": "only incidents that are open or closed"},
)
CIRCUIT_BREAKERS = ExportFile(
    "circuit_breakers.csv",
    "One row for each batch run of the period that opened, reopened or closed the circuit breaker"
    " of its ecosystem.",
    "By ecosystem, oldest first.",
    (
        ECOSYSTEM,
        ExportColumn("at", "When it changed: the end of the run.", "UTC time"),
        ExportColumn("state", "What it became: open or closed."),
        ExportColumn("reason", "Why: rate, no pass or probe."),
        ExportColumn("batch_run_id", "The batch run's id in batch_runs.csv.", "number"),
        ExportColumn("started_at", "When that run started.", "UTC time"),
    ),
    {},
)
ERROR_BUDGETS = ExportFile(
    "error_budgets.csv",
    "One row for each ecosystem with a target and each of the last 28 UTC days.",
    "By ecosystem, oldest first.",
    (
        ECOSYSTEM,
        ExportColumn("day", "The last of the 28 days looked at.", "UTC day"),
        ExportColumn("attempts", "Attempts in the 28 days that end with this one.", "recipes"),
        ExportColumn("failed", "Those that failed.", "recipes"),
        ExportColumn("target", "The success rate to reach.", "0 to 1"),
        ExportColumn(
            "used_share",
            "Failed over what the target allows; empty: nothing was attempted.",
            "1: all of it",
        ),
    ),
    {},
    has_period=False,
)
BURN_UP = ExportFile(
    "burn_up.csv",
    "One row for each day of this UTC week and runner operating system, all ecosystems together.",
    "By runner operating system, then by day.",
    (
        ExportColumn("runner_os", "macos or linux."),
        ExportColumn("day", "The day.", "UTC day"),
        ExportColumn("runs", "Batch runs of this day; empty: it is still to come.", "runs"),
        ExportColumn("unknown_runs", "Those that reported no minutes.", "runs"),
        ExportColumn("minutes", "Known minutes of this day; empty: unknown or to come.", "minutes"),
        ExportColumn("used_minutes", "The same from Monday up to this day.", "minutes"),
        ExportColumn(
            "forecast_minutes", "The forecast for the end of this day; empty: none.", "minutes"
        ),
        ExportColumn("budget_minutes", "The budget of the week.", "minutes"),
    ),
    {},
    has_period=False,
)
PRICES = ExportFile(
    "prices.csv",
    "One row for each time from which other list prices hold.",
    "Oldest first.",
    (
        ExportColumn("since", "The first day; empty: all days before the next row.", "UTC day"),
        ExportColumn("macos", "A minute of macOS.", "US dollars"),
        ExportColumn("linux", "A minute of Linux.", "US dollars"),
    ),
    {},
    has_period=False,
)

TABLE_FILES = (
    ECOSYSTEMS,
    FAILURE_COUNTS,
    FAILURE_GROUP_RECIPES,
    COMPARISON,
    INCIDENTS,
    CIRCUIT_BREAKERS,
    ERROR_BUDGETS,
    BURN_UP,
    PRICES,
)
