"""Retention: deletes old results and runs, and keeps what they added to the sums.

Source: docs/data-model.md, "Retention".
"""

from contextlib import ExitStack
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, select

from batch_dashboard.model.administration.pruning import PrunedResult, PrunedSums
from batch_dashboard.store.dialects import dialect_of
from batch_dashboard.store.failures.failure_classes import is_infrastructure_sql
from batch_dashboard.store.ingest.bulk import execute_many, run_statement
from batch_dashboard.store.lists.conditions import midnight
from batch_dashboard.store.schema import (
    batch_runs,
    excluded_ci_jobs,
    excluded_plan_outcomes,
    excluded_results,
    excluded_runs,
)
from batch_dashboard.store.summaries.summaries import SUMMARIES

# The number of runs read for one batch of results; more would not be reached.
RUNS_AT_ONCE = 200

_OLDEST_RUNS = (
    "SELECT id FROM batch_runs WHERE pruned_results < result_count AND started_at < ?"
    f" ORDER BY started_at, id LIMIT {RUNS_AT_ONCE}"
)
# No sum contains the messages of results that did not fail.
_MESSAGE = "CASE WHEN failure_group_id IS NOT NULL THEN error_message END"
_RESULTS = (
    f"SELECT {', '.join(PrunedResult._fields[:-2])}, {is_infrastructure_sql('recipe_results')},"
    f" {_MESSAGE} FROM recipe_results"
    " WHERE batch_run_id = ? ORDER BY id LIMIT ?"
)


class Prunable(NamedTuple):
    """The number of rows that retention would delete, and the time of the oldest."""

    rows: int
    oldest_at: datetime | None


def count_results(connection: Connection, until: datetime) -> Prunable:
    """The results of runs that started before a time."""
    run = batch_runs.c
    query = select(
        func.coalesce(func.sum(run.result_count - run.pruned_results), 0), func.min(run.started_at)
    ).where(run.pruned_results < run.result_count, run.started_at < until)
    rows, oldest = connection.execute(query).one()
    return Prunable(int(rows), oldest)


def count_runs(connection: Connection, until: date) -> Prunable:
    """The runs that started before a UTC day, including excluded ones."""
    rows, oldest = 0, None
    for table in (batch_runs, excluded_runs):
        query = select(func.count(), func.min(table.c.started_at))
        found, first = connection.execute(query.where(table.c.started_at < midnight(until))).one()
        rows += found
        oldest = min(filter(None, (oldest, first)), default=None)
    return Prunable(rows, oldest)


def take_results(connection: Connection, until: datetime, count: int) -> list[PrunedResult]:
    """Up to `count` results of the oldest runs that started before a time, in their order."""
    found: list[PrunedResult] = []
    for (run_id,) in run_statement(connection, _OLDEST_RUNS, until):
        rows = run_statement(connection, _RESULTS, run_id, count - len(found))
        found += map(PrunedResult._make, rows)
        if len(found) >= count:
            break
    return found


def prune_results(connection: Connection, sums: PrunedSums) -> None:
    """Add results to the sums of pruned results, and delete them."""
    for summary in SUMMARIES:
        summary.prune(connection, sums)
    execute_many(
        connection,
        "DELETE FROM recipe_results WHERE batch_run_id = ? AND id <= ?",
        [(run_id, last_id) for run_id, (_count, last_id) in sums.runs.items()],
    )
    execute_many(
        connection,
        "UPDATE batch_runs SET pruned_results = pruned_results + ? WHERE id = ?",
        [(count, run_id) for run_id, (count, _last_id) in sums.runs.items()],
    )


def prune_excluded_results(connection: Connection, until: datetime, count: int) -> int:
    """Delete up to `count` results of excluded runs that started before a time; how many.

    No sum contains them.
    """
    result, run = excluded_results.c, excluded_runs.c
    of_old = (
        select(result.id, result.batch_run_id)
        .where(result.batch_run_id.in_(select(run.id).where(run.started_at < until)))
        .limit(count)
    )
    rows = connection.execute(of_old).all()
    execute_many(connection, "DELETE FROM excluded_results WHERE id = ?", [r[:1] for r in rows])
    execute_many(
        connection,
        "UPDATE excluded_runs SET pruned_results = pruned_results + 1 WHERE id = ?",
        [(row.batch_run_id,) for row in rows],
    )
    return len(rows)


def prune_day_of_runs(connection: Connection, until: date) -> int:
    """Delete the runs of the oldest UTC day of one ecosystem, if before a day; returns how many.

    Only runs whose results are pruned. The day's sums stay as they are.
    """
    run = batch_runs.c
    oldest = connection.execute(
        select(run.started_at, run.ecosystem)
        .where(run.started_at < midnight(until), run.pruned_results >= run.result_count)
        .order_by(run.started_at, run.id)
        .limit(1)
    ).one_or_none()
    if oldest is None:
        return _prune_excluded_runs(connection, until)
    day = oldest.started_at.date()
    within = (
        run.ecosystem == oldest.ecosystem,
        run.started_at >= midnight(day),
        run.started_at < midnight(min(until, date.fromordinal(day.toordinal() + 1))),
    )
    if connection.execute(
        select(func.count()).where(*within, run.pruned_results < run.result_count)
    ).scalar_one():
        return 0
    with ExitStack() as stack:
        for summary in SUMMARIES:
            stack.enter_context(summary.pruning_day(connection, oldest.ecosystem, day))
        return connection.execute(delete(batch_runs).where(*within)).rowcount


def _prune_excluded_runs(connection: Connection, until: date) -> int:
    run = excluded_runs.c
    is_due = (run.started_at < midnight(until), run.pruned_results >= run.result_count)
    for table in (excluded_ci_jobs, excluded_plan_outcomes):
        connection.execute(
            delete(table).where(table.c.batch_run_id.in_(select(run.id).where(*is_due)))
        )
    return connection.execute(delete(excluded_runs).where(*is_due)).rowcount


def give_space_back(connection: Connection, pages: int) -> int:
    """Return up to `pages` free pages of the database to the system; returns how many are left.

    Does nothing if the database does this by itself.
    """
    return dialect_of(connection).give_space_back(connection, pages)
