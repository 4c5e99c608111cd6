"""Grouping stored failures again, after the rule of failure groups changed."""

from typing import NamedTuple

from batch_dashboard.store import failure_groups
from batch_dashboard.store.engine import Store


class Regrouped(NamedTuple):
    """How many results went into another failure group, and how many groups there are."""

    moved_results: int
    failure_groups: int


def regroup_failures(store: Store) -> Regrouped:
    """Group every failed result by the rule in force and sum the groups, in one transaction.

    Raises StoreUnavailable; nothing has changed then.
    """
    with store.write() as connection:
        return Regrouped(*failure_groups.rebuild(connection))
