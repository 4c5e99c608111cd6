"""Minutes, what they cost, and what they are budgeted at."""

from batch_dashboard.model.catalogue.fields import (
    BY_DAY_ORDER,
    BY_FILTER,
    DAY,
    DOLLARS,
    ECOSYSTEM,
    FAILED_SECONDS,
    RUNS,
    Field,
    Kind,
    Order,
    Resource,
)
from batch_dashboard.model.catalogue.fields import (
    MINUTES as IN_MINUTES,
)
from batch_dashboard.model.vocabulary import RUNNER_OS, RUNNER_OS_NAMES

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
