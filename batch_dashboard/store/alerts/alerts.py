"""Destinations of notifications, the outbox, and the lease of the watching process."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from batch_dashboard.model.alerts.finding_kinds import Severity
from batch_dashboard.model.alerts.incidents import Message
from batch_dashboard.store.schema import (
    alert_deliveries,
    alert_destinations,
    alert_watch,
    batch_runs,
)

_delivery = alert_deliveries.c
_watch = alert_watch.c
_THE_ROW = 1


class Delivery(NamedTuple):
    """One message to one destination, and the outcome of its delivery."""

    id: int
    destination: str
    title: str
    body: str
    created_at: datetime
    attempts: int
    next_attempt_at: datetime | None  # None: sent, or given up
    sent_at: datetime | None  # None: not yet, or never
    last_error: str | None


class StoredDestination(NamedTuple):
    """A destination created by an operator; its URL is encrypted."""

    name: str
    encrypted_url: bytes
    min_severity: Severity


class Watch(NamedTuple):
    """The progress of the watching process."""

    last_batch_run_id: int
    last_check_at: datetime | None
    last_digest_at: datetime | None


_COLUMNS = tuple(_delivery[name] for name in Delivery._fields)


def insert_delivery(
    connection: Connection, destination: str, message: Message, now: datetime
) -> None:
    """Insert a message into the outbox."""
    _insert(connection, destination, message, now, attempts=0, next_attempt_at=now)


def insert_tested(
    connection: Connection, destination: str, message: Message, error: str | None, now: datetime
) -> None:
    """Store a test message, which is sent only once."""
    sent_at = None if error else now
    _insert(connection, destination, message, now, attempts=1, sent_at=sent_at, last_error=error)


def _insert(
    connection: Connection, destination: str, message: Message, now: datetime, **state: Any
) -> None:
    connection.execute(
        insert(alert_deliveries).values(
            destination=destination,
            title=message.title,
            body=message.body,
            created_at=now,
            **state,
        )
    )


def claim_due(
    connection: Connection, now: datetime, waits: tuple[timedelta, ...]
) -> Delivery | None:
    """The next due message. Counts the attempt and schedules the next one in case it fails."""
    query = (
        select(*_COLUMNS)
        .where(_delivery.next_attempt_at.is_not(None), _delivery.next_attempt_at <= now)
        .order_by(_delivery.next_attempt_at, _delivery.id)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    found = Delivery(*row)
    wait = waits[min(found.attempts, len(waits) - 1)]
    connection.execute(
        update(alert_deliveries)
        .where(_delivery.id == found.id)
        .values(attempts=found.attempts + 1, next_attempt_at=now + wait)
    )
    return found._replace(attempts=found.attempts + 1)


def update_sent(connection: Connection, delivery_id: int, now: datetime) -> None:
    """Mark a message as accepted by its destination."""
    connection.execute(
        update(alert_deliveries)
        .where(_delivery.id == delivery_id)
        .values(sent_at=now, next_attempt_at=None, last_error=None)
    )


def update_failed(connection: Connection, delivery_id: int, error: str, gives_up: bool) -> None:
    """Store why a message was not delivered; if it is given up, it is not tried again."""
    values: dict[str, str | None] = {"last_error": error}
    if gives_up:
        values["next_attempt_at"] = None
    connection.execute(update(alert_deliveries).where(_delivery.id == delivery_id).values(**values))


def has_due(connection: Connection, now: datetime) -> bool:
    """Whether a message waits to be sent."""
    query = (
        select(_delivery.id)
        .where(_delivery.next_attempt_at.is_not(None), _delivery.next_attempt_at <= now)
        .limit(1)
    )
    return connection.execute(query).one_or_none() is not None


def count_waiting(connection: Connection, destination: str) -> int:
    """The number of unsent messages to a destination."""
    found: int = connection.execute(
        select(func.count())
        .select_from(alert_deliveries)
        .where(_delivery.next_attempt_at.is_not(None), _delivery.destination == destination)
    ).scalar_one()
    return found


def fetch_log(connection: Connection, count: int) -> list[Delivery]:
    """The last messages, newest first."""
    query = select(*_COLUMNS).order_by(_delivery.id.desc()).limit(count)
    return [Delivery(*row) for row in connection.execute(query)]


def delete_old(connection: Connection, before: datetime) -> None:
    """Delete sent and given-up messages that were created before a time."""
    connection.execute(
        delete(alert_deliveries).where(
            _delivery.created_at < before, _delivery.next_attempt_at.is_(None)
        )
    )


def fetch_destinations(connection: Connection) -> list[StoredDestination]:
    """The destinations created by operators, by name."""
    table = alert_destinations.c
    query = select(table.name, table.encrypted_url, table.min_severity).order_by(table.name)
    return [StoredDestination(*row) for row in connection.execute(query)]


def replace_destination(
    connection: Connection, destination: StoredDestination, now: datetime
) -> None:
    """Create a destination, or change the one with that name."""
    delete_destination(connection, destination.name)
    connection.execute(insert(alert_destinations).values(**destination._asdict(), created_at=now))


def delete_destination(connection: Connection, name: str) -> bool:
    """Delete a destination; False when there is none of that name."""
    gone = connection.execute(delete(alert_destinations).where(alert_destinations.c.name == name))
    return gone.rowcount > 0


def take_lease(connection: Connection, holder: str, now: datetime, until: datetime) -> bool:
    """Take or renew the lease for watching; False while another process holds it."""
    if connection.execute(select(_watch.id)).one_or_none() is None:
        connection.execute(insert(alert_watch).values(id=_THE_ROW, last_batch_run_id=0))
    taken = connection.execute(
        update(alert_watch)
        .where(or_(_watch.holder.is_(None), _watch.holder == holder, _watch.lease_until <= now))
        .values(holder=holder, lease_until=until)
    )
    return taken.rowcount > 0


def release_lease(connection: Connection, holder: str) -> None:
    """Give up the lease, so that another process can watch at once."""
    connection.execute(
        update(alert_watch).where(_watch.holder == holder).values(holder=None, lease_until=None)
    )


def fetch_watcher(connection: Connection, now: datetime) -> str | None:
    """The process that holds the lease, None if there is none."""
    query = select(_watch.holder).where(_watch.lease_until > now)
    return connection.execute(query).scalar_one_or_none()


def fetch_watch(connection: Connection) -> Watch:
    """The stored progress of watching; that of a new installation if there is none."""
    row = connection.execute(
        select(_watch.last_batch_run_id, _watch.last_check_at, _watch.last_digest_at)
    ).one_or_none()
    return Watch(0, None, None) if row is None else Watch(*row)


def update_watch(connection: Connection, watch: Watch) -> None:
    """Store the progress of watching."""
    changed = connection.execute(update(alert_watch).values(**watch._asdict()))
    if not changed.rowcount:
        connection.execute(insert(alert_watch).values(id=_THE_ROW, **watch._asdict()))


def ask_for_check(connection: Connection) -> None:
    """Ask the watching process to judge everything at its next turn."""
    connection.execute(update(alert_watch).values(last_check_at=None))


def latest_batch_run_id(connection: Connection) -> int:
    """The id of the run that was stored last, 0 if there is none."""
    found: int | None = connection.execute(select(func.max(batch_runs.c.id))).scalar_one()
    return found or 0
