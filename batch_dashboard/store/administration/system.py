"""Facts about the installation, sizes, errors, slow statements."""

import json
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Table,
    delete,
    func,
    insert,
    select,
)

from batch_dashboard.store.dialects import dialect_of
from batch_dashboard.store.schema import (
    alert_deliveries,
    batch_runs,
    ecosystem_days,
    excluded_runs,
    pruned_ecosystem_days,
    request_errors,
    retention_rules,
    slow_queries,
    system_facts,
)

LAST_BACKUP = "last backup"
LAST_CHECK = "last rollup check"
LAST_NIGHTLY = "last nightly work"
REGROUPED = "failure groups"
# The maximum number of stored errors, and of stored slow statements.
MAX_NOTED = 200


class Fact(NamedTuple):
    """A fact about the installation, with the time at which it was stored."""

    at: datetime
    value: Any


class RequestError(NamedTuple):
    """A request that was answered with 500."""

    at: datetime
    request_id: str
    method: str
    endpoint: str
    place: str


class SlowQuery(NamedTuple):
    """A slow statement, without its values."""

    at: datetime
    endpoint: str
    milliseconds: int
    statement: str


def put_fact(connection: Connection, name: str, now: datetime, value: Any) -> None:
    """Insert or replace the fact with a name."""
    connection.execute(delete(system_facts).where(system_facts.c.name == name))
    connection.execute(insert(system_facts).values(name=name, at=now, value=json.dumps(value)))


def find_fact(connection: Connection, name: str) -> Fact | None:
    """The fact with a name, None if it is not stored."""
    query = select(system_facts.c.at, system_facts.c.value).where(system_facts.c.name == name)
    row = connection.execute(query).one_or_none()
    return None if row is None else Fact(row.at, json.loads(row.value))


def fetch_retention(connection: Connection) -> dict[str, int | None]:
    """The days operators set, by kind; None: for ever."""
    return {row.kind: row.days for row in connection.execute(select(retention_rules))}


def replace_retention(connection: Connection, days: dict[str, int | None]) -> None:
    """Set the days of these kinds, the others back to default."""
    connection.execute(delete(retention_rules))
    if days:
        connection.execute(
            insert(retention_rules), [{"kind": kind, "days": d} for kind, d in days.items()]
        )


def add_error(
    connection: Connection, now: datetime, request_id: str, method: str, endpoint: str, place: str
) -> None:
    """Store a request that was answered with 500."""
    connection.execute(
        insert(request_errors).values(
            at=now, request_id=request_id, method=method, endpoint=endpoint, place=place
        )
    )
    _make_room(connection, request_errors)


def add_slow_query(
    connection: Connection, now: datetime, endpoint: str, milliseconds: int, statement: str
) -> None:
    """Store a slow statement."""
    connection.execute(
        insert(slow_queries).values(
            at=now, endpoint=endpoint, milliseconds=milliseconds, statement=statement
        )
    )
    _make_room(connection, slow_queries)


def fetch_errors(connection: Connection, count: int) -> list[RequestError]:
    """The last errors, newest first."""
    row = request_errors.c
    query = select(row.at, row.request_id, row.method, row.endpoint, row.place)
    found = connection.execute(query.order_by(row.id.desc()).limit(count))
    return [RequestError(*each) for each in found]


def fetch_slowest(connection: Connection, count: int) -> list[SlowQuery]:
    """The slowest of the stored statements."""
    row = slow_queries.c
    query = select(row.at, row.endpoint, row.milliseconds, row.statement)
    found = connection.execute(query.order_by(row.milliseconds.desc()).limit(count))
    return [SlowQuery(*each) for each in found]


def fetch_sizes(connection: Connection) -> dict[str, int]:
    """How many batch runs and results are kept, how many results were pruned, and excluded runs.

    Read from the sums, because counting rows takes longer the more there are.
    """

    def total(column: Column[Any], *conditions: ColumnElement[bool]) -> int:
        query = select(func.coalesce(func.sum(column), 0)).where(*conditions)
        return int(connection.execute(query).scalar_one())

    day, gone, run = ecosystem_days.c, pruned_ecosystem_days.c, batch_runs.c
    received, of_pruned_runs = total(day.result_count), total(gone.result_count)
    pruned = of_pruned_runs + total(run.pruned_results, run.pruned_results > 0)
    excluded = connection.execute(select(func.count()).select_from(excluded_runs)).scalar_one()
    return {
        "batch_runs": total(day.runs) - total(gone.runs),
        "recipe_results": received - pruned,
        "pruned_results": pruned,
        "excluded_runs": excluded,
    }


def database_bytes(connection: Connection) -> int:
    """The size of the database."""
    return dialect_of(connection).size_bytes(connection)


def database_version(connection: Connection) -> str:
    """The database and its version, such as `SQLite 3.45.1`."""
    return dialect_of(connection).version(connection)


def outbox_length(connection: Connection) -> int:
    """The number of notifications that are not yet sent."""
    waiting = alert_deliveries.c.next_attempt_at.is_not(None)
    found: int = connection.execute(
        select(func.count()).select_from(alert_deliveries).where(waiting)
    ).scalar_one()
    return found


def _make_room(connection: Connection, table: Table) -> None:
    newest = select(func.max(table.c.id)).scalar_subquery()
    connection.execute(delete(table).where(table.c.id <= newest - MAX_NOTED))
