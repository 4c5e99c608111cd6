"""Sums of pruned results by recipe. Source: docs/data-model.md, "Retention"."""

from sqlalchemy import Connection

from batch_dashboard.model.administration.pruning import PrunedSums
from batch_dashboard.model.ingest.summaries import RECENT_ATTEMPTS
from batch_dashboard.store.ingest.bulk import upsert_rows
from batch_dashboard.store.recipes.recipes import KEY_COLUMNS, SUM_COLUMNS
from batch_dashboard.store.schema import pruned_recipes

_OLD = "pruned_recipes"
_JOINED = f"{_OLD}.recent_attempts || excluded.recent_attempts"
# After what was pruned before, whatever the times, because late runs are pruned late.
_APPEND = (
    *(f"{n} = {_OLD}.{n} + excluded.{n}" for n in SUM_COLUMNS[:4]),
    "failure_streak = CASE WHEN excluded.last_passed_at IS NULL"
    f" THEN {_OLD}.failure_streak + excluded.failure_streak ELSE excluded.failure_streak END",
    "failing_since = CASE WHEN excluded.last_passed_at IS NOT NULL"
    f" OR {_OLD}.failing_since IS NULL OR excluded.failing_since < {_OLD}.failing_since"
    f" THEN excluded.failing_since ELSE {_OLD}.failing_since END",
    f"recent_attempts = substr({_JOINED}, CASE WHEN length({_JOINED}) > {RECENT_ATTEMPTS}"
    f" THEN length({_JOINED}) - {RECENT_ATTEMPTS - 1} ELSE 1 END)",
    *(
        f"{name} = CASE WHEN {_OLD}.{name} IS NULL OR excluded.{name} {sign} {_OLD}.{name}"
        f" THEN excluded.{name} ELSE {_OLD}.{name} END"
        for name, sign in (
            ("first_seen_at", "<"),
            ("last_seen_at", ">"),
            ("last_passed_at", ">"),
            ("last_failed_at", ">"),
        )
    ),
)


def prune(connection: Connection, sums: PrunedSums) -> None:
    """Add the results that are being pruned after those that were pruned before."""
    upsert_rows(
        connection,
        pruned_recipes,
        (*KEY_COLUMNS, *SUM_COLUMNS),
        sorted(
            (*key, *(getattr(recipe, name) for name in SUM_COLUMNS))
            for key, recipe in sums.recipes.items()
        ),
        _APPEND,
    )
