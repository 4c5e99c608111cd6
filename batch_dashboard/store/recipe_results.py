"""Recipe results of one batch run. Nothing here looks beyond one run: its index is the run's id."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, func, or_, select

from batch_dashboard.model.pagination import Place, Slice
from batch_dashboard.model.records import OutcomeCount, RecipeResult
from batch_dashboard.model.result_filter import NO_CATEGORY, ResultFilter
from batch_dashboard.model.sorting import Sort
from batch_dashboard.store.keyset import SortKey, fetch_slice
from batch_dashboard.store.schema import recipe_results

_result = recipe_results.c
_COLUMNS = tuple(recipe_results.c[name] for name in RecipeResult._fields)
_ORDERS: dict[str, ColumnElement[Any]] = {
    "id": _result.id,
    "recipe_name": _result.recipe_name,
    "duration_seconds": func.coalesce(_result.duration_seconds, -1.0),
}


def fetch_page(
    connection: Connection,
    batch_run_id: int,
    result_filter: ResultFilter,
    sort: Sort,
    place: Place | None,
    count: int,
) -> Slice[RecipeResult]:
    """Up to `count` results of a run beside a place in the list."""
    query = select(*_COLUMNS).where(
        _result.batch_run_id == batch_run_id, *_conditions(result_filter)
    )
    keys = [SortKey(_ORDERS[sort.column.name], sort.descending)]
    if sort.column.name != "id":
        keys.append(SortKey(_result.id, sort.descending))
    return fetch_slice(connection, query, keys, place, count, RecipeResult)


def fetch_outcome_counts(connection: Connection, batch_run_id: int) -> list[OutcomeCount]:
    """How many results of a run had each result and error category, most frequent first."""
    count = func.count().label("count")
    query = (
        select(_result.result, _result.error_category, count)
        .where(_result.batch_run_id == batch_run_id)
        .group_by(_result.result, _result.error_category)
        .order_by(count.desc(), _result.result, _result.error_category)
    )
    return [OutcomeCount(*row) for row in connection.execute(query)]


def _conditions(result_filter: ResultFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if result_filter.result:
        conditions.append(_result.result == result_filter.result)
    if result_filter.category == NO_CATEGORY:
        conditions.append(_result.error_category.is_(None))
    elif result_filter.category:
        conditions.append(_result.error_category == result_filter.category)
    if result_filter.text:
        conditions.append(
            or_(
                _result.recipe_name.icontains(result_filter.text, autoescape=True),
                _result.error_message.icontains(result_filter.text, autoescape=True),
                _result.error_category.icontains(result_filter.text, autoescape=True),
            )
        )
    return conditions
