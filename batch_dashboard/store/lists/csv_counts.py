"""The number of rows of the CSV files for a filter, read from sums and indexes."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, select

from batch_dashboard.model.lists.filters import RunFilter
from batch_dashboard.model.lists.periods import Step
from batch_dashboard.store.failures import failure_group_list
from batch_dashboard.store.failures import known_issues as known_issue_store
from batch_dashboard.store.lists.conditions import (
    period_conditions,
    run_conditions,
    seen_conditions,
)
from batch_dashboard.store.recipes import recipe_list
from batch_dashboard.store.schema import (
    ALL_ECOSYSTEMS,
    batch_runs,
    ci_job_days,
    circuit_breaker_changes,
    ecosystem_days,
    excluded_runs,
    failure_group_days,
    failure_group_recipes,
    incidents,
    known_issues,
    plan_days,
    pruned_ecosystem_days,
)
from batch_dashboard.store.spending.ci_jobs import select_waits


def count_rows(connection: Connection, run_filter: RunFilter) -> dict[str, int]:
    """The number of rows of each file whose rows are stored, without options of its own."""
    days = _count(ecosystem_days, *run_conditions(run_filter, ecosystem_days))
    counts = {
        # The sums include runs that retention deleted; their part is stored separately.
        "batch_runs": _runs(run_filter, ecosystem_days) - _runs(run_filter, pruned_ecosystem_days),
        "recipe_results": _results(run_filter),
        "minutes": days,
        "job_minutes": _count(ci_job_days, *run_conditions(run_filter, ci_job_days)),
        "queue_waits": _count_waits(run_filter),
        "ledger": _count(plan_days, *run_conditions(run_filter, plan_days)),
        "failure_rates": days,
        "failure_counts": _count(
            failure_group_days,
            *period_conditions(run_filter.period, failure_group_days),
            failure_group_days.c.ecosystem != ALL_ECOSYSTEMS,
            *_of_ecosystem(run_filter, failure_group_days),
        ),
        "failure_group_recipes": _count(
            failure_group_recipes,
            *seen_conditions(run_filter.period, failure_group_recipes),
            *_of_ecosystem(run_filter, failure_group_recipes),
        ),
        "excluded_batch_runs": _count(excluded_runs, *run_conditions(run_filter, excluded_runs)),
        "incidents": _count(
            incidents,
            *period_conditions(run_filter.period, incidents, "opened_at"),
            *_of_ecosystem(run_filter, incidents),
        ),
        "known_issues": _count(known_issues, *known_issue_store.of_ecosystem(run_filter.ecosystem)),
        "circuit_breakers": _count(
            circuit_breaker_changes, *run_conditions(run_filter, circuit_breaker_changes)
        ),
    }
    found = connection.execute(select(*counts.values())).one()
    return {
        **dict(zip(counts, map(int, found), strict=True)),
        "failure_groups": failure_group_list.count_groups(
            connection, run_filter, failure_group_list.ANY_GROUP
        ),
        "recipes": recipe_list.count_recipes(connection, run_filter),
    }


def _count(table: Table, *conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return select(func.count()).select_from(table).where(*conditions).scalar_subquery()


def _count_waits(run_filter: RunFilter) -> ColumnElement[int]:
    """Days and operating systems with known waits."""
    waits = select_waits(run_filter, Step.DAY).subquery()
    return select(func.count()).select_from(waits).scalar_subquery()


def _runs(run_filter: RunFilter, table: Table) -> ColumnElement[Any]:
    runs = func.coalesce(func.sum(table.c.runs), 0)
    return select(runs).where(*run_conditions(run_filter, table)).scalar_subquery()


def _results(run_filter: RunFilter) -> ColumnElement[Any]:
    """The number of stored results; each run has its numbers of received and pruned results."""
    run = batch_runs.c
    left = func.coalesce(func.sum(run.result_count - run.pruned_results), 0)
    # The condition of the partial index.
    has_results = run.pruned_results < run.result_count
    return (
        select(left).where(has_results, *run_conditions(run_filter, batch_runs)).scalar_subquery()
    )


def _of_ecosystem(run_filter: RunFilter, table: Table) -> list[ColumnElement[bool]]:
    ecosystem = run_filter.ecosystem
    return [] if ecosystem is None else [table.c.ecosystem == ecosystem]
