"""Minutes, what they cost, and what they are budgeted at."""

from batch_dashboard.model.batch_runs.vocabulary import (
    JOB_RUNNER_OS_NAMES,
    RUNNER_OS,
    RUNNER_OS_NAMES,
)
from batch_dashboard.model.catalogue.fields import (
    BY_DAY_ORDER,
    BY_FILTER,
    DAY,
    DOLLARS,
    ECOSYSTEM,
    FAILED_SECONDS,
    JOBS,
    RUNS,
    SECONDS,
    Field,
    Kind,
    Order,
    Resource,
)
from batch_dashboard.model.catalogue.fields import (
    MINUTES as IN_MINUTES,
)
from batch_dashboard.model.spending.budget import BudgetState

# Sums of known minutes, of runs without any, and of their price: one way in every resource.
MINUTES_FIELDS = (
    *(
        Field(
            f"{runner_os}_minutes",
            Kind.NUMBER,
            f"The sum of the known {RUNNER_OS_NAMES[runner_os]} minutes.",
            IN_MINUTES,
            "no run reported any",
        )
        for runner_os in RUNNER_OS
    ),
    *(
        Field(
            f"{runner_os}_unknown_runs",
            Kind.INTEGER,
            f"Runs that reported no {RUNNER_OS_NAMES[runner_os]} minutes.",
            RUNS,
        )
        for runner_os in RUNNER_OS
    ),
    *(
        Field(
            f"{runner_os}_cost",
            Kind.NUMBER,
            f"The cost of the known {RUNNER_OS_NAMES[runner_os]} minutes, each day at its list"
            " price.",
            DOLLARS,
            "unknown",
        )
        for runner_os in RUNNER_OS
    ),
    FAILED_SECONDS,
)

SPENT_MINUTES = Resource(
    "minutes",
    "One row for each UTC day (or week, month, year) and ecosystem with a batch run.",
    BY_DAY_ORDER,
    (
        DAY,
        ECOSYSTEM,
        Field("runs", Kind.INTEGER, "Batch runs that started then.", RUNS),
        *MINUTES_FIELDS,
    ),
    (BY_FILTER,),
    key=("day", "ecosystem"),
    orders=(Order("day", largest_first=False),),
)

# A table of the minutes page. Its file is that of the ecosystems.
ECOSYSTEM_SPENDING = Resource(
    "ecosystem_spending",
    "One row for each ecosystem with a batch run in the selected period.",
    "The most expensive first.",
    (
        ECOSYSTEM,
        Field("runs", Kind.INTEGER, "Batch runs of the period.", RUNS),
        *MINUTES_FIELDS,
        Field(
            "cost", Kind.NUMBER, "The cost of the known minutes, at list price.", DOLLARS, "unknown"
        ),
        Field(
            "minutes_per_run",
            Kind.NUMBER,
            "The mean of the runs that reported macOS minutes, plus that of the runs that reported"
            " Linux minutes.",
            IN_MINUTES,
            "no run reported any",
        ),
    ),
    key=("ecosystem",),
    orders=(
        Order("cost"),
        Order("ecosystem", largest_first=False),
        Order("runs"),
        *(Order(f"{runner_os}_minutes") for runner_os in RUNNER_OS),
        Order("minutes_per_run"),
        Order("failed_seconds"),
        *(Order(f"{runner_os}_unknown_runs") for runner_os in RUNNER_OS),
    ),
)

_JOB_RUNNER_OS = Field(
    "runner_os",
    Kind.WORD,
    "The operating system of the runners.",
    words=tuple(JOB_RUNNER_OS_NAMES),
)
_NOT_ENDED = "no job had ended"
_NO_PRICE = "no job had ended, or this operating system has no list price"

JOB_MINUTES = Resource(
    "job_minutes",
    "One row for each UTC day (or week, month, year), ecosystem and runner operating system with"
    " CI jobs.",
    "Oldest first, then by ecosystem, then by runner operating system.",
    (
        DAY,
        ECOSYSTEM,
        _JOB_RUNNER_OS,
        Field("jobs", Kind.INTEGER, "CI jobs of the batch runs that started then.", JOBS),
        Field("unended_jobs", Kind.INTEGER, "Jobs that had not ended.", JOBS),
        Field(
            "measured_minutes",
            Kind.NUMBER,
            "The durations of the ended jobs added up.",
            IN_MINUTES,
            _NOT_ENDED,
        ),
        Field(
            "billed_minutes",
            Kind.INTEGER,
            "The same with each job rounded up to a whole minute.",
            IN_MINUTES,
            _NOT_ENDED,
        ),
        Field(
            "measured_cost",
            Kind.NUMBER,
            "The cost of the measured minutes, each day at its list price.",
            DOLLARS,
            _NO_PRICE,
        ),
        Field(
            "billed_cost",
            Kind.NUMBER,
            "The cost of the billed minutes, each day at its list price.",
            DOLLARS,
            _NO_PRICE,
        ),
    ),
    (BY_FILTER,),
    key=("day", "ecosystem", "runner_os"),
    orders=(Order("day", largest_first=False),),
)

