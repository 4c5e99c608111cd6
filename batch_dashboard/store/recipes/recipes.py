"""Summaries of recipes, one row each, added to with every batch run."""

from collections import defaultdict
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
from batch_dashboard.store.recipes.recipe_updates import RECOUNT, UPDATES
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

# Rows of SUM_COLUMNS: one for each stored result, and one for all pruned results.
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
# Ids increase in the order in which runs are stored, and within a run in the order of its results.
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
    """Add the results of a run; if it is not the newest, compute its recipes from all results."""
    if added.is_newest:
        _add_outcomes(connection, added.summary.recipes, int(added.run.started_at.timestamp()))
    else:
        _recompute(connection, list(added.summary.recipes))


@contextmanager
def removing(connection: Connection, run: StoredRun) -> Iterator[None]:
    """Compute the recipes of a run again after it is deleted."""
    keys = _fetch_of_run(connection, run.id)
    yield
    _recompute(connection, keys)


def _add_outcomes(
    connection: Connection, outcomes: Mapping[RecipeKey, RecipeOutcome], time: int
) -> None:
    """Add the results of the newest run; `time` is its start."""
    # Sorted by key, so that the rows are on neighbouring pages. Most recipes of most runs passed
    # once, all in one ecosystem, so only their names differ.
    passed_once: dict[str, list[str]] = defaultdict(list)
    others: list[tuple[int | str | None, ...]] = []
    for key, outcome in outcomes.items():
        if outcome is ONE_PASS:
            passed_once[key[0]].append(key[1])
        else:
            others.append((*key, *_sums(outcome, time)))
    sums = dict(zip(SUM_COLUMNS, _sums(ONE_PASS, time), strict=True))
    for ecosystem, names in sorted(passed_once.items()):
        names.sort()
        constants = {"ecosystem": ecosystem, **sums}
        rows = [(name,) for name in names]
        upsert_rows(connection, recipes, ("recipe_name",), rows, UPDATES, constants)
    others.sort(key=itemgetter(0, 1))
    upsert_rows(connection, recipes, COLUMNS, others, UPDATES)
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
    """The recipes with results in a batch run."""
    rows = connection.execute(
        select(recipe_results.c.ecosystem, recipe_results.c.recipe_name)
        .where(recipe_results.c.batch_run_id == batch_run_id)
        .distinct()
    )
    return [(row.ecosystem, row.recipe_name) for row in rows]


def _recompute(connection: Connection, keys: Sequence[RecipeKey]) -> None:
    """Compute recipes from their results; those without results are deleted."""
    execute_many(connection, "DELETE FROM recipes WHERE ecosystem = ? AND recipe_name = ?", keys)
    summed = _summed(connection, "WHERE ecosystem = ? AND recipe_name = ?")
    execute_many(connection, f"INSERT INTO recipes {summed}", [(*key, *key) for key in keys])
    _recount_streaks(connection)


def rebuild(connection: Connection) -> None:
    """Compute every recipe from its results."""
    connection.exec_driver_sql("DELETE FROM recipes")
    connection.exec_driver_sql(f"INSERT INTO recipes {_summed(connection)}")
    _recount_streaks(connection)


def count_drift(connection: Connection) -> dict[str, int]:
    """The number of rows that differ from the sums of the results."""
    names = ", ".join(COLUMNS)
    counted = {
        "failure_streak": f"({_current_streak('summed', _STREAK_LENGTH)})",
        "failing_since": f"({_current_streak('summed', _STREAK_START)})",
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
    # With the first condition, the partial index finds the marked rows.
    run_statement(
        connection,
        f"UPDATE recipes SET recent_attempts = {_recent_attempts(connection, 'recipes')},"
        " (failure_streak, failing_since) ="
        f" ({_current_streak('recipes', f'{_STREAK_LENGTH}, {_STREAK_START}')})"
        f" WHERE failure_streak != 0 AND failure_streak = {RECOUNT}",
    )


_STREAK_LENGTH = "CAST(coalesce(sum(streak.failed), 0) AS BIGINT)"
_STREAK_START = "min(streak.since)"


def _current_streak(recipe: str, columns: str) -> str:
    """The failures of a recipe since its last pass, from its results; a query of one row.

    Results are ordered by time, then run, then position in the run. Pruned results count as older
    than all stored ones.

    ===================  ==========================================================
    last pass            failures in the streak
    ===================  ==========================================================
    stored               the stored ones after it in that order
    pruned, or never     all stored ones, and those at the end of the pruned ones
    ===================  ==========================================================
    """

    def same(other: str) -> str:
        return _SAME_RECIPE.format(other=other).format(recipe=recipe)

    # Not a separate table expression: each use finds its rows with the index.
    time_of_last_pass = (
        f"(SELECT p.started_at FROM recipe_results p WHERE {same('p')}"
        " AND p.result = 'passed' ORDER BY p.started_at DESC LIMIT 1)"
    )
    return f"""
        WITH kept_streak AS (
            SELECT 1 AS failed, r.started_at AS since FROM recipe_results r
            WHERE {same("r")} AND r.result = 'failed'
                AND r.started_at >= coalesce({time_of_last_pass}, {recipe}.first_seen_at)
                AND NOT EXISTS (
                    SELECT 1 FROM recipe_results p
                    WHERE p.recipe_name = r.recipe_name AND p.ecosystem = r.ecosystem
                        AND p.result = 'passed' AND p.started_at = {time_of_last_pass}
                        AND (p.started_at, p.batch_run_id, p.id)
                            > (r.started_at, r.batch_run_id, r.id)
                )
        ),
        pruned_streak AS (
            SELECT b.failure_streak AS failed, b.failing_since AS since FROM pruned_recipes b
            WHERE {same("b")} AND {time_of_last_pass} IS NULL
        ),
        streak AS (SELECT * FROM kept_streak UNION ALL SELECT * FROM pruned_streak)
        SELECT {columns} FROM streak
    """


def _recent_attempts(connection: Connection, recipe: str) -> str:
    """The last attempts of a recipe from its results, an SQL expression."""
    dialect = dialect_of(connection)
    last = _LAST_ATTEMPTS.format(recipe=recipe)
    joined = dialect.concatenated("attempt", last, "started_at, id")
    pruned = _PRUNED_ATTEMPTS.format(recipe=recipe)
    attempts = f"(coalesce(({pruned}), '') || coalesce(({joined}), ''))"
    return dialect.last_characters(attempts, RECENT_ATTEMPTS)
