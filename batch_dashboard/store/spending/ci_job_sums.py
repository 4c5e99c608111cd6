"""Daily sums of CI jobs and of their waits, added to by uploads and subtracted from by deletions.

All are whole numbers, so the order of additions does not matter.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table

from batch_dashboard.model.spending.ci_job_sums import WAIT_BITS, JobSums, JobTimes, sum_jobs
from batch_dashboard.model.spending.ci_jobs import SECONDS_PER_MINUTE
from batch_dashboard.store.dialects import dialect_of
from batch_dashboard.store.ingest.bulk import as_stored, run_statement, upsert_rows
from batch_dashboard.store.schema import ALL_ECOSYSTEMS, ci_job_days, ci_wait_days
from batch_dashboard.store.spending import ci_jobs
from batch_dashboard.store.summaries.drift import count_differences
from batch_dashboard.store.summaries.summary import AddedRun, StoredRun

# Each table with the columns that are summed; the others are its key.
_SUMMED: dict[Table, tuple[str, ...]] = {ci_job_days: JobTimes._fields, ci_wait_days: ("jobs",)}
# 2 to this power in seconds is longer than any stored wait.
_WAIT_LENGTH = 40


def add(connection: Connection, added: AddedRun) -> None:
    """Add the jobs of a run that was just stored to the sums of its day."""
    _change(connection, added.run.started_at.date(), added.run.ecosystem, added.jobs, 1)


@contextmanager
def removing(connection: Connection, run: StoredRun) -> Iterator[None]:
    """Subtract the jobs of a run from the sums of its day after it is deleted."""
    sums = sum_jobs(ci_jobs.fetch_of_run(connection, run.id))
    yield
    if not sums.times:
        return
    day = run.started_at.date()
    _change(connection, day, run.ecosystem, sums, -1)
    for table in _SUMMED:
        run_statement(
            connection,
            f"DELETE FROM {table.name} WHERE day = ? AND ecosystem IN (?, ?) AND jobs = 0",
            day,
            run.ecosystem,
            ALL_ECOSYSTEMS,
        )


@contextmanager
def pruning_day(connection: Connection, ecosystem: str, day: date) -> Iterator[None]:
    """Store the sums of a day whose runs are all pruned."""
    for table in _SUMMED:
        names = ", ".join(column.name for column in table.columns)
        for statement in (
            f"DELETE FROM pruned_{table.name}",
            f"INSERT INTO pruned_{table.name} ({names}) SELECT {names} FROM {table.name}",
        ):
            run_statement(
                connection, f"{statement} WHERE ecosystem = ? AND day = ?", ecosystem, day
            )
    yield


def rebuild(connection: Connection) -> None:
    """Compute all sums from the jobs."""
    for table in _SUMMED:
        names = ", ".join(column.name for column in table.columns)
        connection.exec_driver_sql(f"DELETE FROM {table.name}")
        connection.exec_driver_sql(
            f"INSERT INTO {table.name} ({names}) {_expected(connection, table)}"
        )


def count_drift(connection: Connection) -> dict[str, int]:
    """The number of rows of each table that differ from the sums of the jobs, by table."""
    return {
        table.name: count_differences(
            connection, _expected(connection, table), f"SELECT * FROM {table.name}"
        )
        for table in _SUMMED
    }


def _change(connection: Connection, day: date, ecosystem: str, sums: JobSums, sign: int) -> None:
    stored_day = as_stored(connection, day)
    rows: dict[Table, list[tuple[Any, ...]]] = {
        ci_job_days: [
            (stored_day, ecosystem, runner_os, *(sign * value for value in times))
            for runner_os, times in sums.times.items()
        ],
        ci_wait_days: [
            (whose, stored_day, runner_os, wait, sign * jobs)
            for whose in (ecosystem, ALL_ECOSYSTEMS)
            for (runner_os, wait), jobs in sums.waits.items()
        ],
    }
    for table, summed in _SUMMED.items():
        upsert_rows(
            connection,
            table,
            [column.name for column in table.columns],
            rows[table],
            [f"{name} = {table.name}.{name} + excluded.{name}" for name in summed],
        )


def _expected(connection: Connection, table: Table) -> str:
    """The rows that a table should have: the sums of the stored and of the pruned jobs."""
    return {ci_job_days: _job_days, ci_wait_days: _wait_days}[table](connection)


def _job_days(connection: Connection) -> str:
    seconds = "(completed_at - started_at)"
    sums = ", ".join(f"CAST(sum({name}) AS BIGINT)" for name in JobTimes._fields)
    return (
        f"SELECT day, ecosystem, runner_os, {sums} FROM (SELECT day, ecosystem, runner_os,"
        " 1 AS jobs, CASE WHEN completed_at IS NULL THEN 1 ELSE 0 END AS unended_jobs,"
        f" coalesce({seconds}, 0) AS measured_seconds,"
        f" coalesce(({seconds} + {SECONDS_PER_MINUTE - 1}) / {SECONDS_PER_MINUTE}, 0)"
        f" AS billed_minutes FROM ({_jobs(connection)}) AS jobs UNION ALL"
        f" SELECT day, ecosystem, runner_os, {', '.join(JobTimes._fields)}"
        " FROM pruned_ci_job_days) AS parts GROUP BY day, ecosystem, runner_os"
    )


def _wait_days(connection: Connection) -> str:
    wait = _kept_wait("(started_at - queued_at)")
    parts = (
        f"SELECT ecosystem, day, runner_os, {wait} AS wait_seconds, 1 AS jobs"
        f" FROM ({_jobs(connection)}) AS jobs WHERE queued_at IS NOT NULL UNION ALL"
        " SELECT ecosystem, day, runner_os, wait_seconds, jobs FROM pruned_ci_wait_days"
    )
    sums = " UNION ALL ".join(
        f"SELECT {whose} AS ecosystem, day, runner_os, wait_seconds, CAST(sum(jobs) AS BIGINT)"
        f" FROM ({parts}) AS parts GROUP BY day, runner_os, wait_seconds{key}"
        for whose, key in (("ecosystem", ", ecosystem"), (f"'{ALL_ECOSYSTEMS}'", ""))
    )
    # In separate brackets, so that EXCEPT applies to all of it.
    return f"SELECT * FROM ({sums}) AS sums"


def _jobs(connection: Connection) -> str:
    """All jobs with the ecosystem and the UTC day of their batch run."""
    day = dialect_of(connection).day_of_time("run.started_at")
    return (
        f"SELECT run.ecosystem, {day} AS day, job.runner_os,"
        " job.queued_at, job.started_at, job.completed_at"
        " FROM ci_jobs AS job JOIN batch_runs AS run ON run.id = job.batch_run_id"
    )


def _kept_wait(seconds: str) -> str:
    """`model.ci_job_sums.kept_wait` in SQL."""
    cases = " ".join(
        f"WHEN {seconds} < {1 << (WAIT_BITS + left_out)}"
        f" THEN ({seconds} >> {left_out} << {left_out}) + {1 << left_out >> 1}"
        for left_out in range(_WAIT_LENGTH - WAIT_BITS)
    )
    return f"CASE {cases} END"
