"""The circuit breaker, kept run by run, against following every run from the first."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_dashboard.model.judgement.circuit_breaker import (
    AttemptedRun,
    BreakerState,
    changes_of,
    state_at,
)
from batch_dashboard.services.administration.rollups import rebuild_rollups, verify_rollups
from batch_dashboard.services.batch_runs.batch_runs import delete_run
from batch_dashboard.store.engine import Store
from batch_dashboard.store.judgement import circuit_breakers
from tests.factories import NOW, batch_run, ingest

START = datetime(2026, 11, 1, tzinfo=UTC)
batch_numbers = itertools.count()  # no upload is like an earlier one


def run(minute: int, passed: int, failed: int, id: int = 0, lasts: int = 0) -> AttemptedRun:
    started_at = START + timedelta(minutes=minute)
    return AttemptedRun(started_at, id, started_at + timedelta(minutes=lasts), passed, failed)


def told(*runs: AttemptedRun) -> list[tuple[float, str, str]]:
    return [
        ((change.started_at - START).total_seconds() / 60, change.state, change.reason)
        for change in changes_of(runs)
    ]


@pytest.mark.parametrize(
    ("runs", "changes"),
    [
        ([run(0, 0, 0)], []),
        # Nine attempts are too few to say that half of them failed; ten are not.
        ([run(0, 1, 8)], []),
        ([run(0, 4, 6)], [(0, BreakerState.OPEN, "rate")]),
        ([run(0, 5, 5)], []),
        ([run(0, 3, 6), run(10, 2, 0)], []),
        ([run(0, 3, 6), run(10, 0, 1)], [(10, BreakerState.OPEN, "rate")]),
        # Older attempts than the last ten say nothing.
        ([run(0, 0, 9), run(10, 10, 0), run(20, 0, 1)], []),
        ([run(m, 0, 1) for m in range(4)], []),
        ([run(m, 0, 1) for m in range(5)], [(4, BreakerState.OPEN, "no pass")]),
        ([run(0, 1, 0), *(run(m, 0, 1) for m in range(1, 6))], [(5, BreakerState.OPEN, "no pass")]),
        # What runs while it is open changes nothing; the first run an hour later does.
        ([run(0, 0, 10), run(59, 10, 0)], [(0, BreakerState.OPEN, "rate")]),
        (
            [run(0, 0, 10), run(60, 10, 0)],
            [(0, BreakerState.OPEN, "rate"), (60, BreakerState.CLOSED, "probe")],
        ),
        (
            [run(0, 0, 10), run(60, 0, 1)],
            [(0, BreakerState.OPEN, "rate"), (60, BreakerState.OPEN, "probe")],
        ),
        (
            [run(0, 0, 10), run(60, 1, 1)],
            [(0, BreakerState.OPEN, "rate"), (60, BreakerState.CLOSED, "probe")],
        ),
        # The hour begins when the run ends.
        ([run(0, 0, 10, lasts=30), run(89, 1, 0)], [(0, BreakerState.OPEN, "rate")]),
        # Once closed, what failed before is forgotten.
        (
            [run(0, 0, 10), run(60, 1, 0), run(61, 0, 4), run(62, 4, 0)],
            [(0, BreakerState.OPEN, "rate"), (60, BreakerState.CLOSED, "probe")],
        ),
    ],
)
def test_runs_open_and_close_the_breaker(
    runs: list[AttemptedRun], changes: list[tuple[float, str, str]]
) -> None:
    assert told(*[each for each in runs if each.passed + each.failed]) == changes


def test_it_is_half_open_an_hour_after_it_opened() -> None:
    [change] = changes_of([run(0, 0, 10)])
    assert state_at(None, START) == BreakerState.CLOSED
    assert state_at(change, START + timedelta(minutes=59, seconds=59)) == BreakerState.OPEN
    assert state_at(change, START + timedelta(minutes=60)) == BreakerState.HALF_OPEN


def upload(store: Store, minute: int, passed: int, failed: int, ecosystem: str = "homebrew") -> int:
    started_at = START + timedelta(minutes=minute)
    payload: dict[str, Any] = batch_run(
        batch_id=str(next(batch_numbers)),
        ecosystem=ecosystem,
        started_at=started_at.isoformat(),
        completed_at=None,
        results=[],
        passed=passed,
        failed=failed,
        total_recipes=passed + failed,
    )
    return ingest(store, payload, NOW).batch_run_id


STEPS = st.lists(
    st.tuples(st.integers(0, 600), st.integers(0, 3), st.integers(0, 6), st.sampled_from("uuuud")),
    max_size=40,
)


def test_whatever_the_order_it_is_what_a_simulation_says(store: Store) -> None:
    numbers = itertools.count()

    @settings(max_examples=30, deadline=None)
    @given(steps=STEPS)
    def follow(steps: list[tuple[int, int, int, str]]) -> None:
        ecosystem = f"ecosystem {next(numbers)}"  # of this example only
        stored: dict[int, AttemptedRun] = {}
        for minute, passed, failed, action in steps:
            if action == "d" and stored:
                gone = sorted(stored)[minute % len(stored)]
                with store.write() as connection:
                    assert delete_run(connection, gone)
                del stored[gone]
            else:
                id = upload(store, minute, passed, failed, ecosystem)
                stored[id] = run(minute, passed, failed, id)
        attempted = sorted(
            (each for each in stored.values() if each.passed + each.failed),
            key=lambda each: each.place,
        )
        with store.read() as connection:
            kept = circuit_breakers.fetch_history(connection, ecosystem, NOW, 1_000)
        assert kept[::-1] == changes_of(attempted)

    follow()
    assert verify_rollups(store)["circuit_breaker_changes"] == 0


def test_a_rebuild_finds_what_was_kept(store: Store) -> None:
    for number in range(30):
        upload(store, number * 40, number % 3 // 2, 2)
    with store.read() as connection:
        kept = circuit_breakers.fetch_history(connection, "homebrew", NOW, 100)
        last = circuit_breakers.fetch_last(connection)
    assert last == {"homebrew": kept[0]}
    with store.write() as connection:
        connection.exec_driver_sql("DELETE FROM circuit_breaker_changes")
    assert verify_rollups(store)["circuit_breaker_changes"] == len(kept) > 2
    rebuild_rollups(store)
    with store.read() as connection:
        assert circuit_breakers.fetch_history(connection, "homebrew", NOW, 100) == kept
