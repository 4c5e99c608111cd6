"""Summaries of recipes, one row each, added to with every batch run."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter

from sqlalchemy import Connection, select

from batch_dashboard.model.ingest.summaries import (
    FAILED_ATTEMPT,
    ONE_PASS,
    PASSED_ATTEMPT,
    RECENT_ATTEMPTS,
    RecipeKey,
    RecipeOutcome,
)
from batch_dashboard.store.dialects import dialect_of
from batch_dashboard.store.ingest.bulk import execute_many, run_statement, upsert_rows
from batch_dashboard.store.schema import recipe_results, recipes
from batch_dashboard.store.summaries.drift import count_differences, milliseconds_sql
from batch_dashboard.store.summaries.summary import AddedRun, StoredRun

KEY_COLUMNS = ("ecosystem", "recipe_name")
SUM_COLUMNS = (
    "passed",
    "failed",
    "skipped",
    "failed_milliseconds",
    "failure_streak",
    "failing_since",
    "first_seen_at",
    "last_seen_at",
    "last_passed_at",
    "last_failed_at",
    "recent_attempts",
)
COLUMNS = (*KEY_COLUMNS, *SUM_COLUMNS)

# What depends on the order of attempts cannot be told from the summary alone: a late run fell into
# the middle of them.
RECOUNT = -1

# The attempts of a recipe that only ever passed, or only ever failed, have no order.
_ATTEMPTS = "(recipes.passed + recipes.failed + excluded.passed + excluded.failed)"
_UNIFORM = "(recipes.failed + excluded.failed = 0 OR recipes.passed + excluded.passed = 0)"
_LATE = """(excluded.recent_attempts != '' AND (excluded.last_seen_at < recipes.last_passed_at
    OR excluded.last_seen_at < recipes.last_failed_at))"""

# A run that is added is the newest at its time, so "at the same time" means "after" here.
# A run with a pass cuts off what failed before it; one without adds to a streak it belongs to.
_NEWER = "(recipes.last_passed_at IS NULL OR excluded.last_passed_at >= recipes.last_passed_at)"
_STREAK = f"""CASE
    WHEN {_LATE} AND NOT {_UNIFORM} THEN {RECOUNT}
    WHEN excluded.last_passed_at IS NULL THEN recipes.failure_streak + CASE
        WHEN recipes.last_passed_at IS NULL OR excluded.last_seen_at >= recipes.last_passed_at
        THEN excluded.failed ELSE 0 END
    WHEN NOT {_NEWER} THEN recipes.failure_streak
    WHEN recipes.failure_streak = 0 OR recipes.last_failed_at <= excluded.last_passed_at
        THEN excluded.failure_streak
    WHEN recipes.failing_since > excluded.last_passed_at
        THEN recipes.failure_streak + excluded.failure_streak
    ELSE {RECOUNT} END"""
_SINCE = f"""CASE
    WHEN excluded.last_passed_at IS NULL THEN CASE
        WHEN excluded.failed = 0 OR excluded.last_seen_at < recipes.last_passed_at
            OR recipes.failing_since < excluded.last_seen_at
        THEN recipes.failing_since ELSE excluded.last_seen_at END
    WHEN NOT {_NEWER} THEN recipes.failing_since
    WHEN recipes.failure_streak = 0 OR recipes.last_failed_at <= excluded.last_passed_at
        THEN excluded.failing_since
    WHEN excluded.failing_since IS NOT NULL THEN excluded.failing_since
    ELSE recipes.failing_since END"""
_RECENT = f"""CASE
    WHEN {_UNIFORM} THEN substr(CASE WHEN recipes.failed + excluded.failed = 0
        THEN '{PASSED_ATTEMPT * RECENT_ATTEMPTS}' ELSE '{FAILED_ATTEMPT * RECENT_ATTEMPTS}' END,
        1, CAST({_ATTEMPTS} AS INTEGER))
    ELSE substr(recipes.recent_attempts || excluded.recent_attempts, CASE
        WHEN length(recipes.recent_attempts || excluded.recent_attempts) > {RECENT_ATTEMPTS}
        THEN length(recipes.recent_attempts || excluded.recent_attempts) - {RECENT_ATTEMPTS - 1}
        ELSE 1 END) END"""
_UPDATES = (
    *(
        f"{name} = recipes.{name} + excluded.{name}"
        for name in ("passed", "failed", "skipped", "failed_milliseconds")
    ),
    f"failure_streak = {_STREAK}",
    f"failing_since = {_SINCE}",
    f"recent_attempts = {_RECENT}",
    "first_seen_at = CASE WHEN excluded.first_seen_at < recipes.first_seen_at"
    " THEN excluded.first_seen_at ELSE recipes.first_seen_at END",
    *(
        f"{name} = CASE WHEN recipes.{name} IS NULL OR excluded.{name} > recipes.{name}"
        f" THEN excluded.{name} ELSE recipes.{name} END"
        for name in ("last_seen_at", "last_passed_at", "last_failed_at")
    ),
)


# Rows of SUM_COLUMNS: one of each kept result, and one of all that were pruned.
_KEPT = """
    SELECT ecosystem, recipe_name,
        CASE WHEN result = 'passed' THEN 1 ELSE 0 END AS passed,
        CASE WHEN result = 'failed' THEN 1 ELSE 0 END AS failed,
        CASE WHEN result = 'skipped' THEN 1 ELSE 0 END AS skipped,
        CASE WHEN result = 'failed' THEN {milliseconds} ELSE 0 END AS failed_milliseconds,
        started_at AS first_seen_at,
        started_at AS last_seen_at,
        CASE WHEN result = 'passed' THEN started_at END AS last_passed_at,
        CASE WHEN result = 'failed' THEN started_at END AS last_failed_at
    FROM recipe_results {where}
