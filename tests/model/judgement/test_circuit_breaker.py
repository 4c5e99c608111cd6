"""When the circuit breaker of an ecosystem opens, waits and closes."""

from datetime import UTC, datetime, timedelta

import pytest

from batch_dashboard.model.ingest.summaries import NOTHING, ONE_PASS, RecipeOutcome
from batch_dashboard.model.judgement.circuit_breaker import (
    BreakerState,
    Change,
    changes_of,
    state_at,
    stops,
)
from batch_dashboard.model.judgement.trials import RunRecipes, Trial, recipes_of_run

OPEN, CLOSED, HALF_OPEN = BreakerState.OPEN, BreakerState.CLOSED, BreakerState.HALF_OPEN
ONE_FAILURE = NOTHING.and_failed(0)
START = datetime(2026, 11, 1, tzinfo=UTC)


def trial(minute: int, outcomes: str, lasts: int = 0, known: str = "") -> Trial:
    """A trial of recipes named by a letter each: `a` passed, `A` failed, `known` failed again."""
    started_at = START + timedelta(minutes=minute)
    named: tuple[tuple[str, bool | None], ...] = (
        *((letter.lower(), letter.islower()) for letter in outcomes),
        *((letter, None) for letter in known),
    )
    return Trial(started_at, minute, started_at + timedelta(minutes=lasts), RunRecipes(0, 0, named))


def many(minute: int, passed: int, failed: int) -> Trial:
    return trial(minute, "")._replace(recipes=RunRecipes(passed, failed))


def changes(*trials: Trial) -> list[tuple[float, str]]:
    return [
        ((change.started_at - START).total_seconds() / 60, change.state)
        for change in changes_of(trials)
    ]


@pytest.mark.parametrize(
    ("trials", "expected"),
    [
        # Four recipes are too few to judge; of five, three failures are more than half.
        ([trial(0, "ABCD")], []),
        ([trial(0, "ABCde")], [(0, OPEN)]),
        ([trial(0, "abcDE")], []),
        ([trial(m, letter) for m, letter in enumerate("ABCDE")], [(4, OPEN)]),
        # One recipe that fails again and again is one recipe.
        ([trial(m, "A") for m in range(40)], []),
        ([trial(0, "abcde"), *(trial(m, "FGH") for m in range(1, 20))], []),
        # Only the last ten recipes count, each with its last attempt.
        ([trial(0, "abcdefghi"), trial(1, "JKLMN")], []),
        ([trial(0, "abcdefghi"), trial(1, "JKLMNO")], [(1, OPEN)]),
        ([trial(0, "abcde"), trial(1, "ABC")], [(1, OPEN)]),
        ([trial(0, "ABCD"), trial(1, "abc"), trial(2, "EF")], []),
        # A trial of many recipes is judged as a whole; of an older one, in proportion.
        ([many(0, 90, 10)], []),
        ([many(0, 49, 51)], [(0, OPEN)]),
        ([many(0, 90, 10), trial(1, "ABCD")], []),
        ([many(0, 90, 10), trial(1, "ABCDE")], [(1, OPEN)]),
        # A recipe that is known to fail by now does not count, nor do its failures before.
        ([trial(0, "ABCD"), trial(1, "E", known="a")], []),
        ([trial(0, "ABCD"), trial(1, "EF", known="a")], [(1, OPEN)]),
        # A trial without a failure opens nothing.
        ([trial(0, "ABCD"), trial(1, "e")], []),
    ],
)
def test_it_opens_when_half_of_the_last_ten_recipes_fail(
    trials: list[Trial], expected: list[tuple[float, str]]
) -> None:
    assert changes(*trials) == expected


