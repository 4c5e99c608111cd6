"""Sums over batch runs by day, week and ecosystem, from their daily rollup."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from batch_dashboard.model.filters import RunFilter
from batch_dashboard.model.periods import Period
from batch_dashboard.model.records import DayMinutes, RunSums
from batch_dashboard.store.conditions import period_conditions, run_conditions
from batch_dashboard.store.schema import ecosystem_days
from batch_dashboard.store.weeks import week_start

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
)
_MINUTES = (
    _day.runs,
    _day.macos_minutes,
    _day.linux_minutes,
    _day.macos_unknown_runs,
    _day.linux_unknown_runs,
)


def fetch_weeks(connection: Connection, run_filter: RunFilter) -> list[RunSums]:
    """Sums per week and ecosystem, oldest first; a week holds only its days within the period."""
    return _fetch_sums(connection, run_filter, week_start(_day.day))


def fetch_days(connection: Connection, run_filter: RunFilter) -> list[RunSums]:
    """Sums per day and ecosystem, oldest first; days without a run are absent."""
    return _fetch_sums(connection, run_filter, _day.day)


def fetch_day_minutes(connection: Connection, period: Period) -> list[DayMinutes]:
    """Minutes of all ecosystems per day, oldest first; days without a run are absent."""
    query: Select[Any] = (
        select(_day.day, *map(_summed, _MINUTES))
        .where(*period_conditions(period, ecosystem_days))
        .group_by(_day.day)
        .order_by(_day.day)
    )
    return [DayMinutes(*row) for row in connection.execute(query)]


def fetch_starts(connection: Connection, run_filter: RunFilter, by_week: bool) -> set[date]:
    """The days, or the Mondays of the weeks, in which a batch run started."""
    start = week_start(_day.day) if by_week else _day.day
    query = select(start).where(*run_conditions(run_filter, ecosystem_days)).distinct()
    return set(connection.execute(query).scalars())


def fetch_total(connection: Connection, run_filter: RunFilter) -> RunSums | None:
    """One sum over everything chosen, None when that is no run; `start` is its first day."""
    query: Select[Any] = select(func.min(_day.day), *map(_summed, _COUNTS)).where(
        *run_conditions(run_filter, ecosystem_days)
    )
    start, *counts = connection.execute(query).one()
    return None if start is None else RunSums(start, run_filter.ecosystem or "", *counts)


def _fetch_sums(
    connection: Connection, run_filter: RunFilter, start: ColumnElement[Any]
) -> list[RunSums]:
    labelled = start.label("start")
    query: Select[Any] = (
        select(labelled, _day.ecosystem, *map(_summed, _COUNTS))
        .where(*run_conditions(run_filter, ecosystem_days))
        .group_by(labelled, _day.ecosystem)
        .order_by(labelled, _day.ecosystem)
    )
    rows: Sequence[Any] = connection.execute(query).all()
    return [RunSums(*row) for row in rows]


def _summed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    # PostgreSQL sums whole numbers to NUMERIC, which would come back as Decimal.
    return func.sum(column).cast(column.type)