"""
_PRUNED = """
    SELECT ecosystem, recipe_name, passed, failed, skipped, failed_milliseconds,
        first_seen_at, last_seen_at, last_passed_at, last_failed_at
    FROM pruned_recipes {where}
"""
_SUMS = """
    sum(passed) AS passed,
    sum(failed) AS failed,
    sum(skipped) AS skipped,
    sum(failed_milliseconds) AS failed_milliseconds,
    {recount} AS failure_streak,
    CAST(NULL AS BIGINT) AS failing_since,
    min(first_seen_at) AS first_seen_at,
    max(last_seen_at) AS last_seen_at,
    max(last_passed_at) AS last_passed_at,
    max(last_failed_at) AS last_failed_at,
    '' AS recent_attempts
"""
_SAME_RECIPE = (
    "{other}.recipe_name = {{recipe}}.recipe_name AND {other}.ecosystem = {{recipe}}.ecosystem"
)
_LAST_KEPT_PASS = f"""
    SELECT k.started_at FROM recipe_results k
    WHERE {_SAME_RECIPE.format(other="k")} AND k.result = 'passed'
    ORDER BY k.started_at DESC LIMIT 1
"""
# Failed attempts since the last pass: later in time, or at its time but behind it in order. What
# was pruned counts as older than everything kept.
_CURRENT_STREAK = f"""
    FROM (
        SELECT 1 AS failed, r.started_at AS since
        FROM recipe_results r
        WHERE {_SAME_RECIPE.format(other="r")} AND r.result = 'failed'
            AND r.started_at >= coalesce(({_LAST_KEPT_PASS}), {{recipe}}.first_seen_at)
            AND NOT EXISTS (
                SELECT 1 FROM recipe_results p
                WHERE p.recipe_name = r.recipe_name AND p.ecosystem = r.ecosystem
                    AND p.result = 'passed' AND p.started_at = ({_LAST_KEPT_PASS})
                    AND (p.started_at, p.batch_run_id, p.id) > (r.started_at, r.batch_run_id, r.id)
            )
        UNION ALL
        SELECT b.failure_streak, b.failing_since
        FROM pruned_recipes b
        WHERE {_SAME_RECIPE.format(other="b")} AND ({_LAST_KEPT_PASS}) IS NULL
    ) AS streak
"""
_STREAK_LENGTH = "CAST(coalesce(sum(streak.failed), 0) AS BIGINT)"
# Ids grow in the order runs are stored, and within a run in the order its results were sent.
_LAST_ATTEMPTS = f"""
    SELECT CASE result WHEN 'passed' THEN '{PASSED_ATTEMPT}' ELSE '{FAILED_ATTEMPT}' END AS attempt,
        started_at, id
    FROM recipe_results r
    WHERE {_SAME_RECIPE.format(other="r")} AND r.result IN ('passed', 'failed')
    ORDER BY started_at DESC, id DESC LIMIT {RECENT_ATTEMPTS}
