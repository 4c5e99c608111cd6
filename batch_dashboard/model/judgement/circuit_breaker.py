"""The circuit breaker of an ecosystem, a function of its stored runs alone.

Source: docs/data-model.md, "Circuit breaker".
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple


class BreakerState(StrEnum):
    """What a circuit breaker lets through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


WINDOW_ATTEMPTS = 10
MIN_SUCCESS = 0.5
MAX_RUNS_WITHOUT_PASS = 5
OPEN_FOR = timedelta(minutes=60)


class AttemptedRun(NamedTuple):
    """A batch run in which recipes were attempted. Runs are in the order of (started_at, id)."""

    started_at: datetime
    id: int
    ended_at: datetime  # its start where the end is unknown
    passed: int
    failed: int

    @property
    def place(self) -> tuple[datetime, int]:
        """Where it stands in the order of runs."""
        return self.started_at, self.id


class Change(NamedTuple):
    """A run that opened, reopened or closed the breaker."""

    started_at: datetime
    batch_run_id: int
    state: str  # BreakerState.OPEN or CLOSED
    at: datetime  # the end of that run
    reason: str  # "rate", "no pass" or "probe"

    @property
    def place(self) -> tuple[datetime, int]:
        """Where its run stands in the order of runs."""
        return self.started_at, self.batch_run_id

    @property
    def half_open_at(self) -> datetime | None:
        """From when on a run is let through to try; None of one that closed."""
        return self.at + OPEN_FOR if self.state == BreakerState.OPEN else None


class CircuitBreaker:
    """Follows runs one by one; nothing but the last change and the runs after it matters."""

    def __init__(self, change: Change | None = None) -> None:
        self.change = change
        self._window: list[AttemptedRun] = []

    def resume(self, window: Iterable[AttemptedRun]) -> None:
        """Go on from a closed breaker whose last runs, that which closed it included, are known."""
        self._window = list(window)

    @property
    def is_open(self) -> bool:
        """Whether it is open or half-open."""
        return self.change is not None and self.change.state == BreakerState.OPEN

    def follow(self, run: AttemptedRun) -> Change | None:
        """Take the next run into account; what it changed, if anything."""
        if self.change is not None and self.change.half_open_at is not None:
            if run.started_at < self.change.half_open_at:
                return None
            good = run.passed >= MIN_SUCCESS * (run.passed + run.failed)
            # A breaker that closes begins anew: what was before is not held against it again.
            self._window = [run] if good else []
            return self._changed(run, BreakerState.CLOSED if good else BreakerState.OPEN, "probe")
        self._window = [*self._window, run][-WINDOW_ATTEMPTS:]
        # A run without a failure never opens it, whatever came before.
        if run.failed and _fails_too_often(self._window):
            return self._changed(run, BreakerState.OPEN, "rate")
        recent = self._window[-MAX_RUNS_WITHOUT_PASS:]
        if len(recent) == MAX_RUNS_WITHOUT_PASS and not any(run.passed for run in recent):
            return self._changed(run, BreakerState.OPEN, "no pass")
        return None

    def _changed(self, run: AttemptedRun, state: BreakerState, reason: str) -> Change:
        self.change = Change(run.started_at, run.id, state, run.ended_at, reason)
        if state == BreakerState.OPEN:
            self._window = []
        return self.change


def _fails_too_often(window: list[AttemptedRun]) -> bool:
    """Whether the last runs that hold at least ten attempts passed less than half of them."""
    passed = attempts = 0
    for run in reversed(window):
        passed += run.passed
        attempts += run.passed + run.failed
        if attempts >= WINDOW_ATTEMPTS:
            return passed < MIN_SUCCESS * attempts
    return False


def changes_of(runs: Iterable[AttemptedRun]) -> list[Change]:
    """Every change that runs in their order bring."""
    breaker = CircuitBreaker()
    return [change for run in runs if (change := breaker.follow(run)) is not None]


def state_at(change: Change | None, now: datetime) -> BreakerState:
    """The breaker's state at a time, from the last change before it."""
    if change is None or change.half_open_at is None:
        return BreakerState.CLOSED
    return BreakerState.OPEN if now < change.half_open_at else BreakerState.HALF_OPEN
