"""What following the circuit breaker would have changed."""

from datetime import UTC, datetime, timedelta

from batch_dashboard.model.judgement.trials import AttemptedRun, RunRecipes
from batch_dashboard.model.plan.breaker_replay import BreakerReplayed, add, replay_breaker

START = datetime(2026, 11, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def run(hours: float, passed: int, failed: int, batch: str = "") -> tuple[AttemptedRun, int]:
    at = START + hours * HOUR
    recipes = RunRecipes(passed, failed)
    batch_id = batch or f"at {hours}"
    return AttemptedRun(at, int(hours * 100), at, batch_id, at, recipes), passed


OUTAGE = run(0, 0, 10)  # opens it until hour 1


def test_runs_while_it_is_open_are_stopped_and_their_passes_come_with_the_next_run() -> None:
    # Half-open at hour 1; the run there fails, so it is open again until hour 3.
    runs = [OUTAGE, run(1, 0, 10), run(2, 9, 1), run(2.5, 9, 1), run(3, 10, 0), run(4, 10, 0)]

    replayed = replay_breaker(runs)

    assert (replayed.runs, replayed.stopped, replayed.passes, replayed.lost) == (6, 2, 38, 0)
    assert replayed.delays == (3_600,) * 9 + (1_800,) * 9
    assert (replayed.median_delay_seconds, replayed.max_delay_seconds) == (2_700, 3_600)


def test_a_stopped_run_does_not_close_it() -> None:
    # Were the run at hour 2 counted, it would close the breaker, and that at 2.5 would run.
    runs = [OUTAGE, run(1, 0, 10), run(2, 10, 0), run(2.5, 0, 10)]

    assert replay_breaker(runs).stopped == 2


def test_runs_of_jobs_that_had_begun_are_not_stopped() -> None:
    failures, passes = run(0, 0, 10, "b"), run(0.5, 90, 0, "b")
    passes = (passes[0]._replace(trial_at=START), 90)

    assert replay_breaker([failures, passes, run(1.5, 5, 5)]).stopped == 0


def test_passes_after_which_nothing_runs_are_lost() -> None:
    replayed = replay_breaker([OUTAGE, run(1, 0, 10), run(2, 9, 1)])

    assert (replayed.stopped, replayed.lost, replayed.delays) == (1, 9, ())
    assert replayed.max_delay_seconds is None


def test_runs_before_a_day_are_followed_but_not_counted() -> None:
    runs = [OUTAGE, run(1, 0, 10), run(2, 9, 1), run(3, 10, 0)]

    replayed = replay_breaker(runs, START + 3 * HOUR)

    assert (replayed.runs, replayed.stopped, replayed.passes, replayed.delays) == (1, 0, 10, ())


def test_sums_of_ecosystems() -> None:
    one = replay_breaker([OUTAGE, run(1, 0, 10), run(2, 9, 1), run(3, 10, 0)])

    assert add([one, one]) == BreakerReplayed(8, 2, 38, 0, one.delays * 2)
    assert add([]) == BreakerReplayed()
