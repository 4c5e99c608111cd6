"""Failure groups, their recipes, and failures over time."""

from dataclasses import replace

from batch_dashboard.model.catalogue.fields import (
    BY_DAY_ORDER,
    BY_FILTER,
    DAY,
    ECOSYSTEM,
    ERROR_CATEGORY,
    FAILURE_GROUP_FILTER,
    FAILURE_GROUP_ID,
    FAILURE_RATE,
    MASKED_LINE,
    RECIPE_NAME,
    RECIPE_NAME_FILTER,
    RECIPES,
    RESULTS,
    Field,
    Filter,
    Kind,
    Order,
    Resource,
)
from batch_dashboard.model.failures.failure_classes import FailureClass

FAILURE_RATES = Resource(
    "failure_rates",
    "One row for each UTC day (or week, month, year) and ecosystem with a batch run.",
    BY_DAY_ORDER,
    (
        DAY,
        ECOSYSTEM,
        Field("passed", Kind.INTEGER, "Recipes that passed.", RECIPES),
        Field("failed", Kind.INTEGER, "Recipes that failed.", RECIPES),
        Field("attempts", Kind.INTEGER, "passed + failed.", RECIPES),
        FAILURE_RATE,
    ),
    (BY_FILTER,),
    key=("day", "ecosystem"),
    orders=(Order("day", largest_first=False),),
)

FAILURE_GROUPS = Resource(
    "failure_groups",
    "One row for each failure group that failed in the selected period.",
    "By id.",
    (
        Field("id", Kind.LARGE_INTEGER, "The number of the group, the same on every machine."),
        Field(
            "error_category",
            Kind.TEXT,
            "The category that clients reported for most of its results.",
            empty="none",
        ),
        MASKED_LINE,
        Field("failed", Kind.INTEGER, "Results in the period that failed for it.", RESULTS),
        Field("first_seen_at", Kind.TIME, "The time of its first failure, in any period."),
        Field("last_seen_at", Kind.TIME, "The time of its last failure, in any period."),
        Field(
            "is_new", Kind.FLAG, "1 if it was first seen today or in the 6 UTC days before today."
        ),
        Field(
            "failure_class",
            Kind.WORD,
            "What the failures are about, for those whose client did not report a class: package,"
            " infrastructure or unknown.",
            words=tuple(FailureClass),
        ),
        Field("failed_all_time", Kind.INTEGER, "All results that failed for it.", RESULTS),
        Field("sample_message", Kind.TEXT, "One complete error message.", empty="none"),
    ),
    (
        Filter("category", "only results of this error category, or (none): without one"),
        Filter(
            "failure_class",
            "only results of this class, as the client reported it or by their group",
            words=tuple(FailureClass),
        ),
        Filter(
            "text",
            "only groups whose line or category contains this text, or with a message that"
            " contains all of its words (the last one can be the beginning of a word)",
        ),
    ),
    key=("id",),
    orders=(
        Order("failed"),
        Order("first_seen_at"),
        Order("last_seen_at"),
        Order("error_category", largest_first=False),
    ),
)

FAILURE_COUNTS = Resource(
    "failure_counts",
    "One row for each UTC day (or week, month, year), ecosystem, failure group and error category"
    " with a failure.",
    BY_DAY_ORDER,
    (
        DAY,
        ECOSYSTEM,
        FAILURE_GROUP_ID,
        ERROR_CATEGORY,
        Field("failed", Kind.INTEGER, "Results that failed.", RESULTS),
    ),
    (BY_FILTER, FAILURE_GROUP_FILTER),
    key=("day", "ecosystem", "failure_group_id", "error_category"),
    orders=(Order("day", largest_first=False),),
)

FAILURE_GROUP_RECIPES = Resource(
    "failure_group_recipes",
    "One row for each recipe of a failure group that failed in the selected period, with sums of"
    " all its stored results.",
    "By ecosystem, recipe and failure group.",
    (
        ECOSYSTEM,
        RECIPE_NAME,
        FAILURE_GROUP_ID,
        ERROR_CATEGORY,
        MASKED_LINE,
        Field("failed", Kind.INTEGER, "Results of this recipe in this group.", RESULTS),
        Field("first_seen_at", Kind.TIME, "The time of the first of them."),
        Field("last_seen_at", Kind.TIME, "The time of the last of them."),
    ),
    (FAILURE_GROUP_FILTER, RECIPE_NAME_FILTER),
    key=("ecosystem", "recipe_name"),
    file_key=("ecosystem", "recipe_name", "failure_group_id"),
    orders=(
        Order("failed"),
        Order("recipe_name", largest_first=False),
        Order("first_seen_at"),
        Order("last_seen_at"),
    ),
)
# The failure groups of one recipe.
RECIPE_FAILURE_GROUPS = replace(
    FAILURE_GROUP_RECIPES,
    sentence="One row for each failure group of a recipe.",
    filters=(RECIPE_NAME_FILTER._replace(is_required=True),),
    key=("failure_group_id",),
    orders=(Order("last_seen_at"),),
    has_period=False,
)
# The recipes of one failure group.
GROUP_RECIPES = replace(
    FAILURE_GROUP_RECIPES,
    sentence="One row for each recipe of a failure group.",
    filters=(FAILURE_GROUP_FILTER,),
    has_period=False,
)
