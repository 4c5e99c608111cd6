"""Recipes with the sums of their results."""

from batch_dashboard.model.catalogue.fields import (
    ECOSYSTEM,
    FAILED_SECONDS,
    FAILURE_RATE,
    RATE,
    RECIPE_NAME,
    RESULTS,
    Field,
    Filter,
    Kind,
    Order,
    Resource,
)
from batch_dashboard.model.recipes.recipes import STATES

RECIPES = Resource(
    "recipes",
    "One row for each recipe seen in the selected period, with sums of all its stored results.",
    "By ecosystem, then by name.",
    (
        ECOSYSTEM,
        RECIPE_NAME,
        Field("passed", Kind.INTEGER, "Results that passed.", RESULTS),
        Field("failed", Kind.INTEGER, "Results that failed.", RESULTS),
        Field("skipped", Kind.INTEGER, "Results that were skipped: not attempted.", RESULTS),
        Field("attempts", Kind.INTEGER, "passed + failed.", RESULTS),
        FAILURE_RATE,
        Field("failure_streak", Kind.INTEGER, "Failed attempts since the last pass.", RESULTS),
        Field("failing_since", Kind.TIME, "The time of the first of them.", empty="there is none"),
        Field(
            "flakiness",
            Kind.NUMBER,
            "Changes between passed and failed in the last 20 attempts / (attempts - 1).",
            RATE,
            empty="fewer than 5 attempts",
        ),
        FAILED_SECONDS,
        Field("first_seen_at", Kind.TIME, "The time of its first batch run."),
        Field("last_seen_at", Kind.TIME, "The time of its last batch run."),
        Field("last_passed_at", Kind.TIME, "The time of its last pass.", empty="never"),
        Field("last_failed_at", Kind.TIME, "The time of its last failure.", empty="never"),
        Field(
            "recent_attempts",
            Kind.WORD,
            "The last 20 attempts, oldest first: p is a pass, f is a failure.",
        ),
        Field(
            "last_reason",
            Kind.TEXT,
            "The line of the failure group of its last failure.",
            empty="it never failed, or had no message",
        ),
        Field(
            "state",
            Kind.WORD,
            "The worst of stuck, flaky and failing that applies.",
            empty="it is none of these",
            words=STATES,
        ),
    ),
    (
        Filter("state", "only recipes that are failing, stuck or flaky", words=STATES),
        Filter(
            "text",
            "only recipes whose name contains these words; some of the words can be in the name"
            " of the ecosystem",
        ),
    ),
    key=("ecosystem", "recipe_name"),
    orders=(
        Order("failure_streak"),
        Order("recipe_name", largest_first=False),
        Order("failure_rate"),
        Order("flakiness"),
        Order("failed"),
        Order("failed_seconds"),
        Order("last_seen_at"),
    ),
)