QUEUE_WAITS = Resource(
    "queue_waits",
    "One row for each UTC day (or week, month, year) and runner operating system with CI jobs whose"
    " wait for a runner is known. All ecosystems are counted together, unless one is chosen.",
    "Oldest first, then by runner operating system.",
    (
        DAY,
        _JOB_RUNNER_OS,
        Field("jobs", Kind.INTEGER, "CI jobs whose wait is known.", JOBS),
        Field(
            "median_seconds",
            Kind.INTEGER,
            "Half of the jobs waited no longer. From 16 seconds on, at most 6.25 % off.",
            SECONDS,
        ),
        Field(
            "p90_seconds",
            Kind.INTEGER,
            "Nine of ten jobs waited no longer. From 16 seconds on, at most 6.25 % off.",
            SECONDS,
        ),
        Field(
            "limit_seconds",
            Kind.INTEGER,
            "The longest acceptable p90, as it is set now.",
            SECONDS,
            "no limit is set",
        ),
    ),
    (BY_FILTER,),
    key=("day", "runner_os"),
    orders=(Order("day", largest_first=False),),
)

BUDGETS = Resource(
    "budgets",
    "One row for each runner operating system: its minutes of this UTC week against the budget,"
    " over all ecosystems.",
    "By runner operating system.",
    (
        Field("runner_os", Kind.WORD, "macos or linux.", words=RUNNER_OS),
        Field("week_start", Kind.DAY, "The Monday of this week."),
        Field("budget_minutes", Kind.NUMBER, "The budget of the week.", IN_MINUTES),
        Field(
            "used_minutes",
            Kind.NUMBER,
            "Known minutes of this week.",
            IN_MINUTES,
            "unknown",
        ),
        Field("used_share", Kind.NUMBER, "Known minutes / budget_minutes.", "1: all of it"),
        Field(
            "state",
            Kind.WORD,
            "The advice to CI: ok, sample (from 80 % on) or pause (from 95 % on).",
            words=tuple(BudgetState),
        ),
        Field("runs", Kind.INTEGER, "Batch runs of this week.", RUNS),
        Field("unknown_runs", Kind.INTEGER, "Batch runs that reported no minutes.", RUNS),
        Field(
            "daily_minutes",
            Kind.NUMBER,
            "The mean daily use of the last 28 days.",
            IN_MINUTES,
        ),
        Field(
            "forecast_minutes",
            Kind.NUMBER,
            "The forecast for the end of the week.",
            IN_MINUTES,
            "there is none",
        ),
        Field(
            "runs_out_on",
            Kind.DAY,
            "The day on which the budget was used up, or will be at this pace.",
            empty="not within this week",
        ),
        Field(
            "cost",
            Kind.NUMBER,
            "The cost of the known minutes, each day at its list price.",
            DOLLARS,
            "unknown",
        ),
    ),
    key=("runner_os",),
    orders=(Order("runner_os", largest_first=False),),
    has_period=False,
    has_ecosystem=False,
)

BUDGET_CHANGES = Resource(
    "budget_changes",
    "One row for each change of a weekly budget.",
    "By runner operating system, oldest first.",
    (
        Field("runner_os", Kind.WORD, "macos or linux.", words=RUNNER_OS),
        Field(
            "since",
            Kind.DAY,
            "The Monday of the first week with this budget.",
            empty="it applies to all weeks before the next row",
        ),
        Field("budget_minutes", Kind.NUMBER, "The budget of a week.", IN_MINUTES),
    ),
    key=("runner_os", "since"),
    orders=(Order("runner_os", largest_first=False),),
    has_period=False,
    has_ecosystem=False,
)

BURN_UP = Resource(
    "burn_up",
    "One row for each day of this UTC week and runner operating system, over all ecosystems.",
    "By runner operating system, then by day.",
    (
        Field("runner_os", Kind.WORD, "macos or linux.", words=RUNNER_OS),
        Field("day", Kind.DAY, "The day."),
        Field("runs", Kind.INTEGER, "Batch runs of this day.", RUNS, "it is still to come"),
        Field(
            "unknown_runs",
            Kind.INTEGER,
            "Batch runs of this day that reported no minutes.",
            RUNS,
            "it is still to come",
        ),
        Field(
            "minutes", Kind.NUMBER, "Known minutes of this day.", IN_MINUTES, "unknown or to come"
        ),
        Field(
            "used_minutes",
            Kind.NUMBER,
            "Known minutes from Monday up to and including this day.",
            IN_MINUTES,
            "unknown or to come",
        ),
        Field(
            "forecast_minutes",
            Kind.NUMBER,
            "The forecast for the end of this day.",
            IN_MINUTES,
            "there is none",
        ),
        Field("budget_minutes", Kind.NUMBER, "The budget of the week.", IN_MINUTES),
    ),
    key=("runner_os", "day"),
    orders=(Order("runner_os", largest_first=False),),
    has_period=False,
    has_ecosystem=False,
)

PRICES = Resource(
    "prices",
    "One row for each change of the list prices.",
    "Oldest first.",
    (
        Field(
            "since",
            Kind.DAY,
            "The first day of these prices.",
            empty="they apply to all days before the next row",
        ),
        *(
            Field(
                runner_os,
                Kind.NUMBER,
                f"The price of one {RUNNER_OS_NAMES[runner_os]} minute.",
                DOLLARS,
            )
            for runner_os in RUNNER_OS
        ),
    ),
    key=("since",),
    orders=(Order("since", largest_first=False),),
    has_period=False,
    has_ecosystem=False,
)
