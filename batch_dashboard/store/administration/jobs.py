"""Background jobs and their progress."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from batch_dashboard.model.administration.jobs import Job
from batch_dashboard.store.schema import jobs

_job = jobs.c
_COLUMNS = tuple(_job[name] for name in Job._fields)


def insert_job(
    connection: Connection,
    kind: str,
    parameters: dict[str, Any],
    actor: str,
    address: str,
    now: datetime,
) -> int:
    """Insert a job; returns its id."""
    new_id: int = connection.execute(
        insert(jobs)
        .values(
            kind=kind,
            parameters=json.dumps(parameters),
            actor=actor,
            address=address,
            asked_at=now,
            done=0,
            total=0,
            has_failed=False,
        )
        .returning(_job.id)
    ).scalar_one()
    return new_id


def find(connection: Connection, job_id: int) -> Job | None:
    """The job with an id, None if there is none."""
    row = connection.execute(select(*_COLUMNS).where(_job.id == job_id)).one_or_none()
    return None if row is None else _record(row)


def find_unfinished(connection: Connection) -> Job | None:
    """The oldest unfinished job, None if there is none."""
    query = select(*_COLUMNS).where(_job.finished_at.is_(None)).order_by(_job.id).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else _record(row)


def has_unfinished(connection: Connection, kind: str) -> bool:
    """Whether a job of a kind waits or runs."""
    query = select(_job.id).where(_job.kind == kind, _job.finished_at.is_(None)).limit(1)
    return connection.execute(query).first() is not None


def fetch_latest(connection: Connection, kinds: tuple[str, ...], count: int) -> list[Job]:
    """The last jobs of some kinds, newest first."""
    query = select(*_COLUMNS).where(_job.kind.in_(kinds)).order_by(_job.id.desc()).limit(count)
    return [_record(row) for row in connection.execute(query)]


def update_started(connection: Connection, job_id: int, now: datetime) -> None:
    """Mark a job as started."""
    connection.execute(update(jobs).where(_job.id == job_id).values(started_at=now))


def update_progress(connection: Connection, job_id: int, done: int, total: int) -> None:
    """Store the progress of a job."""
    connection.execute(update(jobs).where(_job.id == job_id).values(done=done, total=total))


def update_finished(
    connection: Connection, job_id: int, outcome: str, has_failed: bool, now: datetime
) -> None:
    """Store the outcome of a job."""
    connection.execute(
        update(jobs)
        .where(_job.id == job_id)
        .values(finished_at=now, outcome=outcome, has_failed=has_failed)
    )


def _record(row: Row[Any]) -> Job:
    return Job._make(row)._replace(parameters=json.loads(row.parameters))
