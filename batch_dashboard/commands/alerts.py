"""`alerts`: judge, notify, and say where notifications go."""

import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import click

from batch_dashboard.commands.context import changing, in_application, settings, store
from batch_dashboard.errors import NotFound
from batch_dashboard.model.alerts.finding_kinds import Severity
from batch_dashboard.model.alerts.incidents import TEST_MESSAGE
from batch_dashboard.services.alerts import destinations, snoozes
from batch_dashboard.services.alerts.alerts import check, send_due
from batch_dashboard.services.alerts.watching import Watcher
from batch_dashboard.store import service_lock
from batch_dashboard.store.alerts import alerts as alert_store

MAX_LOGGED = 1_000


def _now() -> datetime:
    return datetime.now(UTC)


def _destinations() -> list[destinations.Destination]:
    with store().read() as connection:
        return destinations.fetch_all(connection, settings().secret_key, settings().alert_urls)


@click.group("alerts")
def alerts() -> None:
    """Manage incidents and their notifications."""


@alerts.command("check")
@in_application
def check_now() -> None:
    """Check for findings once, open and close incidents, send notifications; for a timer."""
    goes_to = _destinations()
    changes = check(store(), goes_to, settings().url, _now())
    sent = send_due(store(), goes_to, _now, settings().url)
    click.echo(
        f"{len(changes.opened)} opened, {len(changes.closed)} closed, {sent} notifications sent."
    )


@alerts.command("watch")
@click.option(
    "--while", "pid", type=click.IntRange(1), help="Stop when the process with this id ends."
)
@in_application
def watch(pid: int | None) -> None:
    """Check after each upload and every few minutes; of several processes, only one checks."""
    service_lock.claim(store(), service_lock.WATCHER)
    watcher = Watcher(store(), settings())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: watcher.stop())
    watcher.run(_is_running(pid) if pid else lambda: True)


def _is_running(pid: int) -> Callable[[], bool]:
    def ask() -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
        return True

    return ask


@alerts.command("test")
@click.argument("name", required=False)
@in_application
def test(name: str | None) -> None:
    """Send a test message to one or all destinations; exit code 1 if a destination refuses it."""
    goes_to = [each for each in _destinations() if name in (None, each.name)]
    if not goes_to:
        raise NotFound("there is no such destination; list them with `alerts destinations list`")
    refused = 0
    for destination in goes_to:
        error = destinations.send(destination, TEST_MESSAGE, settings().url)
        with changing() as change:
            destinations.note_test(change, destination, TEST_MESSAGE, error)
        refused += error is not None
        click.echo(f"{destination.name}: {error or 'accepted'}")
    if refused:
        raise click.exceptions.Exit(1)


@alerts.command("snooze")
@click.argument("key")
@click.option(
    "--hours",
    type=click.IntRange(1, snoozes.MAX_HOURS),
    default=24,
    show_default=True,
    help="Duration of the snooze in hours.",
)
@click.option("--reason", default="", help="Reason, shown with the snooze.")
@in_application
def snooze(key: str, hours: int, reason: str) -> None:
    """Send no notifications about a finding for a while; its incident page shows KEY."""
    until = _now() + timedelta(hours=hours)
    with changing() as change:
        snoozes.snooze(change, key, until, reason)
    click.echo(f"No notifications about {key} until {until:%Y-%m-%d %H:%M} UTC.")


@alerts.command("log")
@click.option(
    "--count",
    type=click.IntRange(1, MAX_LOGGED),
    default=20,
    show_default=True,
    help="Number of notifications to list.",
)
@in_application
def log(count: int) -> None:
    """List the latest notifications and their delivery status."""
    with store().read() as connection:
        deliveries = alert_store.fetch_log(connection, count)
    for delivery in deliveries:
        if delivery.sent_at is not None:
            state = f"sent {delivery.sent_at:%Y-%m-%d %H:%M:%S}"
        elif delivery.next_attempt_at is None:
            state = f"failed after {delivery.attempts} attempts: {delivery.last_error}"
        else:
            state = (
                f"waiting, {delivery.attempts} attempts: {delivery.last_error or 'not sent yet'}"
            )
        click.echo(f"{delivery.id:6} {delivery.destination}: {delivery.title} ({state})")


@alerts.group("destinations")
def destination_group() -> None:
    """Manage destinations of notifications, in addition to BATCH_DASHBOARD_ALERT_URLS."""


@destination_group.command("list")
@in_application
def list_destinations() -> None:
    """List the destinations, without their URLs."""
    for destination in _destinations():
        click.echo(f"{destination.name}: {destination.min_severity.and_above}")


@destination_group.command("add")
@click.argument("name")
@click.option(
    "--severity",
    type=click.Choice([severity.value for severity in Severity]),
    default=Severity.NOTICE.value,
    show_default=True,
    help="Lowest severity that the destination receives.",
)
@in_application
def add(name: str, severity: str) -> None:
    """Create or replace a destination; asks for its Apprise URL, which is stored encrypted."""
    url = click.prompt("Apprise URL", hide_input=True)
    with changing() as change:
        destinations.create(change, settings().secret_key, name, url, severity)
    words = Severity(severity).and_above
    click.echo(f"{name} receives: {words}. Send a test message with `alerts test {name}`.")


@destination_group.command("remove")
@click.argument("name")
@in_application
def remove(name: str) -> None:
    """Remove a destination; notifications that wait to be sent to it are not sent."""
    with changing() as change:
        destinations.remove(change, name)
    click.echo(f"Destination {name} was removed.")
