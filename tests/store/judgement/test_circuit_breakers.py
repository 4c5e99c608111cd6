"""The circuit breaker, kept run by run, against following every run from the first."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from batch_dashboard.model.judgement.circuit_breaker import BreakerState, Change
from batch_dashboard.services.administration.rollups import rebuild_rollups, verify_rollups
from batch_dashboard.services.batch_runs.batch_runs import delete_run
from batch_dashboard.store.engine import Store
from batch_dashboard.store.judgement import circuit_breakers
from tests.factories import NOW, batch_run, failed_result, ingest, recipe_result

OPEN, CLOSED = BreakerState.OPEN, BreakerState.CLOSED
START = datetime(2026, 11, 1, tzinfo=UTC)


def upload(
    store: Store,
    minute: int,
    outcomes: str,
    batch_id: str = "",
    ecosystem: str = "homebrew",
    **changes: Any,
) -> int:
    """Upload a run of recipes named by a letter each: `a` passed, `A` failed."""
    results = [
        recipe_result(recipe_name=letter, ecosystem=ecosystem)
        if letter.islower()
        else failed_result(recipe_name=letter.lower(), ecosystem=ecosystem)
        for letter in outcomes
    ]
    started_at = START + timedelta(minutes=minute)
    payload: dict[str, Any] = batch_run(
        batch_id=batch_id or f"{minute} {outcomes}",
        ecosystem=ecosystem,
        started_at=started_at.isoformat(),
        completed_at=None,
        results=results,
        **changes,
    )
    return ingest(store, payload, NOW).batch_run_id


def history(store: Store) -> list[Change]:
    with store.read() as connection:
        return circuit_breakers.fetch_history(connection, "homebrew", NOW, 1_000)[::-1]


def states(store: Store) -> list[tuple[float, str]]:
    return [
        ((change.started_at - START).total_seconds() / 60, change.state)
        for change in history(store)
    ]


def test_a_batch_that_comes_as_two_records_is_one_trial(store: Store) -> None:
    """Its failures come first, most of its recipes passed."""
    upload(store, 0, "ABCDEFGHIJ", "nightly")
    assert states(store) == [(0, OPEN)]
    upload(store, 5, "", "nightly", passed=90, failed=0, total_recipes=90)
    assert states(store) == []
    # An hour after its first record, another record is another trial.
    upload(store, 60, "ABCDEFGHIJ", "nightly")
    assert states(store) == [(60, OPEN)]
    assert not any(verify_rollups(store).values())


def test_a_record_of_a_trial_that_comes_late_moves_the_trial(store: Store) -> None:
    upload(store, 30, "ABCDE", "nightly")
    upload(store, 65, "abcdefg", "nightly")
    assert states(store) == []
    upload(store, 0, "X", "nightly")
    # The first hour now ends before the record with the passes.
    assert states(store) == [(0, OPEN), (65, CLOSED)]
    assert not any(verify_rollups(store).values())


def test_recipes_that_are_known_to_fail_do_not_open_it(store: Store) -> None:
    for minute in range(0, 50, 10):
        upload(store, minute, "ABCD")
    for minute in (100, 110, 120):
        upload(store, minute, "ABCDEFGH")
        assert states(store) == []
    upload(store, 130, "ABCDEFGHI")
    assert states(store) == [(130, OPEN)]
    # While it is half-open, they say nothing either.
    upload(store, 300, "ABCD")
    assert states(store) == [(130, OPEN)]
    upload(store, 310, "ABCDz")
    assert states(store) == [(130, OPEN), (310, CLOSED)]


def test_a_late_pass_makes_a_failure_news_again(store: Store) -> None:
    for minute in range(0, 50, 10):
        upload(store, minute, "ABCD")
    upload(store, 10_000, "ABCDE")
    assert states(store) == []
    late = upload(store, 45, "abcd")
    assert states(store) == [(10_000, OPEN)]
    assert not any(verify_rollups(store).values())
    with store.write() as connection:
        assert delete_run(connection, late)
    assert states(store) == []
    assert not any(verify_rollups(store).values())


STEPS = st.lists(
    st.tuples(
        st.sampled_from(range(0, 600, 20)),
        st.lists(st.sampled_from("aAbBCDEFGHIJK"), max_size=7, unique_by=str.lower),
        st.sampled_from(["x", "y", ""]),
        st.sampled_from("uuuuud"),
    ),
    max_size=30,
)


def test_whatever_the_order_it_is_what_following_every_run_says(store: Store) -> None:
    numbers = itertools.count()

    @settings(max_examples=15, deadline=None)
    @given(steps=STEPS)
    def follow(steps: list[tuple[int, list[str], str, str]]) -> None:
        ecosystem = f"ecosystem {next(numbers)}"  # of this example only
        stored: list[int] = []
        for number, (minute, outcomes, batch_id, action) in enumerate(steps):
            if action == "d" and stored:
                with store.write() as connection:
                    assert delete_run(connection, stored.pop(minute % len(stored)))
            else:
                name, letters = batch_id or str(number), "".join(outcomes)
                stored.append(upload(store, minute, letters, name, ecosystem, linux_minutes=number))

    follow()
    assert not any(verify_rollups(store).values())


def test_a_rebuild_finds_what_was_kept(store: Store) -> None:
    for number in range(30):
        passes = number % 6 < 3
        upload(store, number * 130, "abcdefg" if passes else "ABCDEFG")
    kept = history(store)
    assert {change.state for change in kept} == {OPEN, CLOSED}
    with store.read() as connection:
        assert circuit_breakers.fetch_last(connection) == {"homebrew": kept[-1]}
    with store.write() as connection:
        connection.exec_driver_sql("DELETE FROM circuit_breaker_changes")
    assert verify_rollups(store)["circuit_breaker_changes"] == len(kept)
    with store.write() as connection:
        connection.exec_driver_sql("DELETE FROM circuit_breaker_runs WHERE failed = 0")
    assert verify_rollups(store)["circuit_breaker_runs"] == 30
    rebuild_rollups(store)
    assert not any(verify_rollups(store).values())
    assert history(store) == kept
