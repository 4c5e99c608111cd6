"""Comparison of two batch runs: the outcome of each recipe in both of them."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    func,
    literal,
    select,
)

from batch_dashboard.model.batch_runs.comparison import (
    Change,
    ComparedRecipe,
    Comparison,
    comparison,
)
from batch_dashboard.model.batch_runs.vocabulary import FAILED, PASSED, SKIPPED
from batch_dashboard.model.lists.pagination import Cursor, Page
from batch_dashboard.store.lists.keyset import PageRequest, SortKey, fetch_page_by_keys
from batch_dashboard.store.schema import failure_groups, recipe_results

_result = recipe_results.c


def fetch_comparison(
    connection: Connection, before_id: int, after_id: int, count: int
) -> Comparison:
    """The changes between two runs, up to `count` recipes of each change."""
    compared = select_compared(before_id, after_id).subquery()
    by_name = func.row_number().over(
        partition_by=compared.c.change, order_by=(compared.c.ecosystem, compared.c.recipe_name)
    )
    ranked = select(
        compared,
        func.count().over(partition_by=compared.c.change).label("of_change"),
        by_name.label("rank"),
    ).subquery()
    most = case((ranked.c.change == Change.UNCHANGED, 1), else_=count)
    rows = connection.execute(
        select(ranked).where(ranked.c.rank <= most).order_by(ranked.c.change, ranked.c.rank)
    )
    fields = len(ComparedRecipe._fields)
    return comparison((ComparedRecipe(*row[:fields]), row.of_change) for row in rows)


def fetch_page(
    connection: Connection,
    before_id: int,
    after_id: int,
    change: str,
    cursor: Cursor | None,
    count: int,
) -> Page[ComparedRecipe]:
    """Up to `count` recipes with one change, before or after a cursor, by name."""
    compared = select_compared(before_id, after_id).subquery()
    keys = [SortKey(compared.c.ecosystem, False), SortKey(compared.c.recipe_name, False)]
    query = select(compared).where(compared.c.change == change)
    return fetch_page_by_keys(connection, query, keys, PageRequest(cursor, count), ComparedRecipe)


def select_compared(before_id: int, after_id: int) -> Select[Any]:
    """A row for each recipe of either run, in the columns of ComparedRecipe.

    The results of both runs are grouped by recipe and then found by their id. Nothing is joined by
    name: SQLite would read the later run once for every recipe of the earlier one.
    """
    last = (
        select(
            _result.ecosystem,
            _result.recipe_name,
            _last_attempt(before_id).label("before_id"),
            _last_attempt(after_id).label("after_id"),
        )
        .where(_result.batch_run_id.in_((before_id, after_id)))
        .group_by(_result.ecosystem, _result.recipe_name)
        .subquery("last")
    )
    before, after = recipe_results.alias("before"), recipe_results.alias("after")
    return (
        select(
            _change(before.c.result, after.c.result).label("change"),
            last.c.ecosystem,
            last.c.recipe_name,
            before.c.result.label("result_before"),
            before.c.error_category.label("category_before"),
            after.c.result.label("result_after"),
            after.c.error_category.label("category_after"),
            failure_groups.c.masked_line.label("reason"),
        )
        .outerjoin_from(last, before, before.c.id == last.c.before_id)
        .outerjoin(after, after.c.id == last.c.after_id)
        .outerjoin(
            failure_groups,
            failure_groups.c.id
            == func.coalesce(after.c.failure_group_id, before.c.failure_group_id),
        )
    )


def _last_attempt(batch_run_id: int) -> ColumnElement[Any]:
    """The id of a recipe's last attempt in a run, or of its last result if it was only skipped."""
    of_run = _result.batch_run_id == batch_run_id
    attempted = func.max(case((and_(of_run, _result.result != SKIPPED), _result.id)))
    return func.coalesce(attempted, func.max(case((of_run, _result.id))))


def _change(before: ColumnElement[Any], after: ColumnElement[Any]) -> ColumnElement[str]:
    return case(
        (before.is_(None), literal(Change.NEW)),
        (after.is_(None), literal(Change.GONE)),
        (and_(before == FAILED, after == FAILED), literal(Change.STILL_FAILING)),
        (after == FAILED, literal(Change.NEWLY_FAILING)),
        (and_(before == FAILED, after == PASSED), literal(Change.FIXED)),
        else_=literal(Change.UNCHANGED),
    )
