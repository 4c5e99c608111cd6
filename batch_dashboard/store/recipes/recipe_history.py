"""The results of one recipe, newest first, by the index of its name."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from batch_dashboard.model.failures.failures import RecipeFailureGroup
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import Page
from batch_dashboard.model.lists.periods import Period
from batch_dashboard.model.recipes.recipes import RecipeAttempt
from batch_dashboard.store.batch_runs.recipe_results import sort_keys
from batch_dashboard.store.lists.conditions import midnight
from batch_dashboard.store.lists.keyset import fetch_page_by_keys
from batch_dashboard.store.schema import failure_group_recipes, failure_groups, recipe_results

_result = recipe_results.c
_COLUMNS = tuple(recipe_results.c[name] for name in RecipeAttempt._fields)


def fetch_page(
    connection: Connection, ecosystem: str, recipe_name: str, query: ListQuery
) -> Page[RecipeAttempt]:
    """One page of the results of a recipe."""
    chosen = _chosen(ecosystem, recipe_name, query.filter.period, query.filter.platform)
    if query.result is not None:
        chosen = chosen.where(_result.result == query.result)
    return fetch_page_by_keys(connection, chosen, sort_keys(query.sort), query, RecipeAttempt)


def fetch_latest(
    connection: Connection,
    ecosystem: str,
    recipe_name: str,
    period: Period,
    platform: str | None,
    count: int,
) -> list[RecipeAttempt]:
    """The last results of a recipe in a period, oldest first."""
    query = (
        _chosen(ecosystem, recipe_name, period, platform)
        .order_by(_result.started_at.desc(), _result.id.desc())
        .limit(count)
    )
    return [RecipeAttempt(*row) for row in connection.execute(query)][::-1]


def find_last(
    connection: Connection,
    ecosystem: str,
    recipe_name: str,
    period: Period,
    platform: str | None,
    result: str | None,
) -> datetime | None:
    """The start of the last run in which a result of a recipe matches, None if there is none."""
    query = _chosen(ecosystem, recipe_name, period, platform).with_only_columns(_result.started_at)
    if result is not None:
        query = query.where(_result.result == result)
    last = query.order_by(_result.started_at.desc()).limit(1)
    return connection.execute(last).scalar_one_or_none()


def find_failure(
    connection: Connection, ecosystem: str, recipe_name: str, started_at: datetime
) -> RecipeAttempt | None:
    """The last failed result of a recipe in the runs of one moment."""
    query = (
        _chosen(ecosystem, recipe_name, Period(None, None), None)
        .where(_result.started_at == started_at, _result.result == "failed")
        .order_by(_result.id.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else RecipeAttempt(*row)


def fetch_failure_groups(
    connection: Connection, ecosystem: str, recipe_name: str, count: int
) -> list[RecipeFailureGroup]:
    """The failure groups of a recipe, the one seen last first."""
    of_recipe, group = failure_group_recipes.c, failure_groups.c
    query = (
        select(
            group.id,
            group.error_category,
            group.masked_line,
            of_recipe.failed,
            of_recipe.first_seen_at,
            of_recipe.last_seen_at,
        )
        .join(failure_groups, group.id == of_recipe.failure_group_id)
        .where(of_recipe.ecosystem == ecosystem, of_recipe.recipe_name == recipe_name)
        .order_by(of_recipe.last_seen_at.desc(), of_recipe.failed.desc(), group.id)
        .limit(count)
    )
    return [RecipeFailureGroup(*row) for row in connection.execute(query)]


def _chosen(ecosystem: str, recipe_name: str, period: Period, platform: str | None) -> Select[Any]:
    query = select(*_COLUMNS).where(
        _result.recipe_name == recipe_name, _result.ecosystem == ecosystem
    )
    if period.since is not None:
        query = query.where(_result.started_at >= midnight(period.since))
    if period.until is not None:
        query = query.where(_result.started_at < midnight(period.until))
    if platform is not None:
        query = query.where(_result.platform == platform)
    return query
