"""Sums over batch runs by day, week and ecosystem, from their daily rollup."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)

from batch_dashboard.model.batch_runs.records import DayMinutes, RunSums
from batch_dashboard.model.batch_runs.vocabulary import RUNNER_OS
from batch_dashboard.model.lists.filters import RunFilter
from batch_dashboard.model.lists.periods import Period, Step, last_days
from batch_dashboard.model.spending.budget import FORECAST_DAYS, EverReported
from batch_dashboard.model.spending.unreported import UnreportedRuns
from batch_dashboard.store.lists.conditions import period_conditions, run_conditions
from batch_dashboard.store.schema import ci_job_days, ecosystem_days
from batch_dashboard.store.weeks import part_start, step_start

_day = ecosystem_days.c

_COUNTS = (
    _day.runs,
    _day.total_recipes,
    _day.passed,
    _day.failed,
    _day.skipped,
    _day.empty_runs,
    _day.macos_minutes,
    _day.linux_minutes,
    _day.macos_unknown_runs,
    _day.linux_unknown_runs,
    _day.failed_milliseconds,
)
_MINUTES = (
    _day.runs,
    _day.macos_minutes,
    _day.linux_minutes,
    _day.macos_unknown_runs,
    _day.linux_unknown_runs,
)


def fetch_steps(
    connection: Connection, run_filter: RunFilter, step: Step, cuts: Iterable[date] = ()
) -> list[RunSums]:
    """Sums per step and ecosystem, oldest first; a step holds only its days within the period.

    A step that contains one of the days `cuts` is split there, so that prices do not change
    within a sum. `start` is the first day of each part.
    """
    labelled = part_start(step, _day.day, cuts).label("start")
    query: Select[Any] = (
        select(labelled, _day.ecosystem, *map(_summed, _COUNTS))
        .where(*run_conditions(run_filter, ecosystem_days))
        .group_by("start", _day.ecosystem)
        .order_by("start", _day.ecosystem)
    )
    rows: Sequence[Any] = connection.execute(query).all()
    return [RunSums(*row) for row in rows]


def fetch_day_minutes(connection: Connection, period: Period) -> list[DayMinutes]:
    """Minutes of all ecosystems per day, oldest first; days without a run are absent."""
    query: Select[Any] = (
        select(_day.day, *map(_summed, _MINUTES))
        .where(*period_conditions(period, ecosystem_days))
        .group_by(_day.day)
        .order_by(_day.day)
    )
    return [DayMinutes(*row) for row in connection.execute(query)]


def fetch_recent_use(
    connection: Connection, today: date
) -> tuple[list[DayMinutes], dict[str, EverReported]]:
    """The last 29 days, and whether minutes were ever reported for each runner OS; for budgets.

    Reads the whole rollup only for a runner OS without minutes in these days.
    """
    days = fetch_day_minutes(connection, last_days(FORECAST_DAYS + 1, today))
    ever = {
        runner_os: EverReported.ABOVE_ZERO
        for runner_os in RUNNER_OS
        if any(day.minutes(runner_os).known for day in days)
    }
    asked = [runner_os for runner_os in RUNNER_OS if runner_os not in ever]
    if asked:
        facts: list[ColumnElement[bool]] = []
        for runner_os in asked:
            known, unknown_runs = _day[f"{runner_os}_minutes"], _day[f"{runner_os}_unknown_runs"]
            facts += [
                exists(select(_day.day).where(known > 0)),
                exists(select(_day.day).where(unknown_runs < _day.runs)),
            ]
        found = list(connection.execute(select(*facts)).one())
        for runner_os in asked:
            above_zero, reported = found.pop(0), found.pop(0)
            if above_zero:
                ever[runner_os] = EverReported.ABOVE_ZERO
            else:
                ever[runner_os] = EverReported.ZEROS if reported else EverReported.NEVER
    return days, ever


def find_unreported(connection: Connection) -> UnreportedRuns | None:
    """The runs after the last day with known minutes, None if there are none.

    0 does not count as known, because a job that ran took time. Reads from the newest day back.
    """
    job = ci_job_days.c
    last_days = [
        select(select(day).where(is_known).order_by(day.desc()).limit(1).subquery())
        for day, is_known in (
            (_day.day, or_(_day.macos_minutes > 0, _day.linux_minutes > 0)),
            (job.day, job.unended_jobs < job.jobs),
        )
    ]
    last = select(func.max(union_all(*last_days).subquery().c.day)).scalar_subquery()
    query: Select[Any] = select(_summed(_day.runs), func.min(_day.day)).where(
        _day.day > func.coalesce(last, literal(date.min))
    )
    runs, since = connection.execute(query).one()
    return UnreportedRuns(runs, since) if runs else None


def fetch_ecosystems(connection: Connection, run_filter: RunFilter) -> set[str]:
    """The ecosystems with a batch run in a choice, also those whose runs retention dropped."""
    query = select(_day.ecosystem).where(*run_conditions(run_filter, ecosystem_days)).distinct()
    return set(connection.execute(query).scalars())


def fetch_starts(connection: Connection, run_filter: RunFilter, step: Step) -> set[date]:
    """The first days of the steps in which a batch run started."""
    start = step_start(step, _day.day)
    query = select(start).where(*run_conditions(run_filter, ecosystem_days)).distinct()
    return set(connection.execute(query).scalars())


def fetch_total(connection: Connection, run_filter: RunFilter) -> RunSums | None:
    """The sum over all runs that match, None if there are none; `start` is its first day."""
    query: Select[Any] = select(func.min(_day.day), *map(_summed, _COUNTS)).where(
        *run_conditions(run_filter, ecosystem_days)
    )
    start, *counts = connection.execute(query).one()
    return None if start is None else RunSums(start, run_filter.ecosystem or "", *counts)


def _summed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    # PostgreSQL sums integers to NUMERIC, which the driver returns as Decimal.
    return func.sum(column).cast(column.type)
