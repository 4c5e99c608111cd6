"""What the plan left out, and what became of it."""

from batch_dashboard.model.catalogue.fields import (
    BY_FILTER,
    DAY,
    DOLLARS,
    ECOSYSTEM,
    MINUTES,
    SECONDS,
    Field,
    Kind,
    Order,
    Resource,
)

_ATTEMPTS = "attempts"

LEDGER = Resource(
    "ledger",
    "One row for each UTC day (or week, month, year) and ecosystem for which CI requested a plan,"
    " or with an outcome of one.",
    "Oldest first, then by ecosystem.",
    (
        DAY,
        ECOSYSTEM,
        Field("requests", Kind.INTEGER, "Plans that CI requested.", "requests"),
        Field("advised", Kind.INTEGER, "Recipes that these plans advised to run.", "recipes"),
        Field("left_out", Kind.INTEGER, "Attempts that they advised to skip.", _ATTEMPTS),
        Field(
            "not_followed",
            Kind.INTEGER,
            "Attempts of the runs that started then which the plan had left out.",
            _ATTEMPTS,
        ),
        Field("avoided", Kind.INTEGER, "left_out − not_followed.", _ATTEMPTS),
        Field(
            "avoided_minutes",
            Kind.NUMBER,
            "The avoided attempts by the median duration of each recipe.",
            MINUTES,
            "no duration is known",
        ),
        Field(
            "unknown_durations", Kind.INTEGER, "Avoided attempts of unknown duration.", _ATTEMPTS
        ),
        Field(
            "avoided_cost",
            Kind.NUMBER,
            "The cost of the avoided minutes, each day at its list price.",
            DOLLARS,
            "no cost is known",
        ),
        Field(
            "unknown_costs",
            Kind.INTEGER,
            "Avoided attempts of unknown duration or operating system.",
            _ATTEMPTS,
        ),
        Field(
            "late_passes",
            Kind.INTEGER,
            "Passes of recipes that had been left out since their last failure.",
            "results",
        ),
        Field(
            "max_delay_seconds",
            Kind.INTEGER,
            "The longest time since such a recipe was first left out.",
            SECONDS,
        ),
    ),
    (BY_FILTER,),
    key=("day", "ecosystem"),
    orders=(Order("day", largest_first=False),),
)
