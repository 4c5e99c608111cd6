"""The failure groups that failed most often."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from batch_dashboard.model.catalogue import FAILURE_GROUPS
from batch_dashboard.model.failures.failures import FailureGroupCount, new_since
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.sorting import Sort
from batch_dashboard.store.failures import failure_group_list
from batch_dashboard.views.choice import Choice
from batch_dashboard.views.context import connection

MAX_GROUPS = 8
MOST_FREQUENT = Sort(FAILURE_GROUPS.sorts, FAILURE_GROUPS.sorts[0], descending=True)


@dataclass(frozen=True)
class TopGroups:
    """The most frequent groups of the period; those first seen from `new_since` on are new."""

    groups: Sequence[FailureGroupCount]
    has_more: bool
    new_since: date
    query: dict[str, str]


def top_groups(choice: Choice) -> TopGroups:
    """The failure groups that failed most often in the period shown."""
    query = ListQuery(choice.shown, MOST_FREQUENT, count=MAX_GROUPS)
    page = failure_group_list.fetch_page(connection(), query)
    return TopGroups(
        page.rows, page.later is not None, new_since(choice.today), choice.shown.query()
    )
