"""Two batch runs side by side, recipe by recipe. Each is read once, by the index of its results."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Subquery,
    and_,
    case,
    func,
    literal,
    select,
    union_all,
)

from batch_dashboard.model.comparison import (
    FIXED,
    GONE,
    NEW,
    NEWLY_FAILING,
    STILL_FAILING,
    UNCHANGED,
    ComparedRecipe,
    Comparison,
    comparison,
)
from batch_dashboard.model.pagination import Place, Slice
from batch_dashboard.model.vocabulary import FAILED, PASSED, SKIPPED
from batch_dashboard.store.keyset import SortKey, fetch_slice
from batch_dashboard.store.schema import recipe_results

_result = recipe_results.c


def fetch_comparison(
    connection: Connection, before_id: int, after_id: int, count: int
) -> Comparison:
    """How the recipes of the earlier run fared in the later one, up to `count` of each change."""
    compared = _compared(before_id, after_id).subquery()
    by_name = func.row_number().over(
        partition_by=compared.c.change, order_by=(compared.c.ecosystem, compared.c.recipe_name)
    )
    ranked = select(
        compared,
        func.count().over(partition_by=compared.c.change).label("of_change"),
        by_name.label("rank"),
    ).subquery()
    most = case((ranked.c.change == UNCHANGED, 1), else_=count)
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
    place: Place | None,
    count: int,
) -> Slice[ComparedRecipe]:
    """Up to `count` of the recipes that changed in one way beside a place in the list, by name."""
    compared = _compared(before_id, after_id).subquery()
    keys = [SortKey(compared.c.ecosystem, False), SortKey(compared.c.recipe_name, False)]
    query = select(compared).where(compared.c.change == change)
    return fetch_slice(connection, query, keys, place, count, ComparedRecipe)


def _compared(before_id: int, after_id: int) -> Select[Any]:
    """A row for each recipe of either run, in the columns of ComparedRecipe."""
    before, after = _outcomes(before_id, "before"), _outcomes(after_id, "after")
    same = and_(
        before.c.ecosystem == after.c.ecosystem, before.c.recipe_name == after.c.recipe_name
    )
    of_before = select(
        before.c.ecosystem,
        before.c.recipe_name,
        before.c.result.label("result_before"),
        before.c.category.label("category_before"),
        after.c.result.label("result_after"),
        after.c.category.label("category_after"),
    ).outerjoin_from(before, after, same)
    of_after = (
        select(
            after.c.ecosystem,
            after.c.recipe_name,
            before.c.result,
            before.c.category,
            after.c.result,
            after.c.category,
        )
        .outerjoin_from(after, before, same)
        .where(before.c.result.is_(None))
    )
    both = union_all(of_before, of_after).subquery()
    return select(_change(both.c.result_before, both.c.result_after).label("change"), both)


def _outcomes(batch_run_id: int, name: str) -> Subquery:
    """What became of each recipe of a run: its last attempt, skipped where there was none."""
    attempted = func.max(case((_result.result != SKIPPED, _result.id)))
    last = (
        select(func.coalesce(attempted, func.max(_result.id)).label("id"))
        .where(_result.batch_run_id == batch_run_id)
        .group_by(_result.ecosystem, _result.recipe_name)
        .subquery()
    )
    return (
        select(
            _result.ecosystem,
            _result.recipe_name,
            _result.result,
            _result.error_category.label("category"),
        )
        .join_from(last, recipe_results, _result.id == last.c.id)
        .subquery(name)
    )


def _change(before: ColumnElement[Any], after: ColumnElement[Any]) -> ColumnElement[str]:
    return case(
        (before.is_(None), literal(NEW)),
        (after.is_(None), literal(GONE)),
        (and_(before == FAILED, after == FAILED), literal(STILL_FAILING)),
        (after == FAILED, literal(NEWLY_FAILING)),
        (and_(before == FAILED, after == PASSED), literal(FIXED)),
        else_=literal(UNCHANGED),
    )
