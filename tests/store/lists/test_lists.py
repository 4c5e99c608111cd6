"""Lists of recipes and failure groups hold what counting the results by hand gives."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from batch_dashboard.model.batch_runs.result_filter import NO_CATEGORY
from batch_dashboard.model.catalogue import FAILURE_GROUPS, RECIPES
from batch_dashboard.model.lists.filters import RunFilter
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import Cursor, parse_cursor
from batch_dashboard.model.lists.periods import Period, Step
from batch_dashboard.model.lists.sorting import Sort
from batch_dashboard.model.recipes.recipes import STATES, Recipe
from batch_dashboard.store.batch_runs import batch_runs
from batch_dashboard.store.engine import Connection, Store
from batch_dashboard.store.failures import failure_group_list
from batch_dashboard.store.failures.failure_group_list import ANY_GROUP
from batch_dashboard.store.recipes import recipe_history, recipe_list
from batch_dashboard.store.schema import recipe_results, recipes
from tests.factories import NOW, batch_run, ingest, recipe_result

ALL = RunFilter(Period(None, None), "all")
FIRST = date(2026, 10, 1)
PERIODS = [
    Period(None, None),
    Period(date(2026, 10, 5), date(2026, 10, 19)),  # whole weeks
    Period(date(2026, 10, 7), date(2026, 10, 23)),  # weeks cut on both sides
    Period(date(2026, 10, 6), date(2026, 10, 9)),  # within a week
    Period(date(2026, 10, 14), None),
    Period(None, date(2026, 10, 14)),
    Period(date(2030, 1, 1), None),
]


@pytest.fixture(scope="module")
def filled(module_store: Store) -> Store:
    chance = random.Random(7)
    for number in range(40):
        ecosystem = chance.choice(["homebrew", "npm"])
        results = [
            recipe_result(
                recipe_name=chance.choice(["jq", "sharkdp/bat", "100%_sure", "💥", "Żó'łw"]),
                ecosystem=ecosystem,
                result=(result := chance.choice(["passed", "failed", "failed", "skipped"])),
                error_category=chance.choice([None, "network", "build"]),
                error_message=chance.choice([None, "Error: no route", "Error: exit status 7"])
                if result == "failed"
                else None,
                duration_seconds=chance.choice([None, 1.5, 20]),
            )
            for _ in range(5)
        ]
        day = FIRST + timedelta(days=chance.randrange(28))
        ingest(
            module_store,
            batch_run(
                batch_id=f"b{number}",
                ecosystem=ecosystem,
                started_at=f"{day}T{chance.randrange(24):02}:00:00Z",
                completed_at=None,
                results=results,
            ),
        )
    return module_store


def failures(connection: Connection, run_filter: RunFilter) -> list[Any]:
    """The failed results of a choice, looked at one by one."""
    rows = connection.execute(
        select(recipe_results).where(recipe_results.c.result == "failed")
    ).all()
    return [
        row
        for row in rows
        if row.started_at.date() in run_filter.period
        and run_filter.ecosystem in (None, row.ecosystem)
    ]


def walk(fetch: Any, columns: Any, name: str, order: str) -> list[Any]:
    sort, _ = Sort.parse({"sort": name, "order": order}, columns)
    walked, cursor = [], None
    for _ in range(20):
        page = fetch(sort, cursor)
        walked += page.rows
        if page.later is None:
            break
        cursor, wrong = parse_cursor(page.later.query, sort.column.kinds)
        assert wrong == []
    last = fetch(sort, Cursor((), before=True))
    assert last.rows == walked[-len(last.rows) :]
    return walked


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("name", [column.name for column in RECIPES.sorts])
def test_recipes_come_in_every_order(filled: Store, name: str, order: str) -> None:
    keys: dict[str, Any] = {
        "failure_rate": lambda r: r.failed / r.attempts if r.attempts else -1,
        "flakiness": lambda r: -1 if r.flakiness is None else r.flakiness,
        "failed_seconds": lambda r: r.failed_milliseconds,
    }
    key = keys.get(name, lambda r: getattr(r, name))
    with filled.read() as connection:
        rows = [Recipe(*row) for row in connection.execute(select(*_columns()))]
        walked = walk(
            lambda sort, cursor: recipe_list.fetch_page(
                connection, ListQuery(ALL, sort, cursor, 3)
            ),
            RECIPES.sorts,
            name,
            order,
        )
    assert sorted(walked) == sorted(rows)
    assert len(rows) == 10
    if name != "recipe_name":  # whose order is the database's own
        values = [key(row) for row in walked]
        assert values == sorted(values, reverse=order == "desc")


def _columns() -> list[Any]:
    return [recipes.c[name] for name in Recipe._fields]


def test_states_are_what_the_recipe_itself_says(filled: Store) -> None:
    sort, _ = Sort.parse({}, RECIPES.sorts)
    with filled.read() as connection:
        rows = [Recipe(*row) for row in connection.execute(select(*_columns()))]
        for state in STATES:
            page = recipe_list.fetch_page(connection, ListQuery(ALL, sort, count=99, state=state))
            expected = (
                {row for row in rows if row.failure_streak}
                if state == "failing"
                else {row for row in rows if row.state == state}
            )
            assert set(page.rows) == expected
            assert recipe_list.count_recipes(connection, ALL, state) == len(expected)
        stuck = recipe_list.fetch_stuck(connection, ALL, 99, NOW.date())
        assert len(stuck) == recipe_list.count_recipes(connection, ALL, "stuck")
        found = recipe_list.fetch_page(connection, ListQuery(ALL, sort, count=99, text="%_"))
    assert {row.recipe_name for row in found.rows} == {"100%_sure"}
    assert all(recipe.masked_line is not None for recipe in stuck)


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("ecosystem", [None, "npm"])
def test_failures_of_any_period_are_counted_right(
    filled: Store, period: Period, ecosystem: str | None
) -> None:
    chosen = RunFilter(period, None, ecosystem)
    sort, _ = Sort.parse({}, FAILURE_GROUPS.sorts)
    with filled.read() as connection:
        rows = failures(connection, chosen)
        expected = Counter(row.failure_group_id for row in rows)
        page = failure_group_list.fetch_page(connection, ListQuery(chosen, sort, count=99))
        assert {group.id: group.failed for group in page.rows} == expected
        count = failure_group_list.count_groups(connection, chosen, ANY_GROUP)
        assert count == len(expected)
        for step in Step:
            start_of = step.start_of
            sums = failure_group_list.fetch_categories(connection, chosen, step)
            assert {(row.start, row.name): row.failed for row in sums} == Counter(
                (start_of(row.started_at.date()), row.error_category) for row in rows
            )
            for group_id in list(expected)[:2]:
                of_group = failure_group_list.fetch_group_sums(connection, group_id, chosen, step)
                assert {(row.start, row.name): row.failed for row in of_group} == Counter(
                    (start_of(row.started_at.date()), row.ecosystem)
                    for row in rows
                    if row.failure_group_id == group_id
                )


@pytest.mark.parametrize("period", [PERIODS[0], PERIODS[2]])
@pytest.mark.parametrize("ecosystem", [None, "npm"])
@pytest.mark.parametrize("category", [None, "build", NO_CATEGORY])
def test_a_category_counts_the_failures_that_have_it(
    filled: Store, period: Period, ecosystem: str | None, category: str | None
) -> None:
    chosen = RunFilter(period, None, ecosystem)
    sort, _ = Sort.parse({}, FAILURE_GROUPS.sorts)
    with filled.read() as connection:
        expected = Counter(
            row.failure_group_id
            for row in failures(connection, chosen)
            if category is None or (row.error_category or NO_CATEGORY) == category
        )
        page = failure_group_list.fetch_page(
            connection, ListQuery(chosen, sort, count=99, category=category)
        )
        assert {group.id: group.failed for group in page.rows} == expected
        everything = Counter(
            (row.failure_group_id, row.error_category) for row in failures(connection, ALL)
        )
        for group in page.rows:
            of_group = failure_group_list.fetch_categories_of(connection, group.id)
            counts = {(group.id, each.error_category): each.failed for each in of_group}
            assert counts == {key: n for key, n in everything.items() if key[0] == group.id}
            named = [each for each in of_group if each.error_category]
            assert group.error_category == (named[0].error_category if named else None)


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("name", [column.name for column in FAILURE_GROUPS.sorts])
def test_failure_groups_come_in_every_order(filled: Store, name: str, order: str) -> None:
    with filled.read() as connection:
        walked = walk(
            lambda sort, cursor: failure_group_list.fetch_page(
                connection, ListQuery(ALL, sort, cursor, 2)
            ),
            FAILURE_GROUPS.sorts,
            name,
            order,
        )
        total = failure_group_list.count_groups(connection, ALL, ANY_GROUP)
        ids = [group.id for group in walked]
        counted = failure_group_list.count_recipes_up_to(connection, ids, 3)
        touched = {id_: failure_group_list.count_recipes(connection, id_, None) for id_ in ids}
    assert len(set(ids)) == len(ids) == total
    values = [getattr(group, name) or "" for group in walked]
    assert values == sorted(values, reverse=order == "desc")
    assert counted == {id_: min(count, 3) for id_, count in touched.items()}


def test_a_recipe_s_attempts_stand_in_the_order_of_time(store: Store) -> None:
    for day, result in ((3, "failed"), (1, "passed"), (2, "failed"), (4, "skipped"), (5, "passed")):
        ingest(
            store,
            batch_run(
                started_at=f"2026-11-0{day}T00:00:00Z",
                completed_at=None,
                results=[recipe_result(recipe_name="jq", result=result)],
            ),
        )
    with store.read() as connection:
        recipe = recipe_list.find(connection, "homebrew", "jq")
        latest = recipe_history.fetch_latest(
            connection, "homebrew", "jq", Period(date(2026, 11, 2), None), None, 9
        )
    assert recipe is not None
    assert recipe.recent_attempts == "pffp"
    assert [row.result for row in latest] == ["failed", "failed", "skipped", "passed"]


def test_runs_since_the_last_pass_are_counted_over_days(store: Store) -> None:
    for day, hour, failed in ((1, 1, 0), (3, 5, 0), (3, 7, 2), (3, 9, 2), (9, 1, 2)):
        result = "failed" if failed else "passed"
        ingest(
            store,
            batch_run(
                started_at=f"2026-11-0{day}T0{hour}:00:00Z",
                completed_at=None,
                results=[recipe_result(result=result)],
            ),
        )
    with store.read() as connection:
        (span,) = batch_runs.fetch_ecosystems(connection)
        counts = batch_runs.count_since_pass(connection, [span])
    assert span.last_passed_at == datetime(2026, 11, 3, 5, tzinfo=UTC)
    assert counts == {"homebrew": 3}
