"""Recipe results of one batch run, read by the index of the run's id."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, or_, select

from batch_dashboard.model.batch_runs.records import OutcomeCount, RecipeResult
from batch_dashboard.model.batch_runs.result_filter import NO_CATEGORY, ResultFilter
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import Page
from batch_dashboard.model.lists.sorting import Sort
from batch_dashboard.store.lists.keyset import SortKey, fetch_page_by_keys
from batch_dashboard.store.schema import excluded_results, recipe_results


def fetch_page(
    connection: Connection, batch_run_id: int, query: ListQuery, is_excluded: bool = False
) -> Page[RecipeResult]:
    """One page of the results of a run."""
    table = _table(is_excluded)
    chosen = select(*(table.c[name] for name in RecipeResult._fields)).where(
        table.c.batch_run_id == batch_run_id, *result_conditions(query.results, table)
    )
    return fetch_page_by_keys(connection, chosen, sort_keys(query.sort, table), query, RecipeResult)


def sort_keys(sort: Sort, table: Table = recipe_results) -> list[SortKey]:
    """The sort keys of the results of a run or of a recipe."""
    order: ColumnElement[Any] = table.c[sort.column.name]
    if sort.column.name == "duration_seconds":
        order = func.coalesce(order, -1.0)
    keys = [SortKey(order, sort.descending)]
    if sort.column.name != "id":
        keys.append(SortKey(table.c.id, sort.descending))
    return keys


def fetch_outcome_counts(
    connection: Connection, batch_run_id: int, is_excluded: bool = False
) -> list[OutcomeCount]:
    """The number of results of a run per outcome and error category, most frequent first."""
    result = _table(is_excluded).c
    count = func.count().label("count")
    query = (
        select(result.result, result.error_category, count)
        .where(result.batch_run_id == batch_run_id)
        .group_by(result.result, result.error_category)
        .order_by(count.desc(), result.result, result.error_category)
    )
    return [OutcomeCount(*row) for row in connection.execute(query)]


def _table(is_excluded: bool) -> Table:
    return excluded_results if is_excluded else recipe_results


def result_conditions(result_filter: ResultFilter, table: Table) -> list[ColumnElement[bool]]:
    """The conditions of a filter of results."""
    result = table.c
    conditions: list[ColumnElement[bool]] = []
    if result_filter.result:
        conditions.append(result.result == result_filter.result)
    if result_filter.category == NO_CATEGORY:
        conditions.append(result.error_category.is_(None))
    elif result_filter.category:
        conditions.append(result.error_category == result_filter.category)
    if result_filter.text:
        conditions.append(
            or_(
                result.recipe_name.icontains(result_filter.text, autoescape=True),
                result.error_message.icontains(result_filter.text, autoescape=True),
                result.error_category.icontains(result_filter.text, autoescape=True),
            )
        )
    return conditions
