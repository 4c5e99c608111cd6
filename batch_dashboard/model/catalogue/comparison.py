"""Two batch runs compared."""

from dataclasses import replace

from batch_dashboard.model.batch_runs.comparison import LISTED, Change
from batch_dashboard.model.catalogue.batch_runs import BATCH_RUNS
from batch_dashboard.model.catalogue.fields import (
    ECOSYSTEM,
    RECIPE_NAME,
    Field,
    Filter,
    Kind,
    Order,
    Resource,
)
from batch_dashboard.model.lists.sorting import SortColumn

_BOTH_RUNS = (
    Filter(
        "before",
        "the number of the earlier batch run",
        numbers="a batch run",
        is_required=True,
    ),
    Filter(
        "after",
        "the number of the later batch run",
        numbers="a batch run",
        is_required=True,
    ),
)

COMPARISON = Resource(
    "comparison",
    "One row for each recipe whose result changed between two batch runs.",
    "By ecosystem, then by recipe.",
    (
        Field("change", Kind.WORD, f"{', '.join(LISTED[:-1])} or {LISTED[-1]}."),
        ECOSYSTEM,
        RECIPE_NAME,
        Field(
            "result_before", Kind.TEXT, "Its last result in the earlier run.", empty="not listed"
        ),
        Field("category_before", Kind.TEXT, "The error category of that result.", empty="none"),
        Field("result_after", Kind.TEXT, "Its last result in the later run.", empty="not listed"),
        Field("category_after", Kind.TEXT, "The error category of that result.", empty="none"),
        Field(
            "reason",
            Kind.TEXT,
            "The line of its failure group in the later run, otherwise in the earlier one.",
            empty="it failed in neither run, or had no message",
        ),
    ),
    (
        *_BOTH_RUNS,
        Filter(
            "change",
            "only recipes with this change; also unchanged",
            words=(*LISTED, Change.UNCHANGED),
        ),
    ),
    key=("ecosystem", "recipe_name"),
    orders=(Order("ecosystem", largest_first=False),),
    has_period=False,
)
COMPARED_RUNS = replace(
    BATCH_RUNS,
    name="compared_runs",
    sentence="One row for each of two batch runs that are compared.",
    filters=_BOTH_RUNS,
    orders=(Order("id", largest_first=False),),
    key=("id",),
    has_period=False,
)
# Compared recipes are listed by ecosystem and name only.
COMPARED_RECIPES = SortColumn("recipe_name", (str, str), largest_first=False)