"""
_PRUNED_ATTEMPTS = (
    f"SELECT b.recent_attempts FROM pruned_recipes b WHERE {_SAME_RECIPE.format(other='b')}"
)


def add(connection: Connection, added: AddedRun) -> None:
    """Add the outcomes of a run, or where it is not the newest one sum its recipes again."""
    if added.is_newest:
        _add_outcomes(connection, added.summary.recipes, int(added.run.started_at.timestamp()))
    else:
        _recompute(connection, list(added.summary.recipes))


@contextmanager
def removing(connection: Connection, run: StoredRun) -> Iterator[None]:
    """Sum the recipes of a run again once it is deleted."""
    keys = _fetch_of_run(connection, run.id)
    yield
    _recompute(connection, keys)


def _add_outcomes(
    connection: Connection, outcomes: Mapping[RecipeKey, RecipeOutcome], time: int
) -> None:
    """Add the outcomes of the run that was stored last; `time` is when it started."""
    # In the order of the key the rows land on neighbouring pages.
    ordered = sorted(outcomes.items(), key=itemgetter(0))
    # Most recipes of most runs passed once: only their keys differ.
    upsert_rows(
        connection,
        recipes,
        KEY_COLUMNS,
        [key for key, outcome in ordered if outcome is ONE_PASS],
        _UPDATES,
        dict(zip(SUM_COLUMNS, _sums(ONE_PASS, time), strict=True)),
    )
    upsert_rows(
        connection,
        recipes,
        COLUMNS,
        [(*key, *_sums(outcome, time)) for key, outcome in ordered if outcome is not ONE_PASS],
        _UPDATES,
    )
    _recount_streaks(connection)


def _sums(outcome: RecipeOutcome, time: int) -> tuple[int | str | None, ...]:
    """The values of SUM_COLUMNS for a recipe's first batch run."""
    return (
        outcome.passed,
        outcome.failed,
        outcome.skipped,
        outcome.failed_milliseconds,
        outcome.failed_at_end,
        time if outcome.failed_at_end else None,
        time,
        time,
        time if outcome.passed else None,
        time if outcome.failed else None,
        outcome.attempts,
    )


def _fetch_of_run(connection: Connection, batch_run_id: int) -> list[RecipeKey]:
    """The recipes one batch run has results of."""
    rows = connection.execute(
        select(recipe_results.c.ecosystem, recipe_results.c.recipe_name)
        .where(recipe_results.c.batch_run_id == batch_run_id)
        .distinct()
    )
    return [(row.ecosystem, row.recipe_name) for row in rows]


def _recompute(connection: Connection, keys: Sequence[RecipeKey]) -> None:
    """Sum these recipes again from their results; one without results is gone."""
    execute_many(connection, "DELETE FROM recipes WHERE ecosystem = ? AND recipe_name = ?", keys)
    summed = _summed(connection, "WHERE ecosystem = ? AND recipe_name = ?")
    execute_many(connection, f"INSERT INTO recipes {summed}", [(*key, *key) for key in keys])
    _recount_streaks(connection)


def rebuild(connection: Connection) -> None:
    """Sum every recipe again from its results."""
    connection.exec_driver_sql("DELETE FROM recipes")
    connection.exec_driver_sql(f"INSERT INTO recipes {_summed(connection)}")
    _recount_streaks(connection)


def count_drift(connection: Connection) -> dict[str, int]:
    """How many summary rows differ from what the results say."""
    names = ", ".join(COLUMNS)
    streak = _CURRENT_STREAK.format(recipe="summed")
    counted = {
        "failure_streak": f"(SELECT {_STREAK_LENGTH} {streak})",
        "failing_since": f"(SELECT min(streak.since) {streak})",
        "recent_attempts": _recent_attempts(connection, "summed"),
    }
    computed = ", ".join(counted.get(name, name) for name in COLUMNS)
    expected = f"SELECT {computed} FROM ({_summed(connection)}) AS summed"
    return {
        "recipes": count_differences(connection, expected, f"SELECT {names} FROM recipes"),
    }


def _summed(connection: Connection, where: str = "") -> str:
    kept = _KEPT.format(milliseconds=milliseconds_sql(connection), where=where)
    return (
        f"SELECT ecosystem, recipe_name, {_SUMS.format(recount=RECOUNT)}"
        f" FROM ({kept} UNION ALL {_PRUNED.format(where=where)}) AS parts"
        " GROUP BY ecosystem, recipe_name"
    )


def _recount_streaks(connection: Connection) -> None:
    # The first condition is what lets the partial index find the marked rows.
    run_statement(
        connection,
        f"UPDATE recipes SET recent_attempts = {_recent_attempts(connection, 'recipes')},"
        " (failure_streak, failing_since) = "
        f"(SELECT {_STREAK_LENGTH}, min(streak.since) {_CURRENT_STREAK.format(recipe='recipes')}) "
        f"WHERE failure_streak != 0 AND failure_streak = {RECOUNT}",
    )


def _recent_attempts(connection: Connection, recipe: str) -> str:
    """The last attempts of a recipe as its results say, an SQL expression."""
    dialect = dialect_of(connection)
    last = _LAST_ATTEMPTS.format(recipe=recipe)
    joined = dialect.concatenated("attempt", last, "started_at, id")
    pruned = _PRUNED_ATTEMPTS.format(recipe=recipe)
    attempts = f"(coalesce(({pruned}), '') || coalesce(({joined}), ''))"
    return dialect.last_characters(attempts, RECENT_ATTEMPTS)
