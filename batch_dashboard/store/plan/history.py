"""The attempts of an ecosystem by batch run, in their order. Source: docs/plan.md, "Replay"."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, func, literal, select, tuple_

from batch_dashboard.model.batch_runs.vocabulary import PASSED, SKIPPED
from batch_dashboard.model.failures.failure_classes import FailureClass
from batch_dashboard.model.plan.replay import PastAttempt, PastRun
from batch_dashboard.model.plan.streaks import ANY_PLATFORM, Attempt
from batch_dashboard.store.failures.failure_classes import class_of
from batch_dashboard.store.schema import batch_runs, failure_groups, recipe_results

RUNS_AT_ONCE = 500

_run = batch_runs.c
_result = recipe_results.c
_RESULTS = (
    select(
        _result.batch_run_id,
        _result.ecosystem,
        _result.recipe_name,
        _result.result,
        _result.platform,
        _result.failure_group_id,
        _result.recipe_version,
        class_of(recipe_results).label("failure_class"),
        _result.duration_seconds,
    )
    .select_from(
        recipe_results.outerjoin(failure_groups, failure_groups.c.id == _result.failure_group_id)
    )
    .where(_result.result != SKIPPED)
    .order_by(_result.batch_run_id, _result.id)
)


def count_attempts(
    connection: Connection, ecosystem: str, since: datetime | None, until: datetime
) -> int:
    """How many attempts the runs of an ecosystem count in a period."""
    query = select(func.coalesce(func.sum(_run.passed + _run.failed), 0))
    return int(connection.execute(query.where(*_of(ecosystem, since, until))).scalar_one())


def find_last_beyond(
    connection: Connection, ecosystem: str, since: datetime, until: datetime, attempts: int
) -> datetime | None:
    """When the last run started that has more than so many attempts in it and the runs after it.

    None: all runs of the period together have no more.
    """
    total = func.sum(_run.passed + _run.failed).over(
        order_by=(_run.started_at.desc(), _run.id.desc())
    )
    runs = select(_run.started_at, total.label("total")).where(*_of(ecosystem, since, until))
    counted = runs.subquery().c
    query = select(func.max(counted.started_at)).where(counted.total > attempts)
    beyond: datetime | None = connection.execute(query).scalar_one()
    return beyond


def fetch_history(
    connection: Connection, ecosystem: str, since: datetime | None, until: datetime
) -> Iterator[PastRun]:
    """The runs of an ecosystem that started in a period, oldest first, with their attempts.

    Attempts whose results were deleted by retention are only counted.
    """
    query = (
        select(_run.id, _run.started_at, (_run.passed + _run.failed).label("attempts"))
        .where(*_of(ecosystem, since, until))
        .order_by(_run.started_at, _run.id)
        .limit(RUNS_AT_ONCE)
    )
    runs: Sequence[Any] = connection.execute(query).all()
    while runs:
        yield from _with_attempts(connection, runs)
        last = tuple_(literal(runs[-1].started_at, _run.started_at.type), literal(runs[-1].id))
        runs = connection.execute(query.where(tuple_(_run.started_at, _run.id) > last)).all()


def _of(ecosystem: str, since: datetime | None, until: datetime) -> list[Any]:
    begins = [] if since is None else [_run.started_at >= since]
    return [_run.ecosystem == ecosystem, *begins, _run.started_at < until]


def _with_attempts(connection: Connection, runs: Sequence[Any]) -> Iterator[PastRun]:
    chosen = _RESULTS.where(_result.batch_run_id.in_([run.id for run in runs]))
    results = {
        run_id: list(of_run)
        for run_id, of_run in groupby(connection.execute(chosen), lambda row: row.batch_run_id)
    }
    for run in runs:
        started_at = int(run.started_at.timestamp())
        attempts = [_attempt(row, started_at) for row in results.get(run.id, ())]
        yield PastRun(started_at, attempts, max(0, run.attempts - len(attempts)))


def _attempt(row: Row[Any], started_at: int) -> PastAttempt:
    attempt = Attempt(
        started_at,
        row.platform or ANY_PLATFORM,
        row.result == PASSED,
        row.failure_group_id,
        row.recipe_version,
        row.failure_class == FailureClass.INFRASTRUCTURE,
    )
    return PastAttempt((row.ecosystem, row.recipe_name), attempt, row.duration_seconds)
