"""Panels about failures, as patterns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from batch_dashboard.model.catalogue.failures import FAILURE_GROUPS, GROUP_RECIPES
from batch_dashboard.model.catalogue.known_issues import KNOWN_ISSUES
from batch_dashboard.model.failures.failure_classes import FailureClass
from batch_dashboard.model.failures.failures import (
    CategoryCount,
    ClassCount,
    FailureSums,
    new_since,
)
from batch_dashboard.model.failures.known_issues import (
    IssueSubject,
    KnownIssue,
    KnownIssueState,
)
from batch_dashboard.model.lists.filters import EVERYTHING
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import Page
from batch_dashboard.model.recipes.recipes import RecipeFailures
from batch_dashboard.views.choice import Choice
from batch_dashboard.views.panels.failures.counts_chart import (
    FailureCountsChart,
    category_counts_chart,
    group_counts_chart,
)
from batch_dashboard.views.panels.failures.group_list import (
    MAX_RECIPES,
    FailureGroupList,
    group_list_panel,
)
from batch_dashboard.views.panels.failures.group_recipes import (
    FailureGroupRecipes,
    failure_group_recipes,
)
from batch_dashboard.views.panels.failures.group_summary import (
    FailureGroupSummary,
    failure_group_summary,
)
from batch_dashboard.views.panels.failures.known_issue_list import (
    KnownIssueList,
    known_issue_list,
)
from batch_dashboard.views.panels.failures.top_groups import TopGroups
from batch_dashboard.views.patterns.values import (
    LINE,
    LONG_NAME,
    SLOTS,
    choice_at,
    group_counts,
    group_detail,
)


@dataclass(frozen=True)
class FailurePatterns:
    """Each panel filled, in part, and empty."""

    counts: Sequence[FailureCountsChart]
    top: Sequence[TopGroups]
    lists: Sequence[FailureGroupList]
    summaries: Sequence[FailureGroupSummary]
    recipes: Sequence[FailureGroupRecipes]
    known_issues: Sequence[KnownIssueList]


def failure_patterns(now: datetime) -> FailurePatterns:
    """The panels at a moment."""
    choice = choice_at(now)
    days = [now.date() - timedelta(days=7 * week) for week in range(5, -1, -1)]
    ran = [choice.step.start_of(day) for day in days if day != days[2]]
    sums = [
        FailureSums(start, name, 3 * index + 1)
        for index, start in enumerate(ran)
        for name in ("network", None)
    ]
    by_ecosystem = [FailureSums(row.start, "homebrew", row.failed) for row in sums[::2]]
    counts = category_counts_chart(choice, sums, ran)
    group, groups = group_detail(now), group_counts(now)
    without_line = group._replace(sample_message="==> Fetching bat\nDone with everything\n")
    recipes = [
        RecipeFailures("homebrew", name, 41, now - timedelta(days=9), now)
        for name in ("sharkdp/bat", LONG_NAME)
    ]
    return FailurePatterns(
        [
            counts,
            category_counts_chart(choice, [], ran),
            group_counts_chart(choice, group.id, by_ecosystem, ran),
        ],
        [
            TopGroups(groups, True, new_since(now.date()), {}),
            TopGroups([], False, new_since(now.date()), {}),
        ],
        [
            _groups(choice, {}, counts, now),
            _groups(choice, {"category": "timeout", "text": "no such thing"}, counts, None),
        ],
        [
            failure_group_summary(
                group, [CategoryCount("install_failed", 40), CategoryCount(None, 1)]
            ),
            failure_group_summary(without_line, [CategoryCount(None, 41)]),
            failure_group_summary(group._replace(sample_message=None), [CategoryCount(None, 41)]),
        ],
        [_recipes(choice, recipes), _recipes(choice, [])],
        [_known_issues(_issues(now), now), _known_issues([], now)],
    )


def _groups(
    choice: Choice, args: dict[str, str], counts: FailureCountsChart, now: datetime | None
) -> FailureGroupList:
    asked, _ = ListQuery.of(args, FAILURE_GROUPS, choice.asked, 50)
    rows = group_counts(now) if now else []
    classes = [
        ClassCount(FailureClass.INFRASTRUCTURE, 3, 1),
        ClassCount(FailureClass.UNKNOWN, 42, 0),
    ]
    recipes = {1: 31, 2: MAX_RECIPES, 3: 1}
    return group_list_panel(
        choice, asked, Page(rows, None, None), len(rows), recipes, counts.series, classes
    )


def _issues(now: datetime) -> list[KnownIssue]:
    """Each state: as usual, expiring soon, passing, and ended."""
    today = now.date()
    recipe = IssueSubject(None, "homebrew", "sharkdp/bat", "darwin-arm64")
    issue = KnownIssue(
        id=1,
        subject=recipe,
        masked_line=None,
        link="https://example.org/issues/7",
        note="Waits for the next release",
        created_at=now,
        created_by="ada",
        expires_on=today + timedelta(days=30),
        state=KnownIssueState.OPEN,
        ended_at=None,
        is_synced=False,
        passes_now=False,
    )
    return [
        issue,
        issue._replace(subject=IssueSubject(1), masked_line=LINE, expires_on=today, link=""),
        issue._replace(subject=IssueSubject(None, "npm", LONG_NAME), passes_now=True),
        issue._replace(state=KnownIssueState.PASSED, ended_at=now, is_synced=True, note=""),
    ]


def _known_issues(issues: list[KnownIssue], now: datetime) -> KnownIssueList:
    asked, _ = ListQuery.of({}, KNOWN_ISSUES, EVERYTHING, 50)
    page = Page(issues, None, None)
    return known_issue_list("/patterns", asked, page, issues[:3], now.date())


def _recipes(choice: Choice, rows: list[RecipeFailures]) -> FailureGroupRecipes:
    asked, _ = ListQuery.of({}, GROUP_RECIPES, choice.asked, 50)
    return failure_group_recipes(choice, 1, asked, Page(rows, None, None), len(rows), SLOTS)
