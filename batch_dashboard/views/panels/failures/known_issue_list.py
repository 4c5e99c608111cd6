"""Known issues as a long table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from batch_dashboard.model.catalogue.known_issues import ENDED, OPEN
from batch_dashboard.model.failures.known_issues import SOON_DAYS, KnownIssue
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import Page
from batch_dashboard.views.choice import csv_url
from batch_dashboard.views.listing import Listing


@dataclass(frozen=True)
class KnownIssueList:
    """A page of the known issues in a state, and how many open ones need a look."""

    issues: Listing
    state: str | None  # None: open or ended
    open: Sequence[KnownIssue]
    today: date
    csv: str

    @property
    def states(self) -> Sequence[str]:
        """The states to choose from."""
        return (OPEN, ENDED)

    @property
    def soon_days(self) -> int:
        """From how many days before its end on an issue expires soon."""
        return SOON_DAYS

    @property
    def expiring(self) -> int:
        """How many expire soon."""
        return sum(issue.expires_soon(self.today) for issue in self.open)

    @property
    def passing(self) -> int:
        """How many pass now."""
        return sum(issue.passes_now for issue in self.open)


def known_issue_list(
    path: str, asked: ListQuery, page: Page[KnownIssue], opened: Sequence[KnownIssue], today: date
) -> KnownIssueList:
    """The requested page; `opened` are all open known issues."""
    query: dict[str, Any] = {"state": asked.state} if asked.state else {}
    return KnownIssueList(
        Listing(path, query, asked.sort, page, asked.cursor),
        asked.state,
        opened,
        today,
        csv_url("known_issues.csv", query),
    )
