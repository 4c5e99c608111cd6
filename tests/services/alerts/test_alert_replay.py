"""Whole histories judged as they happened: few messages, each soon, none twice."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from batch_dashboard.model.alerts.finding_kinds import rank
from batch_dashboard.model.demo.demo import demo_payloads
from batch_dashboard.model.ingest.payload import NewBatchRun, check_payload
from batch_dashboard.services.administration.database import upgrade_database
from batch_dashboard.store.engine import Store
from bench.replay_alerts import Replay, read, replay
from tests.factories import NOW
from tests.services.corpus import CORPUS, needs_corpus

DEMO_DAYS = 14
# Besides after each run. The service looks more often, which costs time and finds the same.
LOOKS_EVERY = timedelta(hours=4)


def runs_of(history: str) -> list[NewBatchRun]:
    if history == "corpus":
        return [check_payload(payload, NOW) for payload in read(CORPUS)]
    payloads = list(demo_payloads(3_000, 3, date(2026, 11, 22)))
    runs = [check_payload(payload, NOW) for payload in payloads]
    last = max(run.started_at for run in runs)
    return [run for run in runs if last - run.started_at < timedelta(days=DEMO_DAYS)]


@pytest.fixture(params=["demo", pytest.param("corpus", marks=needs_corpus)], scope="module")
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Replay:
    folder: Path = tmp_path_factory.mktemp("replay")
    store = Store(f"sqlite:///{folder / 'replay.db'}", 60)
    upgrade_database(store)
    result = replay(store, runs_of(request.param), LOOKS_EVERY)
    store.close()
    return result


@pytest.mark.slow
def test_stuck_recipes_and_failing_ecosystems_are_found_within_the_fifth_bad_run(
    found: Replay,
) -> None:
    stuck = [each for each in found.incidents if each.kind == "stuck"]
    assert stuck
    assert {found.bad_runs[each.id] for each in stuck} == {5}
    assert max(found.most_bad_runs.values(), default=0) <= 5


@pytest.mark.slow
def test_there_are_at_most_two_messages_a_day_and_none_repeats_an_open_incident(
    found: Replay,
) -> None:
    assert found.messages
    assert len(found.messages) <= 2 * (found.last - found.first) / timedelta(days=1)
    said = Counter(
        line.split(":")[0]
        for message in found.messages
        for line in message.body.splitlines()
        if line.split(" ")[0] in ("WARNING", "CRITICAL", "NOTICE") and " stuck – " in line
    )
    assert max(said.values(), default=1) == 1


@pytest.mark.slow
def test_one_incident_of_a_key_is_open_at_a_time(found: Replay) -> None:
    until: dict[str, object] = {}
    for incident in found.incidents:
        earlier = until.get(incident.finding_key)
        assert earlier is None or earlier <= incident.opened_at  # type: ignore[operator]
        until[incident.finding_key] = incident.closed_at or found.last + timedelta(days=9)
        assert (
            rank(incident.notified_severity) <= rank(incident.severity)
            or not incident.notified_severity
        )
