"""Failures of a recipe in a row, by the platform it was tried on. Pure.

Source: docs/plan.md, "Streaks".
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

# Of results that do not state a platform.
ANY_PLATFORM = ""

# A recipe is known to fail after so many failures in a row, of which the last ones have one reason.
KNOWN_FAILURES = 5
KNOWN_SAME_REASON = 3


class Attempt(NamedTuple):
    """One attempt of a recipe: it passed, or failed for a reason."""

    at: int  # when its batch run started, Unix seconds
    platform: str
    passed: bool
    failure_group_id: int | None = None  # None: it passed
    recipe_version: str | None = None  # None: unknown
    is_infrastructure: bool = False  # it failed, but not because of the recipe


class Streak(NamedTuple):
    """The failures on one platform since the last pass, without those of the infrastructure."""

    failed: int  # for any reason
    same_reason: int  # the last of them, all for one reason and of one version
    failure_group_id: int | None  # the reason of the last one
    recipe_version: str | None  # of the last one that stated it; None: none did
    began_at: int  # the first failure of `same_reason`, Unix seconds
    last_failed_at: int  # Unix seconds


# The streaks of a recipe by platform; platforms on which it does not fail are absent.
Streaks = Mapping[str, Streak]


def follow(streaks: Streaks, attempts: Iterable[Attempt]) -> tuple[dict[str, Streak], list[bool]]:
    """The streaks of a recipe after more attempts, which come in their order.

    Also, for each attempt, whether it is a failure of a recipe that is known to fail there.
    """
    after = dict(streaks)
    known = []
    for attempt in attempts:
        platform = attempt.platform
        if attempt.passed:
            _pass(after, platform)
        elif not attempt.is_infrastructure:
            after[platform] = _failed(after.get(platform), attempt)
        known.append(not attempt.passed and is_known(after.get(platform)))
    return after, known


def is_known(streak: Streak | None) -> bool:
    """Whether a recipe is known to fail, so that another failure is no news."""
    return (
        streak is not None
        and streak.failed >= KNOWN_FAILURES
        and streak.same_reason >= KNOWN_SAME_REASON
    )


def is_other_version(one: str | None, other: str | None) -> bool:
    """Whether two versions differ; an unknown one differs from none."""
    return one is not None and other is not None and one != other


def _pass(streaks: dict[str, Streak], platform: str) -> None:
    """End the streak of a platform, and the streaks that may be of the same platform."""
    if platform == ANY_PLATFORM:
        streaks.clear()
    else:
        streaks.pop(platform, None)
        streaks.pop(ANY_PLATFORM, None)


def _failed(streak: Streak | None, attempt: Attempt) -> Streak:
    at, group_id, version = attempt.at, attempt.failure_group_id, attempt.recipe_version
    if streak is None:
        return Streak(1, 1, group_id, version, at, at)
    is_new = group_id != streak.failure_group_id or is_other_version(streak.recipe_version, version)
    return Streak(
        failed=streak.failed + 1,
        same_reason=1 if is_new else streak.same_reason + 1,
        failure_group_id=group_id,
        recipe_version=version or streak.recipe_version,
        began_at=at if is_new else streak.began_at,
        last_failed_at=at,
    )
