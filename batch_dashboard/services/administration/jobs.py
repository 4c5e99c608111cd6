"""Background jobs, which the watching process runs one after the other.

Every kind of job can be stopped and started again at any point; nothing is done twice.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from batch_dashboard.errors import BatchDashboardError, InputError, StoreUnavailable
from batch_dashboard.model.administration.jobs import Job, JobKind
from batch_dashboard.model.lists.filters import RunFilter
from batch_dashboard.model.lists.periods import Period
from batch_dashboard.model.text.wording import plural
from batch_dashboard.services.administration import retention, rollups, upkeep
from batch_dashboard.services.administration.changes import (
    NIGHTLY,
    OF_ITSELF,
    UPGRADE,
    Actor,
    Change,
    changing,
)
from batch_dashboard.services.batch_runs import batch_runs
from batch_dashboard.services.failures import regrouping
from batch_dashboard.store.administration import jobs, system
from batch_dashboard.store.engine import Connection, Store
from batch_dashboard.store.ingest import uploads

OF_RUNS = (JobKind.EXCLUDE, JobKind.RESTORE, JobKind.DELETE)

REPORT_SECONDS = 1.0
NIGHT_HOUR = 2  # UTC
IDS_AT_ONCE = 100
# The maximum number of ids in an entry of the audit log.
MAX_NAMED = 1_000

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Work:
    """A running job: its store, its actor, and the function that stores its progress."""

    store: Store
    job: Job
    actor: Actor
    clock: Callable[[], datetime]
    report: Callable[[int, int], None]
    goes_on: Callable[[], bool]


class Stopped(BatchDashboardError):
    """Raised when the process ends; the next process starts the job again."""


def ask(change: Change, kind: str, parameters: dict[str, Any]) -> int:
    """Request a background job; returns its id."""
    actor = change.actor
    return jobs.insert_job(
        change.connection, kind, parameters, actor.name, actor.address, change.now
    )


def select_runs(
    connection: Connection, kind: str, run_filter: RunFilter, last_id: int | None = None
) -> tuple[int, int]:
    """The number of runs that a job of a kind would change, and their highest id.

    With `last_id`, only runs up to it: those that the operator saw counted.
    """
    return uploads.count_chosen(connection, run_filter, kind == JobKind.RESTORE, last_id)


def ask_for_runs(
    change: Change, kind: str, run_filter: RunFilter, last_id: int, count: int, reason: str
) -> int:
    """Request to exclude, restore or delete the runs that match; returns the id of the job.

    Raises InputError if their number is no longer `count`, or the reason is invalid.
    """
    reason = batch_runs.checked_reason(reason)
    now_there, _ = select_runs(change.connection, kind, run_filter, last_id)
    if now_there != count:
        raise InputError(
            "count",
            f"the selection has changed to {plural(now_there, 'batch run')}; check it again",
        )
    parameters = {
        "since": run_filter.period.since and run_filter.period.since.isoformat(),
        "until": run_filter.period.until and run_filter.period.until.isoformat(),
        "ecosystem": run_filter.ecosystem,
        "last_id": last_id,
        "reason": reason,
        "count": count,
    }
    change.record(f"ask to {kind}", run_filter.in_words, None, parameters)
    return ask(change, kind, parameters)


def run_next(
    store: Store, clock: Callable[[], datetime], goes_on: Callable[[], bool] = lambda: True
) -> bool:
    """Run the oldest unfinished job; False if there is none."""
    with store.read() as connection:
        job = jobs.find_unfinished(connection)
    if job is None:
        return False
    with store.write() as connection:
        jobs.update_started(connection, job.id, clock())
    last_report = time.monotonic()

    def report(done: int, total: int) -> None:
        nonlocal last_report
        if time.monotonic() - last_report >= REPORT_SECONDS:
            with store.write() as connection:
                jobs.update_progress(connection, job.id, done, total)
            last_report = time.monotonic()
        if not goes_on():
            raise Stopped("stopped")

    work = Work(store, job, Actor(job.actor, job.address), clock, report, goes_on)
    try:
        outcome, has_failed = _KINDS[job.kind](work), False
    except (Stopped, StoreUnavailable):
        # It stays unfinished for the next process.
        return False
    except Exception as error:
        log.exception("job %s (%s) failed", job.id, job.kind)
        outcome, has_failed = f"{type(error).__name__}: the job was not finished", True
    with store.write() as connection:
        jobs.update_finished(connection, job.id, outcome, has_failed, clock())
    return True


def ask_nightly(store: Store, now: datetime) -> None:
    """Request the nightly jobs, once a night after 02:00 UTC.

    Not on the day of the installation or upgrade.
    """
    with store.read() as connection:
        last = system.find_fact(connection, system.LAST_NIGHTLY)
    if last is not None and (now.hour < NIGHT_HOUR or last.at.date() >= now.date()):
        return
    with changing(store, Actor(OF_ITSELF, NIGHTLY), now) as change:
        system.put_fact(change.connection, system.LAST_NIGHTLY, now, None)
        if last is None:
            # After an installation or upgrade, operators have a day to set the retention before
            # anything is deleted.
            return
        upkeep.forget_old(change.connection, now)
        ask(change, JobKind.PRUNE, {})
        ask(change, JobKind.CHECK_ROLLUPS, {})


def ask_to_regroup(store: Store, now: datetime) -> None:
    """Request regrouping if stored failures may have been grouped by another rule."""
    with store.read() as connection:
        is_known = regrouping.is_known(connection)
        has_failures = regrouping.has_failures(connection)
        is_due = regrouping.is_due(connection) or (has_failures and not is_known)
        is_asked = jobs.has_unfinished(connection, JobKind.REGROUP)
    if not is_known and not has_failures:
        # A new installation: store which rule groups its failures.
        with store.write() as connection:
            regrouping.note_done(connection, now)
    if not is_due or is_asked:
        return
    with changing(store, Actor(OF_ITSELF, UPGRADE), now) as change:
        ask(change, JobKind.REGROUP, {})


def _prune(work: Work) -> str:
    now = work.clock()
    with work.store.read() as connection:
        found = retention.preview(connection, retention.fetch(connection), now)
    total = sum(prunable.rows for prunable in found.values())
    pruned = retention.prune(
        work.store, work.actor, now, lambda rows: work.report(rows, total), work.goes_on
    )
    if not work.goes_on():
        raise Stopped("stopped")
    return f"{pruned.in_words} deleted"


def _check_rollups(work: Work) -> str:
    drift = rollups.check_rollups(work.store, work.clock())
    wrong = {table: rows for table, rows in drift.items() if rows}
    if not wrong:
        return "all sums are correct"
    wrong_rows = ", ".join(
        f"{table}: {plural(rows, 'row')} differ" for table, rows in wrong.items()
    )
    return f"{wrong_rows}; repair them with `flask --app app rollups rebuild`"


def _regroup(work: Work) -> str:
    total = regrouping.count_failed(work.store)
    now = work.clock()
    done = regrouping.regroup_failures(
        work.store, now, lambda looked_at: work.report(min(looked_at, total), total)
    )
    with changing(work.store, work.actor, now) as change:
        change.record(
            JobKind.REGROUP, "failure groups", None, {"moved_results": done.moved_results}
        )
        change.judge_again()
    return (
        f"{plural(done.moved_results, 'result')} moved to another group; "
        f"there are {plural(done.failure_groups, 'failure group')} now"
    )


def _change_runs(work: Work) -> str:
    kind, asked = work.job.kind, work.job.parameters
    days = (asked["since"], asked["until"])
    period = Period(*(date.fromisoformat(day) if day else None for day in days))
    run_filter = RunFilter(period, ecosystem=asked["ecosystem"])
    changed: list[int] = []
    after = 0
    while True:
        with work.store.read() as connection:
            ids = uploads.fetch_chosen(
                connection,
                run_filter,
                kind == JobKind.RESTORE,
                after,
                asked["last_id"],
                IDS_AT_ONCE,
            )
        for run_id in ids:
            with work.store.write(frees=kind == JobKind.DELETE) as connection:
                if _CHANGES[kind](connection, run_id, work):
                    changed.append(run_id)
            work.report(len(changed), asked["count"])
        if not ids:
            break
        after = ids[-1]
    with changing(work.store, work.actor, work.clock()) as change:
        change.record(
            kind,
            plural(len(changed), "batch run"),
            None,
            {"reason": asked["reason"], "batch_run_ids": changed[:MAX_NAMED]},
        )
        change.judge_again()
    return f"{plural(len(changed), 'batch run')} of {asked['count']:,}: done"


_CHANGES: dict[str, Callable[[Connection, int, Work], bool]] = {
    JobKind.EXCLUDE: lambda connection, run_id, work: batch_runs.exclude_run(
        connection, run_id, work.job.parameters["reason"], work.actor.name, work.clock()
    ),
    JobKind.RESTORE: lambda connection, run_id, _work: batch_runs.restore_run(connection, run_id),
    JobKind.DELETE: lambda connection, run_id, _work: batch_runs.delete_run(connection, run_id),
}
_KINDS: dict[str, Callable[[Work], str]] = {
    JobKind.PRUNE: _prune,
    JobKind.CHECK_ROLLUPS: _check_rollups,
    JobKind.REGROUP: _regroup,
    **dict.fromkeys(OF_RUNS, _change_runs),
}
