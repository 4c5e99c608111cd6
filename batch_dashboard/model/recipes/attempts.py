"""The change of a recipe since its previous attempt. Source: docs/data-model.md."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from batch_dashboard.model.batch_runs.vocabulary import FAILED, SKIPPED


class AttemptChange(StrEnum):
    """The change of a recipe in a later attempt."""

    FIRST = "first attempt"
    PASSED_AGAIN = "passed again"
    FIXED = "fixed"
    NEWLY_FAILING = "newly failing"
    SAME_REASON = "same reason"
    OTHER_REASON = "another reason"


SENTENCES = {
    AttemptChange.FIRST: "It was not attempted before on this platform.",
    AttemptChange.PASSED_AGAIN: "It passed, as it did before.",
    AttemptChange.FIXED: "It passed; before, it failed.",
    AttemptChange.NEWLY_FAILING: "It failed; before, it passed.",
    AttemptChange.SAME_REASON: "It failed for the same reason as before.",
    AttemptChange.OTHER_REASON: "It failed, as before, but for another reason.",
}


class EarlierAttempt(NamedTuple):
    """An attempt of a recipe, as what a later one is compared with."""

    id: int
    batch_run_id: int
    started_at: datetime  # the run's
    result: str
    failure_group_id: int | None  # None: it did not fail
    error_category: str | None
    masked_line: str | None
    duration_seconds: float | None  # None: unknown
    platform: str | None


class ComparedAttempt(NamedTuple):
    """A result of a recipe and its previous attempt on the same platform, if there is one.

    A result that was skipped is no attempt: it is compared with nothing.
    """

    own: EarlierAttempt
    earlier: EarlierAttempt | None

    @property
    def change(self) -> AttemptChange | None:
        """The change; None for a skipped result."""
        own, earlier = self.own, self.earlier
        if own.result == SKIPPED:
            return None
        if earlier is None:
            return AttemptChange.FIRST
        if own.result != FAILED:
            return AttemptChange.FIXED if earlier.result == FAILED else AttemptChange.PASSED_AGAIN
        if earlier.result != FAILED:
            return AttemptChange.NEWLY_FAILING
        is_same = own.failure_group_id == earlier.failure_group_id
        return AttemptChange.SAME_REASON if is_same else AttemptChange.OTHER_REASON

    @property
    def sentence(self) -> str | None:
        """The change as a sentence about the recipe."""
        return None if self.change is None else SENTENCES[self.change]

    @property
    def seconds_longer(self) -> float | None:
        """The increase of the duration; None if either duration is unknown."""
        earlier = self.earlier
        if earlier is None or None in (self.own.duration_seconds, earlier.duration_seconds):
            return None
        return (self.own.duration_seconds or 0.0) - (earlier.duration_seconds or 0.0)
