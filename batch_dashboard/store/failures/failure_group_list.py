"""Failure groups as pages show them: the list, failures over time, one group."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Subquery,
    Table,
    and_,
    case,
    func,
    literal_column,
    or_,
    select,
    true,
    union_all,
)

from batch_dashboard.model.batch_runs.result_filter import NO_CATEGORY
from batch_dashboard.model.failures.failure_sums import UNNAMED_CATEGORY, UNREPORTED_CLASS
from batch_dashboard.model.failures.failures import (
    CategoryCount,
    ClassCount,
    FailureGroupCount,
    FailureGroupDetail,
    FailureSums,
    GroupChoice,
)
from batch_dashboard.model.lists.filters import RunFilter
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import Page
from batch_dashboard.model.lists.periods import DAY, WEEK, Period, Step
from batch_dashboard.model.lists.sorting import Sort
from batch_dashboard.model.recipes.recipes import RecipeFailures
from batch_dashboard.store.failures import known_issues, message_index
from batch_dashboard.store.lists.conditions import midnight
from batch_dashboard.store.lists.keyset import SortKey, fetch_page_by_keys
from batch_dashboard.store.schema import (
    ALL_ECOSYSTEMS,
    failure_group_categories,
    failure_group_days,
    failure_group_recipes,
    failure_group_weeks,
    failure_groups,
)
from batch_dashboard.store.weeks import step_start

_group = failure_groups.c
_recipe = failure_group_recipes.c
_CATEGORY = func.coalesce(_group.error_category, "")
_DETAIL = tuple(failure_groups.c[name] for name in FailureGroupDetail._fields)

ANY_GROUP = GroupChoice()

# The maximum number of categories of a group on its page.
MAX_CATEGORIES = 20

# The conditions on rows of a table of sums, besides their time.
Conditions = Callable[[Table], list[ColumnElement[bool]]]


def fetch_page(connection: Connection, query: ListQuery) -> Page[FailureGroupCount]:
    """One page of the groups that failed in a period.

    The text is searched in their lines, their categories and the words of their messages.
    """
    chosen = select_groups(connection, query.filter, query.groups)
    columns = chosen.query.with_only_columns(
        _group.id,
        _group.error_category,
        _group.masked_line,
        _group.first_seen_at,
        _group.last_seen_at,
        _group.failure_class,
        chosen.failed,
    )
    keys = sort_keys(query.sort, chosen.failed)
    return fetch_page_by_keys(connection, columns, keys, query, FailureGroupCount)


def sort_keys(sort: Sort, failed: ColumnElement[int]) -> list[SortKey]:
    """The sort keys of the list of failure groups; `failed` counts those of the period."""
    orders: dict[str, ColumnElement[Any]] = {
        "failed": failed,
        "first_seen_at": _group.first_seen_at,
        "last_seen_at": _group.last_seen_at,
        "error_category": _CATEGORY,
    }
    return [SortKey(orders[sort.column.name], sort.descending), SortKey(_group.id, sort.descending)]


def count_groups(connection: Connection, run_filter: RunFilter, choice: GroupChoice) -> int:
    """The number of groups in the whole list."""
    chosen = select_groups(connection, run_filter, choice)
    query = chosen.query.with_only_columns(func.count())
    return connection.execute(query).scalar_one()


def find_last_failed(
    connection: Connection, run_filter: RunFilter, choice: GroupChoice
) -> datetime | None:
    """The last failure of the listed groups, even after the period; None if the list is empty."""
    chosen = select_groups(connection, run_filter, choice).query
    if choice.category is not None or choice.failure_class is not None:
        return _find_last_day(connection, chosen, run_filter.ecosystem, choice)
    if run_filter.ecosystem is None:
        query = chosen.with_only_columns(func.max(_group.last_seen_at))
    else:
        groups = chosen.with_only_columns(_group.id)
        query = select(func.max(_recipe.last_seen_at)).where(
            _recipe.failure_group_id.in_(groups), _recipe.ecosystem == run_filter.ecosystem
        )
    last: datetime | None = connection.execute(query).scalar_one()
    return last


def _find_last_day(
    connection: Connection, groups: Select[Any], ecosystem: str | None, choice: GroupChoice
) -> datetime | None:
    """The last day on which some groups failed under a category and with a class."""
    conditions = _chosen(ecosystem, choice)
    ids = groups.with_only_columns(_group.id)
    week, day = failure_group_weeks.c, failure_group_days.c
    last_week = select(func.max(week.week)).where(
        *conditions(failure_group_weeks), week.failure_group_id.in_(ids)
    )
    last_day: date | None = connection.execute(
        select(func.max(day.day)).where(
            *conditions(failure_group_days),
            day.failure_group_id.in_(ids),
            day.day >= last_week.scalar_subquery(),
        )
    ).scalar_one()
    return None if last_day is None else midnight(last_day)


def find_last_of_group(
    connection: Connection, failure_group_id: int, ecosystem: str
) -> datetime | None:
    """The time of the last failure of a group in an ecosystem, None if there is none."""
    query = select(func.max(_recipe.last_seen_at)).where(*_of_group(failure_group_id, ecosystem))
    last: datetime | None = connection.execute(query).scalar_one()
    return last


class ChosenGroups(NamedTuple):
    """A query of failure groups, with the number of failures of each in the period."""

    query: Select[Any]
    failed: ColumnElement[int]


def select_groups(
    connection: Connection, run_filter: RunFilter, choice: GroupChoice
) -> ChosenGroups:
    """The groups that match and failed in a period.

    Only failures with the selected category and class are counted.
    """
    sums = _group_sums(run_filter, choice)
    joined = sums.join(failure_groups, _group.id == sums.c.id)
    query = select(failure_groups).select_from(joined)
    if choice.text is not None:
        query = query.where(or_(*_say(connection, choice.text)))
    return ChosenGroups(query, sums.c.failed)


def fetch_categories(
    connection: Connection, run_filter: RunFilter, step: Step
) -> list[FailureSums]:
    """Failed results per error category and step, oldest first."""
    sums = _sums(run_filter.period, _chosen(run_filter.ecosystem), step)
    category = func.nullif(sums.c.error_category, UNNAMED_CATEGORY)
    query = (
        select(sums.c.start, category, _summed(sums.c.failed))
        .group_by(sums.c.start, sums.c.error_category)
        .order_by(sums.c.start, sums.c.error_category)
    )
    return [FailureSums(*row) for row in connection.execute(query)]


def fetch_class_counts(connection: Connection, run_filter: RunFilter) -> list[ClassCount]:
    """The number of failed results of a period per class, the most frequent class first."""
    sums = _sums(run_filter.period, _chosen(run_filter.ecosystem), Step.WEEK)
    by_group = (
        select(sums.c.id, sums.c.failure_class, _summed(sums.c.failed).label("failed"))
        .group_by(sums.c.id, sums.c.failure_class)
        .subquery()
    )
    reported = func.nullif(by_group.c.failure_class, UNREPORTED_CLASS)
    query = (
        select(
            func.coalesce(reported, _group.failure_class, type_=_group.failure_class.type),
            _summed(by_group.c.failed).label("failed"),
            _summed(case((reported.is_not(None), by_group.c.failed), else_=0)),
        )
        .join_from(by_group, failure_groups, _group.id == by_group.c.id)
        .group_by(literal_column("1"))
        .order_by(literal_column("failed").desc(), literal_column("1"))
    )
    return [ClassCount(*row) for row in connection.execute(query)]


def fetch_categories_of(connection: Connection, failure_group_id: int) -> list[CategoryCount]:
    """The categories that clients reported for a group, the most frequent first."""
    counts = failure_group_categories.c
    query = (
        select(func.nullif(counts.error_category, UNNAMED_CATEGORY), counts.failed)
        .where(counts.failure_group_id == failure_group_id)
        .order_by(counts.failed.desc(), counts.error_category)
        .limit(MAX_CATEGORIES)
    )
    return [CategoryCount(*row) for row in connection.execute(query)]


def find(connection: Connection, failure_group_id: int) -> FailureGroupDetail | None:
    """The group with an id, None if there is none."""
    row = connection.execute(select(*_DETAIL).where(_group.id == failure_group_id)).one_or_none()
    return None if row is None else FailureGroupDetail(*row)


def fetch_group_sums(
    connection: Connection, failure_group_id: int, run_filter: RunFilter, step: Step
) -> list[FailureSums]:
    """Failed results of one group per ecosystem and step, oldest first."""

    def of_group(table: Table) -> list[ColumnElement[bool]]:
        chosen = run_filter.ecosystem
        return [
            table.c.failure_group_id == failure_group_id,
            table.c.ecosystem != ALL_ECOSYSTEMS if chosen is None else table.c.ecosystem == chosen,
        ]

    sums = _sums(run_filter.period, of_group, step)
    query = (
        select(sums.c.start, sums.c.ecosystem, _summed(sums.c.failed))
        .group_by(sums.c.start, sums.c.ecosystem)
        .order_by(sums.c.start, sums.c.ecosystem)
    )
    return [FailureSums(*row) for row in connection.execute(query)]


def select_counts(run_filter: RunFilter, failure_group_id: int | None, step: Step) -> Select[Any]:
    """`start`, `ecosystem`, `id`, `error_category` and `failed` of each step and group."""

    def chosen(table: Table) -> list[ColumnElement[bool]]:
        ecosystem = table.c.ecosystem
        wanted = run_filter.ecosystem
        conditions = [ecosystem != ALL_ECOSYSTEMS if wanted is None else ecosystem == wanted]
        if failure_group_id is not None:
            conditions.append(table.c.failure_group_id == failure_group_id)
        return conditions

    sums = _sums(run_filter.period, chosen, step)
    row = sums.c
    return select(
        row.start,
        row.ecosystem,
        row.id,
        func.nullif(row.error_category, UNNAMED_CATEGORY).label("error_category"),
        _summed(row.failed).label("failed"),
    ).group_by(row.start, row.ecosystem, row.id, row.error_category)


def fetch_new(
    connection: Connection, period: Period, ecosystem: str | None, count: int, today: date
) -> list[FailureGroupDetail]:
    """Groups first seen in a period, the most frequent first.

    Without those that known issues expect on this day.
    """
    query = select(*_DETAIL).where(
        _group.first_seen_at >= midnight(period.since) if period.since else true(),
        _group.first_seen_at < midnight(period.until) if period.until else true(),
        ~known_issues.expects_group(_group.id, today),
    )
    if ecosystem is not None:
        touched = select(_recipe.failure_group_id).where(_recipe.ecosystem == ecosystem)
        query = query.where(_group.id.in_(touched))
    query = query.order_by(_group.failed.desc(), _group.id).limit(count)
    return [FailureGroupDetail(*row) for row in connection.execute(query)]


def fetch_recipes(
    connection: Connection, failure_group_id: int, query: ListQuery
) -> Page[RecipeFailures]:
    """One page of the recipes that failed for a group."""
    recipes = select(*(_recipe[name] for name in RecipeFailures._fields)).where(
        *_of_group(failure_group_id, query.filter.ecosystem)
    )
    return fetch_page_by_keys(
        connection, recipes, recipe_sort_keys(query.sort), query, RecipeFailures
    )


def recipe_sort_keys(sort: Sort) -> list[SortKey]:
    """The sort keys of the recipes of a failure group."""
    return [
        SortKey(_recipe[sort.column.name], sort.descending),
        SortKey(_recipe.ecosystem, False),
        SortKey(_recipe.recipe_name, False),
    ]


def count_recipes(connection: Connection, failure_group_id: int, ecosystem: str | None) -> int:
    """The number of recipes of a group."""
    query = (
        select(func.count())
        .select_from(failure_group_recipes)
        .where(*_of_group(failure_group_id, ecosystem))
    )
    return connection.execute(query).scalar_one()


def count_recipes_up_to(
    connection: Connection, failure_group_ids: list[int], most: int
) -> dict[int, int]:
    """The number of recipes of each of some groups, counted up to `most`."""
    if not failure_group_ids:
        return {}
    counts: list[Select[Any]] = [
        select(
            literal_column(str(group_id)),
            select(func.count())
            .select_from(
                select(_recipe.failure_group_id)
                .where(_recipe.failure_group_id == group_id)
                .limit(most)
                .subquery()
            )
            .scalar_subquery(),
        )
        for group_id in failure_group_ids
    ]
    return {row[0]: row[1] for row in connection.execute(union_all(*counts))}


def _of_group(failure_group_id: int, ecosystem: str | None) -> list[ColumnElement[bool]]:
    conditions = [_recipe.failure_group_id == failure_group_id]
    if ecosystem is not None:
        conditions.append(_recipe.ecosystem == ecosystem)
    return conditions


def _say(connection: Connection, text: str) -> list[ColumnElement[bool]]:
    conditions = [
        _group.masked_line.icontains(text, autoescape=True),
        _group.error_category.icontains(text, autoescape=True),
    ]
    numbers = message_index.groups_with(connection, text)
    if numbers is not None:
        conditions.append(_group.number.in_(numbers))
    return conditions


def _group_sums(run_filter: RunFilter, choice: GroupChoice) -> Subquery:
    """`id` and `failed` of every group that failed in a period, with the class and category."""
    is_all = run_filter.period == Period(None, None) and run_filter.ecosystem is None
    if is_all and choice.failure_class is None:
        if choice.category is None:
            return select(_group.id, _group.failed).subquery()
        counts = failure_group_categories.c
        return (
            select(counts.failure_group_id.label("id"), counts.failed)
            .where(counts.error_category == _stored(choice.category))
            .subquery()
        )
    sums = _sums(run_filter.period, _chosen(run_filter.ecosystem, choice), Step.WEEK)
    return select(sums.c.id, _summed(sums.c.failed).label("failed")).group_by(sums.c.id).subquery()


def _stored(category: str) -> str:
    return UNNAMED_CATEGORY if category == NO_CATEGORY else category


def _chosen(ecosystem: str | None, choice: GroupChoice = ANY_GROUP) -> Conditions:
    def conditions(table: Table) -> list[ColumnElement[bool]]:
        found = [table.c.ecosystem == (ALL_ECOSYSTEMS if ecosystem is None else ecosystem)]
        if choice.category is not None:
            found.append(table.c.error_category == _stored(choice.category))
        if choice.failure_class is not None:
            of_class = select(_group.id).where(_group.failure_class == choice.failure_class)
            found.append(
                or_(
                    table.c.failure_class == choice.failure_class,
                    and_(
                        table.c.failure_class == UNREPORTED_CLASS,
                        table.c.failure_group_id.in_(of_class),
                    ),
                )
            )
        return found

    return conditions


def _sums(period: Period, conditions: Conditions, step: Step) -> Subquery:
    """`start`, `ecosystem`, `id`, `error_category`, `failure_class` and `failed` of a period.

    `start` is the first day of a step. Whole weeks are read from the table of weeks, all other
    days from the table of days.
    """
    if step is not Step.WEEK:
        return _days(period, conditions, step).subquery()
    since = None if period.since is None else Step.WEEK.start_of(period.since + WEEK - DAY)
    until = None if period.until is None else Step.WEEK.start_of(period.until)
    if since is not None and until is not None and since >= until:
        return _days(period, conditions, step).subquery()
    week = failure_group_weeks.c.week
    parts = [_part(failure_group_weeks, week, week, Period(since, until), conditions)]
    if since is not None and since != period.since:
        parts.append(_days(Period(period.since, since), conditions, step))
    if until is not None and until != period.until:
        parts.append(_days(Period(until, period.until), conditions, step))
    return union_all(*parts).subquery()


def _days(period: Period, conditions: Conditions, step: Step) -> Select[Any]:
    day = failure_group_days.c.day
    return _part(failure_group_days, step_start(step, day), day, period, conditions)


def _part(
    table: Table,
    start: ColumnElement[date],
    time: ColumnElement[date],
    period: Period,
    conditions: Conditions,
) -> Select[Any]:
    query = select(
        start.label("start"),
        table.c.ecosystem,
        table.c.failure_group_id.label("id"),
        table.c.error_category,
        table.c.failure_class,
        table.c.failed,
    ).where(*conditions(table))
    if period.since is not None:
        query = query.where(time >= period.since)
    if period.until is not None:
        query = query.where(time < period.until)
    return query


def _summed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    # PostgreSQL sums integers to NUMERIC, which the driver returns as Decimal.
    return func.sum(column).cast(column.type)