@pytest.mark.parametrize(
    ("trials", "expected"),
    [
        # What fails before an hour is over changes nothing; the next run after it decides.
        ([trial(59, "FGHIJ")], []),
        ([trial(60, "abcde")], [(60, CLOSED)]),
        ([trial(60, "Fg")], [(60, CLOSED)]),
        ([trial(60, "FGh")], [(60, OPEN)]),
        # If recipes pass before that, the outage is over.
        ([trial(59, "fghij")], [(59, CLOSED)]),
        # Recipes that were known to fail before say nothing: the breaker waits for others.
        ([trial(60, "", known="ab"), trial(61, "a")], [(61, CLOSED)]),
        # Each failed trial doubles the wait, up to a day.
        ([trial(60, "A"), trial(179, "B"), trial(180, "a")], [(60, OPEN), (180, CLOSED)]),
        (
            [trial(m, "A") for m in (60, 180, 420, 900, 1_860, 3_299, 3_300, 4_739, 4_740)],
            [(m, OPEN) for m in (60, 180, 420, 900, 1_860, 3_300, 4_740)],
        ),
        # Once it is closed, what failed before is forgotten.
        ([trial(60, "a"), trial(61, "BCD")], [(60, CLOSED)]),
        ([trial(60, "a"), trial(61, "BCDE")], [(60, CLOSED), (61, OPEN)]),
    ],
)
def test_an_open_breaker_lets_one_run_try_after_a_wait(
    trials: list[Trial], expected: list[tuple[float, str]]
) -> None:
    assert changes(trial(0, "ABCDE"), *trials) == [(0, OPEN), *expected]


def test_the_first_wait_is_the_usual_interval_between_runs() -> None:
    every_two_hours = [trial(120 * n, "a") for n in range(5)]
    [change] = changes_of([*every_two_hours, trial(600, "ABCDE", lasts=10)])
    assert change.half_open_at == change.started_at + timedelta(hours=2)
    every_week = [trial(7 * 1_440 * n, "a") for n in range(5)]
    [change] = changes_of([*every_week, trial(5 * 7 * 1_440, "ABCDE")])
    assert change.half_open_at == change.started_at + timedelta(hours=24)
    [change] = changes_of([trial(0, "ABCDE", lasts=90)])
    assert change.half_open_at == change.at + timedelta(minutes=60)


def test_it_is_half_open_when_its_wait_is_over() -> None:
    [change] = changes_of([trial(0, "ABCDE")])
    assert state_at(None, START) == CLOSED
    assert state_at(change, START + timedelta(minutes=59, seconds=59)) == OPEN
    assert state_at(change, START + timedelta(minutes=60)) == HALF_OPEN
    assert state_at(Change(START, 1, CLOSED, START, "probe"), START) == CLOSED


def test_attempts_that_no_result_lists_do_not_add_up_from_run_to_run() -> None:
    """Which recipes they were is not known, so they may be the same ones each time."""
    unlisted = recipes_of_run("homebrew", (), {}, {}, (0, 2))
    assert changes(*(trial(m, "")._replace(recipes=unlisted) for m in range(9))) == []


def test_recipes_are_named_if_they_are_few() -> None:
    few = {
        ("npm", "b"): ONE_FAILURE,
        ("homebrew", "c"): ONE_FAILURE,
        ("homebrew", "skipped"): NOTHING.and_skipped(),
    }
    assert recipes_of_run(
        "homebrew", [("homebrew", "a")], few, {("homebrew", "c"): 1}, (1, 3)
    ).named == (
        ("#1", False),
        ("a", True),
        ("c", None),
        ("npm b", False),
    )
    many = {("npm", str(number)): ONE_FAILURE for number in range(10)}
    assert recipes_of_run("npm", (), many, {}, (90, 10)) == RunRecipes(90, 10)


@pytest.mark.parametrize(
    ("outcome", "known", "last"),
    [
        (ONE_PASS.and_failed(0), 0, False),
        (ONE_FAILURE.and_passed(), 0, True),
        # It fails on one platform as it is known to, and passes on another.
        (ONE_PASS.and_failed(0), 1, True),
        # It fails on another platform than the one where it is known to.
        (ONE_FAILURE.and_failed(0), 1, False),
        (ONE_FAILURE.and_failed(0), 2, None),
    ],
)
def test_a_recipe_counts_once_in_a_run(
    outcome: RecipeOutcome, known: int, last: bool | None
) -> None:
    key, attempts = ("npm", "a"), (outcome.passed, outcome.failed)
    assert recipes_of_run("npm", (), {key: outcome}, {key: known}, attempts).named == (("a", last),)


def test_jobs_that_had_begun_when_it_opened_are_not_stopped() -> None:
    [change] = changes_of([trial(0, "ABCDE", lasts=30)])
    minutes = {m: stops(change, START + timedelta(minutes=m)) for m in (1, 59, 60, 89, 90)}
    assert minutes == {1: False, 59: False, 60: True, 89: True, 90: False}
