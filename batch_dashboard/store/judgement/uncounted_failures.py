"""Failures that do not count in the SLO: of the infrastructure, and those of known issues.

Source: docs/slo.md, "What counts".
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    Table,
    func,
    select,
    union,
)

from batch_dashboard.model.failures.failure_classes import FailureClass
from batch_dashboard.model.judgement.slo import Attempts
from batch_dashboard.model.lists.periods import Step
from batch_dashboard.store.failures import failure_classes
from batch_dashboard.store.failures.known_issues import is_open
from batch_dashboard.store.schema import (
    ALL_ECOSYSTEMS,
    GROUP_OF_INFRASTRUCTURE,
    REPORTED_AS_INFRASTRUCTURE,
    batch_runs,
    failure_group_weeks,
    failure_groups,
    known_issues,
    recipe_results,
)

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class UncountedFailures(NamedTuple):
    """How many failed results of a batch run do not count."""

    ecosystem: str
    started_at: datetime
    failed: int


def fetch_uncounted(
    connection: Connection, since: datetime | None, ecosystem: str | None, today: date
) -> list[UncountedFailures]:
    """The failures of each run since a time that do not count on a day.

    Results are looked up only if there is such a failure at all, by their group or their recipe.
    """
    since = since or LONG_AGO
    if not connection.execute(select(_may_be_any(since, today))).scalar_one():
        return []
    run, row = batch_runs.c, _uncounted(since, today).subquery().c
    query = (
        select(run.ecosystem, run.started_at, func.count())
        .join_from(row.id.table, batch_runs, run.id == row.batch_run_id)
        .group_by(run.id, run.ecosystem, run.started_at)
    )
    if ecosystem is not None:
        query = query.where(run.ecosystem == ecosystem)
    return [UncountedFailures(*found) for found in connection.execute(query)]


def without(attempts: Attempts, uncounted: Iterable[UncountedFailures]) -> Attempts:
    """Attempts without failures that do not count."""
    failed = attempts.failed - sum(found.failed for found in uncounted)
    return attempts._replace(failed=max(0, failed))


def by_day(
    uncounted: Iterable[UncountedFailures],
) -> Mapping[tuple[str, date], list[UncountedFailures]]:
    """The same by ecosystem and day."""
    found: dict[tuple[str, date], list[UncountedFailures]] = {}
    for each in uncounted:
        found.setdefault((each.ecosystem, each.started_at.date()), []).append(each)
    return found


def _may_be_any(since: datetime, today: date) -> ColumnElement[bool]:
    """Whether a group of the infrastructure failed since a time, or a known issue is open."""
    groups = _infrastructure_groups(since).subquery()
    issues = select(known_issues.c.id).where(is_open(today))
    return select(groups).exists() | issues.exists()


def _infrastructure_groups(since: datetime) -> CompoundSelect[tuple[int]]:
    """The groups of which a result since a time may be a failure of the infrastructure.

    Each of the two parts has a partial index.
    """
    group, week = failure_groups.c, failure_group_weeks.c
    return union(
        select(group.id).where(GROUP_OF_INFRASTRUCTURE, group.last_seen_at >= since),
        select(week.failure_group_id).where(
            REPORTED_AS_INFRASTRUCTURE,
            week.ecosystem == ALL_ECOSYSTEMS,
            week.week >= Step.WEEK.start_of(since.date()),
        ),
    )


def _uncounted(since: datetime, today: date) -> Select[tuple[int, int]]:
    result, group, issue = recipe_results.c, failure_groups.c, known_issues.c

    def results(table: Table, joined: ColumnElement[bool]) -> Select[tuple[int, int]]:
        return (
            select(result.id, result.batch_run_id)
            .join_from(table, recipe_results, joined)
            .where(result.started_at >= since, result.failure_group_id.is_not(None))
        )

    of_recipe = (issue.recipe_name == result.recipe_name) & (issue.ecosystem == result.ecosystem)
    parts = union(
        results(failure_groups, group.id == result.failure_group_id).where(
            group.id.in_(_infrastructure_groups(since)),
            failure_classes.class_of(recipe_results) == FailureClass.INFRASTRUCTURE,
        ),
        results(known_issues, issue.failure_group_id == result.failure_group_id).where(
            is_open(today)
        ),
        results(known_issues, of_recipe).where(
            is_open(today), issue.platform.is_(None) | (issue.platform == result.platform)
        ),
    ).subquery()
    return select(parts.c.id, parts.c.batch_run_id)
