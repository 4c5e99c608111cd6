"""The replay of the plan on real records gives the figures of docs/plan.md."""

import gzip
from datetime import UTC, datetime

import pytest

from batch_dashboard.model.plan.breaker_replay import add as add_breakers
from batch_dashboard.model.plan.replay import Replayed, add
from batch_dashboard.model.plan.rule import DAY, PlanRule
from batch_dashboard.services.plan.replay import follow_breaker, preview_plans, replay
from batch_dashboard.store.batch_runs.batch_runs import fetch_ecosystems
from batch_dashboard.store.engine import Store
from tests.services.corpus import CORPUS, needs_corpus
from tests.services.ingest.import_files import run_import

pytestmark = needs_corpus

AFTER_FIVE_WEEKS = datetime(2026, 3, 10, tzinfo=UTC)
END = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def records(module_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The corpus, stored."""
    path = tmp_path_factory.mktemp("corpus") / "corpus.ndjson"
    path.write_bytes(gzip.decompress(CORPUS.read_bytes()))
    run_import(module_store, path)
    return module_store


def replay_all(store: Store, rule: PlanRule, since: datetime | None) -> Replayed:
    with store.read() as connection:
        names = [span.ecosystem for span in fetch_ecosystems(connection)]
        return add(replay(connection, name, rule, since, END) for name in names)


@pytest.mark.parametrize(
    ("failures", "cap_days", "avoided", "empty_runs"),
    [
        (3, 1, 293, 279),
        (3, 7, 326, 312),
        (3, 28, 326, 312),
        (5, 1, 262, 260),
        (5, 7, 278, 276),
        (5, 28, 278, 276),
        (8, 1, 257, 257),
        (8, 7, 273, 273),
        (8, 28, 273, 273),
    ],
)
def test_after_five_weeks(
    records: Store, failures: int, cap_days: int, avoided: int, empty_runs: int
) -> None:
    replayed = replay_all(records, PlanRule(failures, DAY, cap_days * DAY), AFTER_FIVE_WEEKS)

    assert (replayed.runs, replayed.attempts) == (440, 520)
    assert (replayed.avoided, replayed.empty_runs, replayed.delays) == (avoided, empty_runs, ())


def test_from_the_first_day_on(records: Store) -> None:
    replayed = replay_all(records, PlanRule(), None)

    assert (replayed.attempts, replayed.avoided) == (1_415, 407)


def test_a_preview_follows_what_the_command_follows(records: Store) -> None:
    rules = [PlanRule(), PlanRule(failures=3)]
    with records.read() as connection:
        start = datetime(2026, 1, 1, tzinfo=UTC)
        previewed = preview_plans(connection, "homebrew", rules, start, END)

        assert previewed.since == start
        assert previewed.replayed == [
            replay(connection, "homebrew", rule, None, END) for rule in rules
        ]


def test_a_preview_is_bounded(records: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("batch_dashboard.services.plan.replay.MAX_PREVIEWED_ATTEMPTS", 50)
    with records.read() as connection:
        start = datetime(2026, 1, 1, tzinfo=UTC)
        previewed = preview_plans(connection, "homebrew", [PlanRule()], start, END)

    assert previewed.since > start
    assert 40 < previewed.replayed[0].attempts <= 50


def test_the_circuit_breaker_loses_no_pass_and_delays_none_by_more_than_a_day(
    records: Store,
) -> None:
    with records.read() as connection:
        names = [span.ecosystem for span in fetch_ecosystems(connection)]
        stopped = add_breakers(follow_breaker(connection, name, None) for name in names)

    assert (stopped.runs, stopped.stopped, stopped.passes, stopped.lost) == (757, 173, 206, 0)
    assert len(stopped.delays) == 4
    assert max(stopped.delays) < DAY
