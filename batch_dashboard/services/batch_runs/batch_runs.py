"""Excluding batch runs from the statistics, restoring them, and deleting them.

All sums stay exact (docs/data-model.md, "Summaries").
"""

from contextlib import ExitStack
from datetime import datetime
from typing import Any

from batch_dashboard.errors import InputError, NotFound
from batch_dashboard.model.ingest.summaries import summarise
from batch_dashboard.model.ingest.upload_times import EARLIEST
from batch_dashboard.model.spending.ci_job_sums import sum_jobs
from batch_dashboard.model.text.wording import CONTROL_CHARACTER
from batch_dashboard.services.administration.changes import Change
from batch_dashboard.services.administration.rollups import rebuild
from batch_dashboard.store.batch_runs import exclusion
from batch_dashboard.store.engine import Connection
from batch_dashboard.store.failures import truncated_lines
from batch_dashboard.store.ingest import uploads
from batch_dashboard.store.spending import ci_jobs
from batch_dashboard.store.summaries.summaries import SUMMARIES
from batch_dashboard.store.summaries.summary import AddedRun

MAX_REASON_LENGTH = 500


def exclude(change: Change, batch_run_id: int, reason: str) -> None:
    """Exclude a batch run from the statistics; it can be restored at any time.

    Raises InputError if the reason is invalid, NotFound if the run does not exist.
    """
    reason = checked_reason(reason)
    connection = change.connection
    run = uploads.find_run(connection, batch_run_id)
    if run is None:
        raise NotFound(f"there is no batch run {batch_run_id} in the statistics")
    exclude_run(connection, batch_run_id, reason, change.actor.name, change.now)
    change.record("exclude batch run", _subject(batch_run_id), None, {"reason": reason})
    change.judge_again()


def restore(change: Change, batch_run_id: int) -> None:
    """Restore an excluded batch run.

    Raises NotFound if no run with the id is excluded, InputError if its time is not allowed.
    """
    excluded = exclusion.find(change.connection, batch_run_id)
    if excluded is None:
        raise NotFound(f"no batch run {batch_run_id} is excluded")
    if excluded.run.started_at < EARLIEST:
        raise InputError(
            "batch_run_id",
            f"batch run {batch_run_id} started before {EARLIEST.year}, which is not possible: "
            "delete it and send it again with the right time",
        )
    restore_run(change.connection, batch_run_id)
    change.record("restore batch run", _subject(batch_run_id), {"reason": excluded.reason}, None)
    change.judge_again()


def delete(change: Change, batch_run_id: int, reason: str) -> None:
    """Permanently delete a batch run, excluded or not; its content can be sent again.

    Raises InputError if the reason is invalid, NotFound if the run does not exist.
    """
    reason = checked_reason(reason)
    run = uploads.find_run(change.connection, batch_run_id)
    run = run or exclusion.find_place(change.connection, batch_run_id)
    if run is None:
        raise NotFound(f"there is no batch run {batch_run_id}; it may have been deleted already")
    before: dict[str, Any] = {"ecosystem": run.ecosystem, "started_at": run.started_at}
    delete_run(change.connection, batch_run_id)
    change.record("delete batch run", _subject(batch_run_id), before, {"reason": reason})
    change.judge_again()


def checked_reason(reason: str) -> str:
    """A reason on one line. Raises InputError if it is empty or too long."""
    reason = " ".join(CONTROL_CHARACTER.sub(" ", reason).split())
    if not 0 < len(reason) <= MAX_REASON_LENGTH:
        raise InputError("reason", f"give a reason of 1 to {MAX_REASON_LENGTH} characters")
    return reason


def exclude_run(
    connection: Connection, batch_run_id: int, reason: str, excluded_by: str, now: datetime
) -> bool:
    """Move a run with its results to the excluded ones; False if it does not exist."""
    if uploads.find_run(connection, batch_run_id) is None:
        return False
    exclusion.insert_excluded(connection, batch_run_id, reason, excluded_by, now)
    return _take_out(connection, batch_run_id)


def restore_run(connection: Connection, batch_run_id: int) -> bool:
    """Move an excluded run back to the other runs.

    False if no run with the id is excluded, or if its time is not allowed.
    """
    run = exclusion.find_place(connection, batch_run_id)
    if run is None or run.started_at < EARLIEST:
        return False
    # The rule of failure groups can have changed while the run was excluded.
    results = exclusion.fetch_results(connection, batch_run_id)
    summary = summarise(results, run.started_at, run.truncated_at)
    summary.join_groups(truncated_lines.find_targets(connection, summary.failures.names))
    exclusion.update_groups(connection, batch_run_id, summary.result_groups)
    exclusion.move_back(connection, batch_run_id)
    jobs = sum_jobs(ci_jobs.fetch_of_run(connection, batch_run_id))
    added = AddedRun(run, summary, jobs, is_newest=False)
    for kept in SUMMARIES:
        kept.add(connection, added)
    return True


def delete_run(connection: Connection, batch_run_id: int) -> bool:
    """Delete a run, excluded or not, with its results; False if there is none with the id."""
    if exclusion.find_place(connection, batch_run_id) is not None:
        exclusion.delete_excluded(connection, batch_run_id)
        return True
    return _take_out(connection, batch_run_id)


def _take_out(connection: Connection, batch_run_id: int) -> bool:
    """Delete a run and subtract it from every summary."""
    run = uploads.find_run(connection, batch_run_id)
    if run is None:
        return False
    if run.started_at < EARLIEST:
        # The sums to which the run belongs cannot be found by such a time.
        uploads.delete_run(connection, batch_run_id)
        rebuild(connection)
        return True
    with ExitStack() as stack:
        for kept in SUMMARIES:
            stack.enter_context(kept.removing(connection, run))
        uploads.delete_run(connection, batch_run_id)
    return True


def _subject(batch_run_id: int) -> str:
    return f"batch run {batch_run_id}"
