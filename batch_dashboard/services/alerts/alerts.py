"""Alerts: findings become incidents, incidents messages in an outbox, and these are sent.

Source: docs/alerts.md.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from batch_dashboard.model.alerts.incidents import (
    Changes,
    Message,
    admitted,
    compose,
    digest_is_due,
    reconcile,
    to_tell,
    urgent_of,
)
from batch_dashboard.services.alerts.destinations import Destination, send
from batch_dashboard.services.judgement.judgement import find_all
from batch_dashboard.store.alerts import alerts, incidents
from batch_dashboard.store.engine import Connection, Store

# How long after each try that failed the next one is made; after the last one none is.
WAITS = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
)
MAX_ATTEMPTS = len(WAITS)
SENT_AT_ONCE = 100
LOG_KEPT = timedelta(days=90)


def check(
    store: Store, destinations: Sequence[Destination], url: str | None, now: datetime
) -> Changes:
    """Judge everything now; open and close incidents, and put what is to be told into the outbox.

    All of it in one transaction: what was noted as told is in the outbox.
    """
    with store.read() as connection:
        latest = alerts.latest_batch_run_id(connection)
        found, cut = find_all(connection, now)
    with store.write() as connection:
        changes = reconcile(incidents.fetch_open(connection), found, cut, now)
        for finding in changes.opened:
            incidents.insert_opened(connection, finding, now)
        for incident, finding in changes.seen:
            incidents.update_seen(connection, incident, finding)
        for incident in changes.gone:
            incidents.update_gone(connection, incident, now)
        for incident in changes.closed:
            incidents.update_closed(connection, incident, now)
        watch = alerts.fetch_watch(connection)
        is_digest = digest_is_due(watch.last_digest_at, now)
        _tell(connection, destinations, url, now, is_digest)
        if is_digest:
            alerts.delete_old(connection, now - LOG_KEPT)
        alerts.update_watch(
            connection,
            alerts.Watch(latest, now, now if is_digest else watch.last_digest_at),
        )
    return changes


def _tell(
    connection: Connection,
    destinations: Sequence[Destination],
    url: str | None,
    now: datetime,
    is_digest: bool,
) -> None:
    """Put messages into the outbox: urgent ones at once, the rest with the daily digest."""
    if not destinations:
        return
    snoozed = incidents.fetch_snoozes(connection, now)
    all_open = incidents.fetch_open(connection)
    new = to_tell(all_open, snoozed, now)
    urgent = urgent_of(new, all_open)
    if not urgent and not is_digest:
        return
    # What is over goes with the next message, so that it costs nobody a message of its own.
    over = incidents.fetch_closed_to_notify(connection)
    telling = new if is_digest else urgent
    for destination in destinations:
        to_new = admitted(telling, destination.min_severity)
        to_over = admitted(over, destination.min_severity)
        if to_new or to_over:
            message = compose(to_new, to_over, url, is_digest and not urgent)
            alerts.insert_delivery(connection, destination.name, message, now)
    incidents.update_notified(connection, telling, over)


def send_due(
    store: Store,
    destinations: Sequence[Destination],
    clock: Callable[[], datetime],
    own_url: str | None = None,
    goes_on: Callable[[], bool] = lambda: True,
) -> int:
    """Send what is due from the outbox; how many messages were accepted.

    Each is counted as tried before it is sent and noted as sent after: who is killed in between
    leaves it to be sent again. So each is sent at least once, and twice only after such an end.
    """
    by_name = {destination.name: destination for destination in destinations}
    accepted = 0
    for _ in range(SENT_AT_ONCE):
        with store.read() as connection:
            if not alerts.has_due(connection, clock()):
                break
        if not goes_on():
            break
        with store.write() as connection:
            delivery = alerts.claim_due(connection, clock(), WAITS)
        if delivery is None:
            break
        destination = by_name.get(delivery.destination)
        if destination is None:
            error: str | None = "there is no destination of this name any more"
        else:
            error = send(destination, Message(delivery.title, delivery.body), own_url)
        with store.write() as connection:
            if error is None:
                accepted += 1
                alerts.update_sent(connection, delivery.id, clock())
            else:
                gives_up = destination is None or delivery.attempts >= MAX_ATTEMPTS
                alerts.update_failed(connection, delivery.id, error, gives_up)
    return accepted
