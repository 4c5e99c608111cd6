"""Alerts: findings become incidents, incidents become messages, and messages are sent.

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
from batch_dashboard.services.failures.known_issues import end_due
from batch_dashboard.services.judgement.judgement import find_all
from batch_dashboard.store.alerts import alerts, incidents
from batch_dashboard.store.engine import Connection, Store

# The time from each failed attempt to the next; after the last one the message is given up.
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
    """Judge everything now; open and close incidents, and write messages into the outbox.

    All in one transaction, so that every incident marked as notified has a message. Known issues
    that passed or expired are ended before.
    """
    end_due(store, now)
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
    """Write messages into the outbox: urgent ones at once, the rest in the daily digest."""
    if not destinations:
        return
    snoozed = incidents.fetch_snoozes(connection, now)
    all_open = incidents.fetch_open(connection)
    new = to_tell(all_open, snoozed, now)
    urgent = urgent_of(new, all_open)
    if not urgent and not is_digest:
        return
    # Ended incidents are reported in the next message, so that they need no message of their own.
    over = incidents.fetch_closed_to_notify(connection)
    telling = new if is_digest else urgent
    for destination in destinations:
        to_new = admitted(telling, destination.min_severity)
        ended = [incident for incident in over if not incident.kind.is_event]
        to_over = admitted(ended, destination.min_severity)
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
    """Send due messages from the outbox; returns how many were accepted.

    An attempt is counted before a message is sent, and its success is stored afterwards. If the
    process is killed in between, the message is sent again: at least once, rarely twice.
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
            error: str | None = "there is no destination of this name; it may have been removed"
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
