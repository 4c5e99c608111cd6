"""The circuit breaker of an ecosystem, a function of its stored runs alone.

Source: docs/data-model.md, "Circuit breaker".
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from batch_dashboard.model.judgement.trials import (
    TRIAL_LENGTH,
    WINDOW_RECIPES,
    AttemptedRun,
    Place,
    Trial,
    success_share,
    trials_of,
)


class BreakerState(StrEnum):
    """The state of a circuit breaker."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


MIN_RECIPES = 5
MIN_SUCCESS = 0.5
MIN_WAIT = timedelta(minutes=60)
MAX_WAIT = timedelta(hours=24)
# The number of trials for which the last attempt of a recipe counts.
REMEMBERED_TRIALS = 50
# The minimum and maximum number of last intervals for the usual interval.
MIN_INTERVALS = 3
MAX_INTERVALS = 12


class Change(NamedTuple):
    """A trial that opened, reopened or closed the breaker."""

    started_at: datetime
    batch_run_id: int  # the first run of the trial
    state: str  # BreakerState.OPEN or CLOSED
    at: datetime  # the end of the trial
    reason: str  # "rate" or "probe"
    wait_seconds: int | None = None  # None: it closed
    half_open_at: datetime | None = None  # from when on a run may try; None: it closed

    @property
    def place(self) -> Place:
        """The position of its trial in the order of trials."""
        return self.started_at, self.batch_run_id


class CircuitBreaker:
    """Follows trials one by one; the last change and the last trials are all that matters."""

    def __init__(self, change: Change | None = None, before: Iterable[Trial] = ()) -> None:
        """Go on after a change, or from the beginning; `before` are the last trials until then."""
        self.change = change
        remembered = list(before)[-REMEMBERED_TRIALS:]
        self._starts = [trial.started_at for trial in remembered]
        self._window: list[Trial] = []
        if not self.is_open:
            self._window = [t for t in remembered if change is None or t.place >= change.place]

    @property
    def is_open(self) -> bool:
        """Whether it is open or half-open."""
        return self.change is not None and self.change.state == BreakerState.OPEN

    def follow(self, trial: Trial) -> Change | None:
        """Process the next trial; returns the change, if any."""
        self._starts = [*self._starts, trial.started_at][-MAX_INTERVALS - 1 :]
        if self.change is not None and self.change.half_open_at is not None:
            return self._probe(trial, self.change.half_open_at, self.change.wait_seconds or 0)
        self._window = [*self._window, trial][-REMEMBERED_TRIALS:]
        # A trial without a failure never opens it, whatever happened before.
        if trial.recipes.has_failure and _fails_too_often(self._window):
            return self._opened(trial, "rate", self._usual_wait())
        return None

    def _probe(self, trial: Trial, half_open_at: datetime, wait_seconds: int) -> Change | None:
        share = success_share([trial])
        if share is None:
            return None
        if share >= MIN_SUCCESS:
            # Recipes pass, so the outage is over, also if the run did not wait. A breaker that
            # closes begins anew: what was before is not held against it again.
            self._window = [trial]
            self.change = Change(*trial.place, BreakerState.CLOSED, trial.ended_at, "probe")
            return self.change
        if trial.started_at < half_open_at:
            return None
        return self._opened(trial, "probe", min(MAX_WAIT, 2 * timedelta(seconds=wait_seconds)))

    def _opened(self, trial: Trial, reason: str, wait: timedelta) -> Change:
        half_open_at = max(trial.ended_at + MIN_WAIT, trial.started_at + wait)
        seconds = int(wait.total_seconds())
        self._window = []
        self.change = Change(
            *trial.place, BreakerState.OPEN, trial.ended_at, reason, seconds, half_open_at
        )
        return self.change

    def _usual_wait(self) -> timedelta:
        """The usual interval between trials, within what a wait may be.

        Three of four intervals are as long or longer: a run that comes a little early may try.
        """
        intervals = sorted(
            later - earlier for earlier, later in zip(self._starts, self._starts[1:], strict=False)
        )
        if len(intervals) < MIN_INTERVALS:
            return MIN_WAIT
        return min(MAX_WAIT, max(MIN_WAIT, intervals[len(intervals) // 4]))


def may_open(run: AttemptedRun) -> bool:
    """Whether a trial of one run may open a closed breaker, as far as the run itself shows."""
    recipes = run.recipes
    if not recipes.has_failure:
        return False
    # A run of many recipes is judged alone.
    is_alone = recipes.passed + recipes.failed >= WINDOW_RECIPES
    return not is_alone or recipes.passed < MIN_SUCCESS * (recipes.passed + recipes.failed)


def decides(run: AttemptedRun, half_open_at: datetime) -> bool:
    """Whether a trial of one run closes or reopens an open breaker."""
    share = success_share(list(trials_of([run])))
    return share is not None and (share >= MIN_SUCCESS or run.started_at >= half_open_at)


def may_fail_too_often(last: Sequence[AttemptedRun]) -> bool:
    """Whether of the last ten recipes of some runs most failed, or there are fewer recipes."""
    share = success_share(list(trials_of(last)), WINDOW_RECIPES)
    return share is None or share < MIN_SUCCESS


def changes_of(trials: Iterable[Trial]) -> list[Change]:
    """Every change that trials in their order bring."""
    breaker = CircuitBreaker()
    return [change for trial in trials if (change := breaker.follow(trial)) is not None]


def state_at(change: Change | None, now: datetime) -> BreakerState:
    """The breaker's state at a time, from the last change before it."""
    if change is None or change.half_open_at is None:
        return BreakerState.CLOSED
    return BreakerState.OPEN if now < change.half_open_at else BreakerState.HALF_OPEN


def stops(change: Change | None, started_at: datetime) -> bool:
    """Whether a recorded run would not have been, had its CI job followed the breaker.

    `change` is the last one before the run. A CI job asks once, when it begins, and may record its
    failures and its passes apart: what follows within an hour of the trial that opened the breaker
    belongs to jobs that had begun.
    """
    return (
        change is not None
        and state_at(change, started_at) == BreakerState.OPEN
        and started_at >= change.started_at + TRIAL_LENGTH
    )


def _fails_too_often(window: list[Trial]) -> bool:
    share = success_share(window, MIN_RECIPES)
    return share is not None and share < MIN_SUCCESS
