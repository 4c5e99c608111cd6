"""Recipes as pages show them: the list, the stuck ones, one of them."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
)

from batch_dashboard.model.lists.filters import RunFilter
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import Page
from batch_dashboard.model.lists.search import words_of
from batch_dashboard.model.lists.sorting import Sort
from batch_dashboard.model.recipes.recipes import (
    FLAKY_FROM,
    MIN_ATTEMPTS,
    STATES,
    STUCK_FROM,
    Recipe,
    RecipeState,
    StateCounts,
    StreakReason,
    StuckRecipe,
    count_in_streak,
)
from batch_dashboard.store.dialects.columns import DOUBLE
from batch_dashboard.store.failures import known_issues
from batch_dashboard.store.lists.conditions import seen_conditions
from batch_dashboard.store.lists.keyset import SortKey, fetch_page_by_keys
from batch_dashboard.store.schema import failure_group_recipes, failure_groups, recipes

_recipe = recipes.c
_COLUMNS = tuple(recipes.c[name] for name in Recipe._fields)


_RECENT = func.length(_recipe.recent_attempts)


def _letters_of(pair: str) -> ColumnElement[Any]:
    """The number of letters in a pair of attempts: two for each change."""
    return _RECENT - func.length(func.replace(_recipe.recent_attempts, pair, ""))


# No attempts, or too few: the lowest sort value.
_NO_RATE = cast(literal_column("-1"), DOUBLE)
# NULL with too few attempts.
FLAKINESS = cast(_letters_of("pf") + _letters_of("fp"), DOUBLE) / case(
    (_RECENT >= MIN_ATTEMPTS, cast(2 * (_RECENT - 1), DOUBLE))
)
# NULL if nothing was attempted. PostgreSQL divides by a whole number far more slowly.
FAILURE_RATE = cast(_recipe.failed, DOUBLE) / cast(
    func.nullif(_recipe.passed + _recipe.failed, 0), DOUBLE
)
_in_group, _group = failure_group_recipes.c, failure_groups.c
# NULL if it never failed.
LAST_REASON = (
    select(_group.masked_line)
    .join(failure_group_recipes, _in_group.failure_group_id == _group.id)
    .where(_in_group.ecosystem == _recipe.ecosystem, _in_group.recipe_name == _recipe.recipe_name)
    .order_by(_in_group.last_seen_at.desc(), _in_group.failed.desc(), _group.id)
    .limit(1)
    .correlate(recipes)
    .scalar_subquery()
)
_ORDERS: dict[str, ColumnElement[Any]] = {
    "failure_streak": _recipe.failure_streak,
    "recipe_name": _recipe.recipe_name,
    "failure_rate": func.coalesce(FAILURE_RATE, _NO_RATE),
    "flakiness": func.coalesce(FLAKINESS, _NO_RATE),
    "failed": _recipe.failed,
    "failed_seconds": _recipe.failed_milliseconds,
    "last_seen_at": _recipe.last_seen_at,
}
# The conditions of a partial index, without which the database does not use it.
_IN_A_STREAK = _recipe.failure_streak != literal_column("0")
_STATES: dict[str, list[ColumnElement[bool]]] = {
    RecipeState.FAILING: [_IN_A_STREAK],
    RecipeState.STUCK: [_IN_A_STREAK, _recipe.failure_streak >= STUCK_FROM],
    RecipeState.FLAKY: [FLAKINESS >= FLAKY_FROM, _recipe.failure_streak < STUCK_FROM],
}
# The worst state of a recipe, NULL if it has none.
STATE = case(
    *(
        (and_(*_STATES[state]), literal_column(f"'{state}'"))
        for state in (RecipeState.STUCK, RecipeState.FLAKY, RecipeState.FAILING)
    )
)


def fetch_page(connection: Connection, query: ListQuery) -> Page[Recipe]:
    """One page of the recipes seen in a period; their sums are of all time."""
    found = chosen(select(*_COLUMNS), query.filter, query.state, query.text)
    return fetch_page_by_keys(connection, found, sort_keys(query.sort), query, Recipe)


def sort_keys(sort: Sort) -> list[SortKey]:
    """The sort keys of the list of recipes."""
    return [
        SortKey(_ORDERS[sort.column.name], sort.descending),
        SortKey(_recipe.ecosystem, False),
        SortKey(_recipe.recipe_name, False),
    ]


def count_recipes(
    connection: Connection, run_filter: RunFilter, state: str | None = None, text: str | None = None
) -> int:
    """The number of recipes in the whole list."""
    query = chosen(select(func.count()).select_from(recipes), run_filter, state, text)
    return int(connection.execute(query).scalar_one())


def count_states(connection: Connection, run_filter: RunFilter) -> dict[str, StateCounts]:
    """The number of failing, stuck and flaky recipes seen in a period, by ecosystem."""
    conditions = [and_(*_STATES[state]) for state in STATES]
    counts = (func.count(case((condition, 1))) for condition in conditions)
    # Most recipes never failed.
    failed = select(_recipe.ecosystem, *counts).where(_recipe.failed > 0)
    query = chosen(failed.group_by(_recipe.ecosystem), run_filter, None, None)
    return {name: StateCounts(*row) for name, *row in connection.execute(query)}


def fetch_named(connection: Connection, words: Sequence[str], count: int) -> list[Recipe]:
    """Up to `count` recipes of all time whose names contain the words.

    First those whose name is one of the words, then those whose name begins with one, then
    short names. Reads every recipe, but no result.
    """
    name = _recipe.recipe_name
    nearness = case(
        (func.lower(name).in_([word.lower() for word in words]), 0),
        (or_(*(name.istartswith(word, autoescape=True) for word in words)), 1),
        else_=2,
    )
    query = (
        select(*_COLUMNS)
        .where(*_named(words))
        .order_by(nearness, func.length(name), name, _recipe.ecosystem)
        .limit(count)
    )
    return [Recipe(*row) for row in connection.execute(query)]


def find_last_seen(
    connection: Connection, run_filter: RunFilter, state: str | None, text: str | None
) -> datetime | None:
    """The time at which a recipe of the list was last seen, None if the list is empty."""
    query = chosen(select(func.max(_recipe.last_seen_at)), run_filter, state, text)
    last: datetime | None = connection.execute(query).scalar_one()
    return last


def fetch_stuck(
    connection: Connection, run_filter: RunFilter, count: int, today: date
) -> list[StuckRecipe]:
    """The stuck recipes seen in a period, the longest streak first.

    Without those that known issues expect to fail on this day.
    """
    stuck = (
        chosen(select(recipes), run_filter, RecipeState.STUCK, None)
        .where(~known_issues.expects_recipe(_recipe.ecosystem, _recipe.recipe_name, today))
        .order_by(_recipe.failure_streak.desc(), _recipe.ecosystem, _recipe.recipe_name)
        .limit(count)
        .subquery()
    )
    query = (
        select(
            stuck.c.ecosystem,
            stuck.c.recipe_name,
            stuck.c.failure_streak,
            stuck.c.failing_since,
            stuck.c.last_seen_at,
            _group.id,
            _group.error_category,
            _group.masked_line,
            stuck.c.last_passed_at,
            stuck.c.last_failed_at,
            _in_group.failed.label("group_failed"),
            _in_group.first_seen_at.label("group_first_seen_at"),
            _in_group.last_seen_at.label("group_last_seen_at"),
        )
        .outerjoin_from(
            stuck,
            failure_group_recipes,
            and_(
                _in_group.ecosystem == stuck.c.ecosystem,
                _in_group.recipe_name == stuck.c.recipe_name,
                _in_group.last_seen_at
                >= func.coalesce(stuck.c.last_passed_at, stuck.c.first_seen_at),
            ),
        )
        .outerjoin(failure_groups, _group.id == _in_group.failure_group_id)
        .order_by(stuck.c.failure_streak.desc(), stuck.c.ecosystem, stuck.c.recipe_name, _group.id)
    )
    rows = connection.execute(query)
    found = [
        _stuck(list(of_recipe))
        for _, of_recipe in groupby(rows, lambda row: (row.ecosystem, row.recipe_name))
    ]
    expected = known_issues.fetch_expected_streaks(connection, found, today) if found else set()
    return [recipe for recipe in found if (recipe.ecosystem, recipe.recipe_name) not in expected]


def _stuck(rows: Sequence[Any]) -> StuckRecipe:
    """A stuck recipe of its rows, one for each reason of its streak."""
    # If it failed in several ways in its last run, the group with the smallest number counts.
    last = next((row for row in rows if row.group_last_seen_at == row.last_failed_at), None)
    if last is None:
        without = StuckRecipe(*rows[0][:8])
        return without._replace(failure_group_id=None, error_category=None, masked_line=None)
    reasons = [
        StreakReason(row.id, row.group_failed, row.group_first_seen_at, row.group_last_seen_at)
        for row in rows
    ]
    same = count_in_streak(last.id, last.failure_streak, last.last_passed_at, reasons)
    return StuckRecipe(*last[:8])._replace(same_reason=same)


def find(connection: Connection, ecosystem: str, recipe_name: str) -> Recipe | None:
    """The recipe with a name, None if it has no results."""
    query = select(*_COLUMNS).where(
        _recipe.ecosystem == ecosystem, _recipe.recipe_name == recipe_name
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Recipe(*row)


def chosen(
    query: Select[Any], run_filter: RunFilter, state: str | None, text: str | None
) -> Select[Any]:
    """A query of recipes that were seen in a period, with a state and the words of a text."""
    query = query.where(*seen_conditions(run_filter.period, recipes))
    if run_filter.ecosystem is not None:
        query = query.where(_recipe.ecosystem == run_filter.ecosystem)
    if state is not None:
        query = query.where(*_STATES[state])
    if text is not None:
        query = query.where(*_named(words_of(text)))
    return query


def _named(words: Sequence[str]) -> list[ColumnElement[bool]]:
    """Each word is in the name or the ecosystem of a recipe, at least one in its name."""
    in_name = [_recipe.recipe_name.icontains(word, autoescape=True) for word in words]
    in_ecosystem = [_recipe.ecosystem.icontains(word, autoescape=True) for word in words]
    return [or_(*in_name), *map(or_, in_name, in_ecosystem)]
