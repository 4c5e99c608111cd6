"""Incidents from their opening to their close, and their notifications."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_string
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import text

from batch_dashboard.errors import InputError
from batch_dashboard.model.alerts.finding_kinds import Severity
from batch_dashboard.model.alerts.incidents import Changes, Incident
from batch_dashboard.services.administration.changes import changing
from batch_dashboard.services.alerts import destinations
from batch_dashboard.services.alerts.alerts import MAX_ATTEMPTS, WAITS, check, send_due
from batch_dashboard.services.alerts.destinations import Destination
from batch_dashboard.services.alerts.watching import LEASE, Watcher
from batch_dashboard.settings import PROJECT_ROOT, Settings
from batch_dashboard.store.alerts import alerts, incidents
from batch_dashboard.store.engine import Store
from batch_dashboard.store.judgement import ecosystem_rules
from tests.factories import NOW, batch_run, failed_result, ingest, recipe_result
from tests.http.server import running_server
from tests.http.uploads import post
from tests.receivers import Received, http_receiver, mail_receiver
from tests.visitors import SOMEBODY

HOUR = timedelta(hours=1)
KEY = "k" * 32
NOWHERE = Destination("nowhere", "json://127.0.0.1:9/", Severity.NOTICE)


@pytest.fixture
def receiver() -> Iterator[Received]:
    with http_receiver() as received:
        yield received


def upload(store: Store, started_at: datetime, passes: bool, recipe: str = "wget") -> None:
    result = recipe_result if passes else failed_result
    ingest(
        store,
        batch_run(
            batch_id=f"{recipe}-{started_at}",
            started_at=started_at.isoformat(),
            completed_at=None,
            results=[result(recipe_name=recipe)],
        ),
        max(NOW, started_at),
    )


def look(store: Store, now: datetime, *goes_to: Destination) -> Changes:
    return check(store, goes_to, "https://dash.example", now)


def kinds(changes: Changes) -> list[str]:
    return sorted(finding.kind for finding in changes.opened)


def outbox(store: Store) -> list[alerts.Delivery]:
    with store.read() as connection:
        return alerts.fetch_log(connection, 100)[::-1]


def all_open(store: Store) -> dict[str, Incident]:
    with store.read() as connection:
        return {each.finding_key: each for each in incidents.fetch_open(connection)}


def test_a_stuck_recipe_is_one_incident_from_the_fifth_failure_to_the_next_pass(
    store: Store,
) -> None:
    for number in range(5):
        assert "stuck:homebrew/wget" not in all_open(store)
        upload(store, NOW + number * HOUR, passes=False)
        look(store, NOW + number * HOUR)
    opened = all_open(store)["stuck:homebrew/wget"]
    assert opened.opening_sentence.startswith("has failed 5 times in a row, since 2026-11-23")
    assert opened.since == NOW
    upload(store, NOW + 5 * HOUR, passes=False)
    changes = look(store, NOW + 5 * HOUR)
    assert changes.opened == []
    assert all_open(store)["stuck:homebrew/wget"].last_sentence.startswith("has failed 6 times")
    upload(store, NOW + 6 * HOUR, passes=True)
    assert [each.kind for each in look(store, NOW + 6 * HOUR).closed] == ["stuck"]
    with store.read() as connection:
        closed = incidents.find(connection, opened.id)
    assert closed is not None
    assert closed.closed_at == NOW + 6 * HOUR
    assert closed.last_sentence.startswith("has failed 6 times")


def test_an_ecosystem_that_comes_and_goes_is_one_incident(store: Store) -> None:
    for number in range(5):
        upload(store, NOW + number * HOUR, passes=False)
    at = NOW + 5 * HOUR
    assert kinds(look(store, at)) == ["failing", "new failure", "stuck"]
    key = "ecosystem:homebrew"
    upload(store, at, passes=True)
    look(store, at)
    assert all_open(store)[key].gone_since == at
    for number in range(1, 6):
        upload(store, at + number * HOUR, passes=False)
    look(store, at + 5 * HOUR)
    assert all_open(store)[key].gone_since is None
    # Silent by now: still the same incident, which says so.
    look(store, at + 30 * HOUR)
    assert all_open(store)[key].kind == "silent"
    assert all_open(store)[key].severity == "critical"
    for number in range(12):
        upload(store, at + 31 * HOUR + number * HOUR, passes=True)
    gone = at + 43 * HOUR
    look(store, gone)
    # Held for a day.
    look(store, gone + 23 * HOUR)
    assert key in all_open(store)


def test_each_incident_is_told_once_and_once_more_when_it_is_worse(store: Store) -> None:
    def minutes(value: float, number: int) -> None:
        payload = batch_run(
            batch_id=f"minutes-{number}",
            started_at=(NOW + timedelta(minutes=number)).isoformat(),
            completed_at=None,
            macos_minutes=value,
            linux_minutes=0,
            results=[],
        )
        ingest(store, payload)

    for number, value in enumerate((700, 101, 50, 100, 100)):
        minutes(value, number)
        look(store, NOW + number * HOUR, NOWHERE)
        look(store, NOW + number * HOUR, NOWHERE)
    told = [delivery for delivery in outbox(store) if "macOS" in delivery.title]
    assert [delivery.title.split(":")[0] for delivery in told] == ["1 warning", "1 critical"]
    assert "801 of 1,000 minutes used this week" in told[0].body
    assert "https://dash.example/incidents/" in told[0].body


def test_what_is_low_waits_for_the_digest_and_what_is_over_goes_with_it(store: Store) -> None:
    for number in range(5):
        upload(store, NOW + number * HOUR, passes=False)
    at = NOW + 5 * HOUR
    # A first digest of the day is due at once where none was sent before 07:00.
    look(store, at, NOWHERE)
    assert len(outbox(store)) == 1
    upload(store, at, passes=True)
    look(store, at + HOUR, NOWHERE)
    assert len(outbox(store)) == 1
    tomorrow = datetime(2026, 11, 24, 6, 59, tzinfo=UTC)
    look(store, tomorrow, NOWHERE)
    assert len(outbox(store)) == 1
    look(store, tomorrow + timedelta(minutes=1), NOWHERE)
    digest = outbox(store)[-1]
    assert len(outbox(store)) == 2
    assert "OVER stuck – wget (homebrew)" in digest.body
    look(store, tomorrow + HOUR, NOWHERE)
    assert len(outbox(store)) == 2


def test_a_snoozed_finding_is_told_when_the_snooze_is_over(store: Store) -> None:
    with store.write() as connection:
        for key in ("stuck:homebrew/wget", "ecosystem:homebrew"):
            incidents.replace_snooze(connection, key, NOW + 8 * HOUR, "known")
    for number in range(5):
        upload(store, NOW + number * HOUR, passes=False)
    look(store, NOW + 5 * HOUR, NOWHERE)
    assert not any("homebrew" in delivery.body for delivery in outbox(store))
    look(store, NOW + 8 * HOUR, NOWHERE)
    assert outbox(store)[-1].title == "1 critical: homebrew"


def test_a_recipe_stuck_while_its_ecosystem_is_critical_waits_for_the_digest(store: Store) -> None:
    def fail(recipe: str, minute: int) -> None:
        for number in range(5):
            at = NOW + number * HOUR + timedelta(minutes=minute)
            upload(store, at, passes=False, recipe=recipe)

    fail("wget", 0)
    look(store, NOW + 5 * HOUR, NOWHERE)
    fail("curl", 1)
    look(store, NOW + 5 * HOUR, NOWHERE)
    assert "stuck:homebrew/curl" in all_open(store)
    assert not any("curl" in delivery.body for delivery in outbox(store))
    look(store, datetime(2026, 11, 24, 7, tzinfo=UTC), NOWHERE)
    assert "WARNING stuck – curl (homebrew)" in outbox(store)[-1].body


def test_a_destination_gets_what_is_as_bad_as_it_asks_for(store: Store) -> None:
    critical = replace(NOWHERE, name="critical only", min_severity=Severity.CRITICAL)
    for number in range(5):
        upload(store, NOW + number * HOUR, passes=False)
    look(store, NOW + 5 * HOUR, NOWHERE, critical)
    [everything] = [each for each in outbox(store) if each.destination == "nowhere"]
    [worst] = [each for each in outbox(store) if each.destination == "critical only"]
    assert "WARNING stuck" in everything.body
    assert "CRITICAL failing" in worst.body
    assert "WARNING" not in worst.body


def test_what_is_over_reaches_those_whom_the_next_message_does_not_concern(store: Store) -> None:
    critical = replace(NOWHERE, name="critical only", min_severity=Severity.CRITICAL)
    for number in range(5):
        upload(store, NOW + number * HOUR, passes=False)
    look(store, NOW + 5 * HOUR, NOWHERE, critical)
    with store.write() as connection:
        ecosystem_rules.replace_pause(connection, "homebrew", "known", None, NOW, None)
    look(store, NOW + 6 * HOUR, NOWHERE, critical)
    look(store, NOW + 30 * HOUR, NOWHERE, critical)
    with store.write() as connection:
        connection.execute(text("UPDATE incidents SET closed_notified = false"))
    macos = batch_run(started_at=(NOW + HOUR).isoformat(), completed_at=None, macos_minutes=801)
    ingest(store, macos, NOW + HOUR)
    look(store, NOW + 31 * HOUR, NOWHERE, critical)
    urgent = [each for each in outbox(store) if each.created_at == NOW + 31 * HOUR]
    told = {each.destination: each.body for each in urgent}
    assert told["nowhere"].startswith("WARNING")
    assert told["critical only"].startswith("OVER failing – homebrew")


def test_without_a_destination_nothing_counts_as_told(store: Store) -> None:
    for number in range(5):
        upload(store, NOW + number * HOUR, passes=False)
    look(store, NOW + 5 * HOUR)
    assert outbox(store) == []
    look(store, NOW + 6 * HOUR, NOWHERE)
    assert len(outbox(store)) == 1


def test_an_http_receiver_gets_the_message(store: Store, receiver: Received) -> None:
    goes_to = Destination("hook", receiver.url, Severity.NOTICE)
    for number in range(5):
        upload(store, NOW + number * HOUR, passes=False)
    at = NOW + 5 * HOUR
    look(store, at, goes_to)
    assert send_due(store, [goes_to], lambda: at) == 1
    message = receiver.wait()
    assert message["title"].startswith("1 critical, 1 warning")
    assert "no recipe has passed in 5 runs" in message["message"]
    assert send_due(store, [goes_to], lambda: at + timedelta(days=9)) == 0
    assert len(receiver.messages) == 1


def test_a_mail_server_gets_the_message(store: Store) -> None:
    with mail_receiver() as received:
        goes_to = Destination("mail", received.url, Severity.NOTICE)
        for number in range(5):
            upload(store, NOW + number * HOUR, passes=False)
        look(store, NOW + 5 * HOUR, goes_to)
        assert send_due(store, [goes_to], lambda: NOW + 5 * HOUR) == 1
        mail = received.wait()
    parsed = message_from_string(mail["content"], policy=default)
    assert mail["to"] == ["people@example.org"]
    assert str(parsed["subject"]).startswith("1 critical, 1 warning")
    body = parsed.get_body(("plain",))
    assert body is not None
    assert "wget (homebrew)" in body.get_content()


def clock_at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def test_a_refused_message_is_tried_again_later_and_later_and_then_given_up(
    store: Store, receiver: Received
) -> None:
    receiver.status = 503
    goes_to = Destination("hook", receiver.url, Severity.NOTICE)
    for number in range(5):
        upload(store, NOW + number * HOUR, passes=False)
    at = NOW + 5 * HOUR
    look(store, at, goes_to)
    for tried in range(1, MAX_ATTEMPTS + 1):
        assert send_due(store, [goes_to], clock_at(at)) == 0
        [delivery] = outbox(store)
        assert delivery.attempts == tried
        assert delivery.last_error
        assert "secret-path" not in delivery.last_error
        if tried < MAX_ATTEMPTS:
            assert delivery.next_attempt_at == at + WAITS[tried - 1]
            at = delivery.next_attempt_at
    assert delivery.next_attempt_at is None
    assert delivery.sent_at is None


def test_what_waits_for_a_destination_that_is_gone_is_given_up(store: Store) -> None:
    for number in range(5):
        upload(store, NOW + number * HOUR, passes=False)
    look(store, NOW + 5 * HOUR, NOWHERE)
    assert send_due(store, [], lambda: NOW + 5 * HOUR) == 0
    [delivery] = outbox(store)
    assert delivery.next_attempt_at is None
    assert delivery.last_error == "there is no destination of this name; it may have been removed"


def test_a_destination_is_kept_encrypted(store: Store) -> None:
    url = "json://user:very-secret@127.0.0.1/"
    with changing(store, SOMEBODY, NOW) as change:
        destinations.create(change, KEY, "hook", url, "warning")
        with pytest.raises(InputError, match="Apprise"):
            destinations.create(change, KEY, "bad", "nonsense", "warning")
    with store.read() as connection:
        [found] = destinations.fetch_all(connection, KEY, [])
        assert (found.name, found.url, found.min_severity) == ("hook", url, "warning")
        assert "secret" not in repr(found)
        sealed = connection.execute(
            text("SELECT encrypted_url FROM alert_destinations")
        ).scalar_one()
        assert b"secret" not in bytes(sealed)
        assert destinations.fetch_all(connection, "another key" * 4, []) == []


def test_one_of_two_watches_and_the_other_takes_over(store: Store, settings: Settings) -> None:
    now = [NOW]
    first, second = (Watcher(store, settings, lambda: now[0]) for _ in range(2))
    first.look()
    second.look()
    assert (first.holds_lease, second.holds_lease) == (True, False)
    for _ in range(5):
        now[0] += LEASE / 2
        first.look()
        second.look()
        assert (first.holds_lease, second.holds_lease) == (True, False)
    now[0] += LEASE
    second.look()
    assert second.holds_lease
    assert not first.holds_lease


def environ_of(url: str, folder: Path, receiver: Received) -> dict[str, str]:
    return {
        **os.environ,
        "BATCH_METRICS_DATABASE_URL": url,
        "BATCH_DASHBOARD_INSTANCE_DIR": str(folder / "instance"),
        "BATCH_DASHBOARD_ALERT_URLS": receiver.url,
    }


@contextmanager
def watching(environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "app", "alerts", "watch"],
        cwd=PROJECT_ROOT,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def recently() -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - HOUR


@pytest.mark.slow
def test_who_is_killed_before_the_answer_comes_loses_nothing(
    store: Store, database_url: str, tmp_path: Path, receiver: Received
) -> None:
    receiver.answers.clear()
    for number in range(5):
        upload(store, recently() + number * timedelta(minutes=5), passes=False)
    environ = environ_of(database_url, tmp_path, receiver)
    with watching(environ) as first:
        receiver.wait(30)
        first.send_signal(signal.SIGKILL)
        first.wait()
    [delivery] = outbox(store)
    assert delivery.sent_at is None
    receiver.answers.set()
    # The lease of who was killed ends after half a minute; an operator's check need not wait.
    with store.write() as connection:
        connection.execute(text("UPDATE alert_watch SET holder = NULL"))
    with watching(environ) as second:
        receiver.wait(30)
        until = time.monotonic() + 30
        while outbox(store)[0].sent_at is None and time.monotonic() < until:
            time.sleep(0.1)
        second.terminate()
        assert second.wait(30) == 0
    [delivery] = outbox(store)
    assert delivery.sent_at is not None
    assert delivery.attempts == 2
    assert receiver.messages[0] == receiver.messages[1]


@pytest.mark.slow
def test_a_receiver_that_hangs_holds_up_neither_uploads_nor_incidents(
    store: Store, database_url: str, tmp_path: Path, receiver: Received
) -> None:
    receiver.answers.clear()
    for number in range(5):
        upload(store, recently() + number * timedelta(minutes=5), passes=False)
    with watching(environ_of(database_url, tmp_path, receiver)):
        receiver.wait(30)
        with running_server(database_url, tmp_path) as url:
            for number in range(5):
                payload = batch_run(
                    batch_id=f"more-{number}",
                    started_at=(recently() + timedelta(minutes=30 + number)).isoformat(),
                    completed_at=None,
                    results=[failed_result(recipe_name="curl")],
                )
                assert post(url, payload)[0] == 201
        until = time.monotonic() + 30
        while "stuck:homebrew/curl" not in all_open(store) and time.monotonic() < until:
            time.sleep(0.1)
        assert "stuck:homebrew/curl" in all_open(store)
        assert outbox(store)[0].sent_at is None
