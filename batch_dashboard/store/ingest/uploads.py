"""Writing batch runs and their results, and finding earlier uploads."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, select

from batch_dashboard.model.ingest.payload import NewBatchRun, NewRecipeResults
from batch_dashboard.model.ingest.summaries import RunSummary
from batch_dashboard.model.lists.filters import RunFilter
from batch_dashboard.model.spending.ci_jobs import TIMES, NewJob
from batch_dashboard.store.ingest.bulk import insert_columns, run_statement
from batch_dashboard.store.lists.conditions import run_conditions
from batch_dashboard.store.schema import (
    batch_runs,
    ci_jobs,
    excluded_runs,
    idempotency_keys,
    recipe_results,
)
from batch_dashboard.store.summaries.summary import StoredRun

RUN_FIELDS = tuple(name for name in NewBatchRun.__annotations__ if name in batch_runs.columns)
RESULT_FIELDS = tuple(NewRecipeResults.__annotations__)

# Texts that are mostly the same in all results of a run.
OFTEN_CONSTANT = {"ecosystem", "platform"}

RUN_COLUMNS = (*RUN_FIELDS, "result_count", "failed_milliseconds", "ingest_token_id", "stored_at")
_INSERT_RUN = (
    f"INSERT INTO batch_runs ({', '.join(RUN_COLUMNS)})"
    f" VALUES ({', '.join('?' * len(RUN_COLUMNS))}) RETURNING id"
)
_FIND_DIGEST = (
    "SELECT id FROM batch_runs WHERE content_digest = ?"
    " UNION ALL SELECT id FROM excluded_runs WHERE content_digest = ?"
)


class StoredUpload(NamedTuple):
    """A stored batch run, and the digest of its payload."""

    id: int
    content_digest: bytes


def insert_run(
    connection: Connection,
    run: NewBatchRun,
    summary: RunSummary,
    ingest_token_id: int | None,
    stored_at: datetime,
) -> int:
    """Insert a batch run without its results; returns its id. Its content must be new."""
    batch_run_id: int
    [[batch_run_id]] = run_statement(
        connection,
        _INSERT_RUN,
        *(getattr(run, name) for name in RUN_FIELDS),
        len(run.results),
        summary.failed_milliseconds,
        ingest_token_id,
        stored_at,
    )
    return batch_run_id


def insert_results(
    connection: Connection, batch_run_id: int, run: NewBatchRun, summary: RunSummary
) -> None:
    """Insert a batch run's results, in the order they were sent."""
    if not run.results:
        return
    columns = {name: getattr(run.results, name) for name in RESULT_FIELDS}
    # Binding NULLs for a field that no result has takes time.
    columns = {name: column for name, column in columns.items() if column.count(None) < len(column)}
    if summary.known_failures:
        known: list[bool | None] = [None] * len(run.results)
        for index in summary.known_failures:
            known[index] = True
        columns["known_to_fail"] = known
    constants: dict[str, int | str | None] = {
        "batch_run_id": batch_run_id,
        "started_at": int(run.started_at.timestamp()),
    }
    for name in OFTEN_CONSTANT & columns.keys():
        first = columns[name][0]
        if columns[name].count(first) == len(run.results):
            constants[name] = first
            del columns[name]
    columns["failure_group_id"] = summary.result_groups
    insert_columns(connection, recipe_results, columns, constants)


def insert_jobs(connection: Connection, batch_run_id: int, jobs: Sequence[NewJob]) -> None:
    """Insert the CI jobs of a batch run, in the order they were sent."""
    if not jobs:
        return
    columns = dict(zip(NewJob._fields, map(list, zip(*jobs, strict=True)), strict=True))
    for name in TIMES:
        columns[name] = [None if time is None else int(time.timestamp()) for time in columns[name]]
    insert_columns(connection, ci_jobs, columns, {"batch_run_id": batch_run_id})


def update_publisher(
    connection: Connection, batch_run_id: int, publisher_id: int, claims: Mapping[str, str]
) -> None:
    """Store the trusted publisher of a batch run, and the claims of its identity token."""
    run_statement(
        connection,
        "UPDATE batch_runs SET trusted_publisher_id = ?, publisher_claims = ? WHERE id = ?",
        publisher_id,
        json.dumps(claims),
        batch_run_id,
    )


def find_by_digest(connection: Connection, content_digest: bytes) -> int | None:
    """The id of the batch run with this content, even if it is excluded; None if unknown."""
    rows = run_statement(connection, _FIND_DIGEST, content_digest, content_digest)
    return rows[0][0] if rows else None


def find_by_idempotency_key(connection: Connection, key: str) -> StoredUpload | None:
    """The batch run that was uploaded with an Idempotency-Key, None if there is none."""
    row = connection.execute(
        select(batch_runs.c.id, batch_runs.c.content_digest)
        .join(idempotency_keys, idempotency_keys.c.batch_run_id == batch_runs.c.id)
        .where(idempotency_keys.c.idempotency_key == key)
    ).one_or_none()
    return None if row is None else StoredUpload(*row)


def insert_idempotency_key(connection: Connection, key: str, batch_run_id: int) -> None:
    """Store the batch run of an Idempotency-Key; excluded runs get none."""
    run_statement(
        connection,
        "INSERT INTO idempotency_keys (idempotency_key, batch_run_id)"
        " SELECT CAST(? AS TEXT), id FROM batch_runs WHERE id = ?",
        key,
        batch_run_id,
    )


def find_run(connection: Connection, batch_run_id: int) -> StoredRun | None:
    """The part of a batch run that decides its place in the summaries."""
    row = connection.execute(
        select(*(batch_runs.c[name] for name in StoredRun._fields)).where(
            batch_runs.c.id == batch_run_id
        )
    ).one_or_none()
    return None if row is None else StoredRun(*row)


def count_chosen(
    connection: Connection, run_filter: RunFilter, of_excluded: bool, last_id: int | None
) -> tuple[int, int]:
    """The number of runs that match, excluded or not, and their highest id."""
    table = excluded_runs if of_excluded else batch_runs
    query = select(func.count(), func.coalesce(func.max(table.c.id), 0)).where(
        *run_conditions(run_filter, table)
    )
    if last_id is not None:
        query = query.where(table.c.id <= last_id)
    count, highest = connection.execute(query).one()
    return count, highest


def fetch_chosen(
    connection: Connection,
    run_filter: RunFilter,
    of_excluded: bool,
    after_id: int,
    last_id: int,
    count: int,
) -> list[int]:
    """Up to `count` ids of the runs that match, lowest first, between two ids."""
    table = excluded_runs if of_excluded else batch_runs
    query = (
        select(table.c.id)
        .where(*run_conditions(run_filter, table), table.c.id > after_id, table.c.id <= last_id)
        .order_by(table.c.id)
        .limit(count)
    )
    return list(connection.execute(query).scalars())


def delete_run(connection: Connection, batch_run_id: int) -> None:
    """Delete a batch run with its results; the caller updates the summaries."""
    connection.execute(delete(batch_runs).where(batch_runs.c.id == batch_run_id))
