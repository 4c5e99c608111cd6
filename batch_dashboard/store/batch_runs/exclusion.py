"""Batch runs that are excluded from the statistics, complete, in separate tables.

Source: docs/decisions/0008-excluded-runs-apart.md.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, Table, delete, func, insert, literal, select

from batch_dashboard.model.batch_runs.records import BatchRun
from batch_dashboard.model.ingest.payload import NewRecipeResults
from batch_dashboard.model.lists.filters import RunFilter
from batch_dashboard.store.ingest.bulk import execute_many
from batch_dashboard.store.ingest.uploads import RESULT_FIELDS
from batch_dashboard.store.lists.conditions import run_conditions
from batch_dashboard.store.schema import (
    batch_runs,
    ci_jobs,
    excluded_ci_jobs,
    excluded_plan_outcomes,
    excluded_results,
    excluded_runs,
    idempotency_keys,
    plan_outcomes,
    recipe_results,
)
from batch_dashboard.store.summaries.summary import StoredRun

MAX_LISTED = 200
_run = excluded_runs.c


class Exclusion(NamedTuple):
    """A run that is excluded, and why."""

    run: BatchRun
    excluded_at: datetime
    excluded_by: str
    reason: str


def insert_excluded(
    connection: Connection, batch_run_id: int, reason: str, excluded_by: str, now: datetime
) -> None:
    """Copy a stored run with its results to the tables of excluded runs."""
    keys = connection.execute(
        select(idempotency_keys.c.idempotency_key).where(
            idempotency_keys.c.batch_run_id == batch_run_id
        )
    ).scalars()
    names = [column.name for column in batch_runs.columns]
    said = {
        "idempotency_keys": json.dumps(list(keys)),
        "excluded_at": now,
        "excluded_by": excluded_by,
        "reason": reason,
    }
    values = [literal(value, excluded_runs.c[name].type) for name, value in said.items()]
    connection.execute(
        insert(excluded_runs).from_select(
            [*names, *said],
            select(*batch_runs.columns, *values).where(batch_runs.c.id == batch_run_id),
        )
    )
    _copy(connection, recipe_results, excluded_results, batch_run_id)
    _copy(connection, ci_jobs, excluded_ci_jobs, batch_run_id)
    _copy(connection, plan_outcomes, excluded_plan_outcomes, batch_run_id)


def move_back(connection: Connection, batch_run_id: int) -> None:
    """Restore an excluded run and its results with their ids; the caller updates the sums.

    An Idempotency-Key that another run has used meanwhile stays with that run.
    """
    names = [column.name for column in batch_runs.columns]
    row = connection.execute(
        select(*(_run[name] for name in names)).where(_run.id == batch_run_id)
    ).one()
    connection.execute(insert(batch_runs).values(dict(zip(names, row, strict=True))))
    _copy(connection, excluded_results, recipe_results, batch_run_id)
    _copy(connection, excluded_ci_jobs, ci_jobs, batch_run_id)
    _copy(connection, excluded_plan_outcomes, plan_outcomes, batch_run_id)
    keys = connection.execute(
        select(_run.idempotency_keys).where(_run.id == batch_run_id)
    ).scalar_one()
    execute_many(
        connection,
        "INSERT INTO idempotency_keys (idempotency_key, batch_run_id) VALUES (?, ?)"
        " ON CONFLICT DO NOTHING",
        [(key, batch_run_id) for key in json.loads(keys)],
    )
    delete_excluded(connection, batch_run_id)


def delete_excluded(connection: Connection, batch_run_id: int) -> None:
    """Delete an excluded run with its results and jobs."""
    for table in (excluded_results, excluded_ci_jobs, excluded_plan_outcomes):
        connection.execute(delete(table).where(table.c.batch_run_id == batch_run_id))
    connection.execute(delete(excluded_runs).where(_run.id == batch_run_id))


def find_place(connection: Connection, batch_run_id: int) -> StoredRun | None:
    """The part of an excluded run that decides its place in the summaries, or None."""
    row = connection.execute(
        select(*(_run[name] for name in StoredRun._fields)).where(_run.id == batch_run_id)
    ).one_or_none()
    return None if row is None else StoredRun(*row)


def fetch_results(connection: Connection, batch_run_id: int) -> NewRecipeResults:
    """The results of an excluded run as they were sent."""
    names = RESULT_FIELDS
    rows = connection.execute(
        select(*(excluded_results.c[name] for name in names))
        .where(excluded_results.c.batch_run_id == batch_run_id)
        .order_by(excluded_results.c.id)
    ).all()
    return NewRecipeResults(
        *[list(column) for column in zip(*rows, strict=True)] or [[]] * len(names)
    )


def update_groups(connection: Connection, batch_run_id: int, groups: Sequence[int | None]) -> None:
    """Set the failure groups of an excluded run's results, in their order."""
    result = excluded_results.c
    ids = connection.execute(
        select(result.id).where(result.batch_run_id == batch_run_id).order_by(result.id)
    ).scalars()
    execute_many(
        connection,
        "UPDATE excluded_results SET failure_group_id = ? WHERE id = ?",
        list(zip(groups, ids, strict=True)),
    )


def find(connection: Connection, batch_run_id: int) -> Exclusion | None:
    """The excluded run with an id, None if there is none."""
    row = connection.execute(_exclusions().where(_run.id == batch_run_id)).one_or_none()
    return None if row is None else _exclusion(row)


def fetch_latest(connection: Connection, run_filter: RunFilter) -> list[Exclusion]:
    """The excluded runs that match, newest first, up to MAX_LISTED."""
    query = (
        _exclusions()
        .where(*run_conditions(run_filter, excluded_runs))
        .order_by(_run.started_at.desc(), _run.id.desc())
        .limit(MAX_LISTED)
    )
    return [_exclusion(row) for row in connection.execute(query)]


def count(connection: Connection, run_filter: RunFilter) -> int:
    """The number of excluded runs that match."""
    query = select(func.count()).where(*run_conditions(run_filter, excluded_runs))
    found: int = connection.execute(query.select_from(excluded_runs)).scalar_one()
    return found


def _exclusions() -> Select[Any]:
    names = (*BatchRun._fields, "excluded_at", "excluded_by", "reason")
    return select(*(_run[name] for name in names))


def _exclusion(row: Row[Any]) -> Exclusion:
    fields = len(BatchRun._fields)
    return Exclusion(BatchRun(*row[:fields]), *row[fields:])


def _copy(connection: Connection, source: Table, target: Table, batch_run_id: int) -> None:
    names = [column.name for column in source.columns]
    connection.execute(
        insert(target).from_select(
            names,
            select(*(source.c[name] for name in names)).where(
                source.c.batch_run_id == batch_run_id
            ),
        )
    )
