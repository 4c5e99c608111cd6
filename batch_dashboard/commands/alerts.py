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
    """Incidents, and the notifications that tell of them."""


@alerts.command("check")
@in_application
def check_now() -> None:
    """Judge everything now, open and close incidents, send what is due; for a timer of your own."""
    goes_to = _destinations()
    changes = check(store(), goes_to, settings().url, _now())
    sent = send_due(store(), goes_to, _now, settings().url)
    click.echo(
        f"{len(changes.opened)} opened, {len(changes.closed)} closed, {sent} notifications sent."
    )


@alerts.command("watch")
@click.option("--while", "pid", type=click.IntRange(1), help="End with the process of this number.")
@in_application
def watch(pid: int | None) -> None:
    """Do the same after each upload and every few minutes; of several, one does."""
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
    """Send a test message now, to one destination or to all; exit code 1 where one refuses."""
    goes_to = [each for each in _destinations() if name in (None, each.name)]
    if not goes_to:
        raise NotFound("there is no such destination; `alerts destinations list` shows them")
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
    help="How long the finding is snoozed.",
)
@click.option("--reason", default="", help="Why, for those who wonder.")
@in_application
def snooze(key: str, hours: int, reason: str) -> None:
    """Say nothing of a finding for a while; KEY is what its incident's page calls it."""
    until = _now() + timedelta(hours=hours)
    with changing() as change:
        snoozes.snooze(change, key, until, reason)
    click.echo(f"Nothing is told of {key} until {until:%Y-%m-%d %H:%M} UTC.")


@alerts.command("log")
@click.option(
    "--count",
    type=click.IntRange(1, MAX_LOGGED),
    default=20,
    show_default=True,
    help="How many notifications are listed.",
)
@in_application
def log(count: int) -> None:
    """The last notifications and what became of them."""
    with store().read() as connection:
        deliveries = alert_store.fetch_log(connection, count)
    for delivery in deliveries:
        if delivery.sent_at is not None:
            state = f"sent {delivery.sent_at:%Y-%m-%d %H:%M:%S}"
        elif delivery.next_attempt_at is None:
            state = f"given up after {delivery.attempts} tries: {delivery.last_error}"
        else:
            state = f"waits, tried {delivery.attempts} times: {delivery.last_error or 'not yet'}"
        click.echo(f"{delivery.id:6} {delivery.destination}: {delivery.title} ({state})")


@alerts.group("destinations")
def destination_group() -> None:
    """Where notifications go, beside those of BATCH_DASHBOARD_ALERT_URLS."""


@destination_group.command("list")
@in_application
def list_destinations() -> None:
    """The destinations; their URLs are never shown."""
    for destination in _destinations():
        click.echo(f"{destination.name}: {destination.min_severity} and worse")


@destination_group.command("add")
@click.argument("name")
@click.option(
    "--severity",
    type=click.Choice([severity.value for severity in Severity]),
    default=Severity.NOTICE.value,
    show_default=True,
    help="The destination gets findings of this severity and above.",
)
@in_application
def add(name: str, severity: str) -> None:
    """Make a destination, or change it; its Apprise URL is asked for and kept encrypted."""
    url = click.prompt("Apprise URL", hide_input=True)
    with changing() as change:
        destinations.create(change, settings().secret_key, name, url, severity)
    click.echo(f"{name} gets what is {severity} and worse. `alerts test {name}` tries it.")


@destination_group.command("remove")
@click.argument("name")
@in_application
def remove(name: str) -> None:
    """Delete a destination; what waits for it is given up."""
    with changing() as change:
        destinations.remove(change, name)
    click.echo(f"{name} is gone.")
