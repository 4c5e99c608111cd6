"""Known issues: failures that are expected until a given day. Source: docs/known-issues.md."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

# The longest time from today until the day on which a known issue expires.
MAX_DAYS = 180
# A known issue expires soon from this number of days before its last day.
SOON_DAYS = 14
# So many passes in a row end a known issue.
ENDING_PASSES = 2
# How many can be open at a time: pages and judgements read all of them.
MAX_OPEN = 2_000


class KnownIssueState(StrEnum):
    """Whether failures are expected, and if not, why they are not any more."""

    OPEN = "open"
    PASSED = "passed"  # it passed twice in a row
    EXPIRED = "expired"
    CLOSED = "closed"  # by an operator, or by the list that it came from


class IssueSubject(NamedTuple):
    """Which failures are expected: those of a failure group, or of a recipe (on a platform)."""

    failure_group_id: int | None = None
    ecosystem: str | None = None
    recipe_name: str | None = None
    platform: str | None = None

    @property
    def in_words(self) -> str:
        """`wget (homebrew) on darwin-arm64`, or the number of the group."""
        if self.failure_group_id is not None:
            return f"failure group {self.failure_group_id}"
        on_platform = f" on {self.platform}" if self.platform else ""
        return f"{self.recipe_name} ({self.ecosystem}){on_platform}"


class KnownIssue(NamedTuple):
    """A known issue; its failures are expected while its state is open."""

    id: int
    subject: IssueSubject
    masked_line: str | None  # of the failure group
    link: str
    note: str
    created_at: datetime
    created_by: str
    expires_on: date  # the last UTC day on which failures are expected
    state: KnownIssueState
    ended_at: datetime | None  # None: it is open, or it expired since the last look
    is_synced: bool  # it comes from a list, which closes it when it is not in there any more
    passes_now: bool  # the last attempt since it was created passed

    def expires_soon(self, today: date) -> bool:
        """Whether it is open and expires within the next days."""
        is_open = self.state is KnownIssueState.OPEN
        return is_open and (self.expires_on - today).days <= SOON_DAYS


def last_expiry(today: date) -> date:
    """The latest day on which a known issue that is created today may expire."""
    return today + timedelta(days=MAX_DAYS)


@dataclass(frozen=True)
class ExpectedFailures:
    """The failures that open known issues expect; the issue of each by what it is about."""

    by_group: dict[int, KnownIssue] = field(default_factory=dict)
    by_recipe: dict[tuple[str, str], KnownIssue] = field(default_factory=dict)
    by_platform: dict[tuple[str, str, str], KnownIssue] = field(default_factory=dict)

    @classmethod
    def of(cls, issues: Iterable[KnownIssue]) -> "ExpectedFailures":
        """Those of open known issues."""
        expected = cls()
        for issue in issues:
            group_id, ecosystem, recipe_name, platform = issue.subject
            if group_id is not None:
                expected.by_group[group_id] = issue
            elif ecosystem is not None and recipe_name is not None:
                if platform is None:
                    expected.by_recipe[ecosystem, recipe_name] = issue
                else:
                    expected.by_platform[ecosystem, recipe_name, platform] = issue
        return expected

    @property
    def version(self) -> tuple[tuple[int, date], ...]:
        """What changes whenever the expected failures or their last days do."""
        issues = (*self.by_group.values(), *self.by_recipe.values(), *self.by_platform.values())
        return tuple((issue.id, issue.expires_on) for issue in issues)

    def __bool__(self) -> bool:
        return bool(self.by_group or self.by_recipe or self.by_platform)

    def find(
        self,
        ecosystem: str,
        recipe_name: str,
        platform: str | None = None,
        failure_group_id: int | None = None,
    ) -> KnownIssue | None:
        """The known issue that expects a failure, the most specific one first; None: none does.

        Without a platform, only issues of the recipe on every platform are looked at.
        """
        found = None
        if platform is not None:
            found = self.by_platform.get((ecosystem, recipe_name, platform))
        if found is None:
            found = self.by_recipe.get((ecosystem, recipe_name))
        if found is None and failure_group_id is not None:
            found = self.by_group.get(failure_group_id)
        return found


NOTHING_EXPECTED = ExpectedFailures()
