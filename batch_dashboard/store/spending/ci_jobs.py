"""The CI jobs of a batch run, and sums and waits of jobs over time."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, null, select

from batch_dashboard.model.lists.filters import RunFilter
from batch_dashboard.model.lists.periods import Step
from batch_dashboard.model.spending.ci_job_sums import JobTimes, StepTimes, StepWaits
from batch_dashboard.model.spending.ci_jobs import NewJob
from batch_dashboard.store.lists.conditions import period_conditions, run_conditions
from batch_dashboard.store.schema import (
    ALL_ECOSYSTEMS,
    ci_job_days,
    ci_jobs,
    ci_wait_days,
    excluded_ci_jobs,
)
from batch_dashboard.store.weeks import part_start, step_start

_wait = ci_wait_days.c


def fetch_of_run(
    connection: Connection, batch_run_id: int, is_excluded: bool = False
) -> list[NewJob]:
    """The jobs of one batch run, at most MAX_JOBS, in the order they were sent."""
    table = excluded_ci_jobs if is_excluded else ci_jobs
    query = (
        select(*(table.c[name] for name in NewJob._fields))
        .where(table.c.batch_run_id == batch_run_id)
        .order_by(table.c.id)
    )
    return [NewJob(*row) for row in connection.execute(query)]


def fetch_times(
    connection: Connection, run_filter: RunFilter, step: Step, cuts: Iterable[date] = ()
) -> list[StepTimes]:
    """Sums of jobs per step and operating system, oldest first; `cuts` as in ecosystem_days."""
    day = ci_job_days.c
    start = part_start(step, day.day, cuts).label("start")
    sums = (func.sum(day[name]).cast(day[name].type) for name in JobTimes._fields)
    query: Select[Any] = (
        select(start, day.runner_os, *sums)
        .where(*run_conditions(run_filter, ci_job_days))
        .group_by("start", day.runner_os)
        .order_by("start", day.runner_os)
    )
    return [
        StepTimes(first, runner_os, JobTimes(*times))
        for first, runner_os, *times in connection.execute(query)
    ]


def fetch_waits(
    connection: Connection, run_filter: RunFilter, step: Step | None
) -> list[StepWaits]:
    """Waits per step and operating system, oldest first; without a step, of the whole period."""
    waits = select_waits(run_filter, step)
    found = waits.order_by(waits.selected_columns.day, waits.selected_columns.runner_os)
    return [StepWaits(*row) for row in connection.execute(found)]


def select_waits(run_filter: RunFilter, step: Step | None) -> Select[Any]:
    """Number, median and p90 of the known waits, a row for each step and operating system.

    A quantile is the shortest stored wait that at least this share of the jobs did not exceed.
    """
    start: ColumnElement[Any] = null() if step is None else step_start(step, _wait.day)
    lengths = (
        select(
            start.label("day"),
            _wait.runner_os,
            _wait.wait_seconds,
            func.sum(_wait.jobs).cast(_wait.jobs.type).label("jobs"),
        )
        .where(
            *period_conditions(run_filter.period, ci_wait_days),
            _wait.ecosystem == (run_filter.ecosystem or ALL_ECOSYSTEMS),
        )
        .group_by(*([] if step is None else [start]), _wait.runner_os, _wait.wait_seconds)
        .subquery("lengths")
    )
    one = lengths.c
    group = [one.day, one.runner_os]
    added_up = select(
        *group,
        one.wait_seconds,
        func.sum(one.jobs).over(partition_by=group, order_by=one.wait_seconds).label("up_to"),
        func.sum(one.jobs).over(partition_by=group).label("jobs"),
    ).subquery("added_up")
    row = added_up.c

    def waited_at_most(tenths: int) -> ColumnElement[int]:
        return func.min(case((row.up_to * 10 >= row.jobs * tenths, row.wait_seconds)))

    return select(
        row.day,
        row.runner_os,
        func.max(row.jobs).cast(_wait.jobs.type).label("jobs"),
        waited_at_most(5).label("median_seconds"),
        waited_at_most(9).label("p90_seconds"),
    ).group_by(row.day, row.runner_os)
