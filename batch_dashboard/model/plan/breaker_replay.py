"""What the circuit breaker would have changed: the stored runs, followed as they happened. Pure.

A run that the open breaker would have stopped did not happen, so the breaker does not count it. Its
passes come with the next run that the breaker lets through, because CI would try the same recipes
then. Source: docs/plan.md, "Replay".
"""

from collections.abc import Iterable
from datetime import datetime
from statistics import median
from typing import NamedTuple

from batch_dashboard.model.judgement.circuit_breaker import CircuitBreaker, stops
from batch_dashboard.model.judgement.trials import TRIAL_LENGTH, AttemptedRun, trial_of


class BreakerReplayed(NamedTuple):
    """What following the circuit breaker would have changed."""

    runs: int = 0  # that attempted a recipe
    stopped: int = 0
    passes: int = 0  # that the runs count
    lost: int = 0  # passes of stopped runs after which no run was let through
    delays: tuple[int, ...] = ()  # of the other passes of stopped runs, in seconds

    @property
    def median_delay_seconds(self) -> float | None:
        """The median delay of the passes that come later; None: none does."""
        return median(self.delays) if self.delays else None

    @property
    def max_delay_seconds(self) -> int | None:
        """The longest delay of a pass; None: none comes later."""
        return max(self.delays, default=None)


def add(replayed: Iterable[BreakerReplayed]) -> BreakerReplayed:
    """The sum over several ecosystems."""
    rows = list(replayed)
    return BreakerReplayed(
        sum(row.runs for row in rows),
        sum(row.stopped for row in rows),
        sum(row.passes for row in rows),
        sum(row.lost for row in rows),
        tuple(delay for row in rows for delay in row.delays),
    )


def replay_breaker(
    runs: Iterable[tuple[AttemptedRun, int]], since: datetime | None = None
) -> BreakerReplayed:
    """Follow the runs of an ecosystem in their order, each with the number of its passes.

    Runs before `since` are followed but not counted; None: all are counted.
    """
    breaker = CircuitBreaker()
    open_trials: dict[tuple[str, datetime], list[AttemptedRun]] = {}
    counted = stopped = passed = 0
    late: list[tuple[datetime, int]] = []
    delays: list[int] = []
    for run, passes in runs:
        for key, of_trial in list(open_trials.items()):
            if of_trial[0].started_at + TRIAL_LENGTH > run.started_at:
                break
            breaker.follow(trial_of(open_trials.pop(key)))
        is_counted = since is None or run.started_at >= since
        counted += is_counted
        passed += passes * is_counted
        key = (run.batch_id, run.trial_at)
        if key not in open_trials and stops(breaker.change, run.started_at):
            if is_counted:
                stopped += 1
                late.append((run.started_at, passes))
            continue
        for at, of_run in late:
            delays += [int((run.started_at - at).total_seconds())] * of_run
        late.clear()
        open_trials.setdefault(key, []).append(run)
    return BreakerReplayed(
        counted, stopped, passed, sum(of_run for _, of_run in late), tuple(delays)
    )
