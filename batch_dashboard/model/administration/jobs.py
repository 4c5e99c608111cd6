"""Long work in the background: its kinds, and how far it has come."""

from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple


class JobKind(StrEnum):
    """The kinds of background jobs."""

    PRUNE = "prune"
    CHECK_ROLLUPS = "check rollups"
    REGROUP = "regroup failures"
    EXCLUDE = "exclude batch runs"
    RESTORE = "restore batch runs"
    DELETE = "delete batch runs"


class JobState(StrEnum):
    """The state of a job."""

    WAITS = "waits"
    RUNS = "runs"
    DONE = "done"
    FAILED = "failed"


class Job(NamedTuple):
    """One piece of work."""

    id: int
    kind: str  # a JobKind, or one of another version
    parameters: dict[str, Any]
    actor: str
    address: str
    asked_at: datetime
    started_at: datetime | None  # None: it waits
    finished_at: datetime | None  # None: it waits or runs
    done: int
    total: int
    outcome: str | None
    has_failed: bool

    @property
    def state(self) -> JobState:
        """The state of the job."""
        if self.finished_at is not None:
            return JobState.FAILED if self.has_failed else JobState.DONE
        return JobState.WAITS if self.started_at is None else JobState.RUNS
