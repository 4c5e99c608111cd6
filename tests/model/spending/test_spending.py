from datetime import date

import pytest

from batch_dashboard.model.batch_runs.records import RunSums
from batch_dashboard.model.catalogue.spending import ECOSYSTEM_SPENDING
from batch_dashboard.model.lists.pagination import Cursor, parse_cursor
from batch_dashboard.model.lists.sorting import Sort
from batch_dashboard.model.spending.spending import (
    VALUES,
    Spending,
    ranked_by_cost,
    spending,
    spending_page,
)

DAY = date(2026, 11, 2)


def sums(
    ecosystem: str, runs: int, macos: float, linux: float, macos_unknown: int = 0, unknown: int = 0
) -> RunSums:
    return RunSums(
        DAY, ecosystem, runs, runs, 1, 1, 0, 0, macos, linux, macos_unknown, unknown, 500 * runs
    )


ROWS = spending(
    [
        sums("cask", 4, 10, 0),
        sums("npm", 2, 1, 100, macos_unknown=1),
        sums("apt", 3, 0, 0, macos_unknown=3, unknown=3),
        sums("npm", 2, 2, 20, macos_unknown=1),
    ]
)


def test_each_ecosystem_is_summed_once() -> None:
    npm = next(row for row in ROWS if row.ecosystem == "npm")
    assert (npm.sums.runs, npm.sums.macos_minutes, npm.sums.failed_seconds) == (4, 3, 2)
    assert npm.cost.total == pytest.approx(3 * 0.062 + 120 * 0.006)
    # Two runs reported macOS minutes, four Linux minutes.
    assert npm.minutes_per_run == 3 / 2 + 120 / 4


def in_order(column: str, order: str, cursor: Cursor | None = None, count: int = 9) -> list[str]:
    sort, wrong = Sort.parse({"sort": column, "order": order}, ECOSYSTEM_SPENDING.sorts)
    assert not wrong
    return [row.ecosystem for row in spending_page(ROWS, sort, cursor, count).rows]


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_what_is_unknown_comes_last_both_ways(order: str) -> None:
    for column in ("macos_minutes", "linux_minutes", "cost", "minutes_per_run"):
        assert in_order(column, order)[-1] == "apt"


def test_time_lost_is_unknown_where_results_failed_and_none_told_a_duration() -> None:
    row = sums("apt", 1, 0, 0)
    assert row.failed_seconds == 0.5
    assert row._replace(failed_milliseconds=0).failed_seconds is None
    assert row._replace(failed_milliseconds=0, failed=0).failed_seconds == 0


def test_each_column_sorts_both_ways() -> None:
    assert in_order("ecosystem", "asc") == ["apt", "cask", "npm"]
    assert in_order("ecosystem", "desc") == ["npm", "cask", "apt"]
    assert in_order("macos_minutes", "desc") == ["cask", "npm", "apt"]
    assert in_order("macos_minutes", "asc") == ["npm", "cask", "apt"]
    # Equal ones stay by name.
    assert in_order("runs", "desc") == ["cask", "npm", "apt"]
    assert {order.name for order in ECOSYSTEM_SPENDING.orders} == {"ecosystem", *VALUES}


@pytest.mark.parametrize("column", ["ecosystem", *VALUES])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_hold_each_row_once(column: str, order: str) -> None:
    sort, _ = Sort.parse({"sort": column, "order": order}, ECOSYSTEM_SPENDING.sorts)
    seen: list[Spending] = []
    cursor: Cursor | None = None
    for _ in ROWS:
        page = spending_page(ROWS, sort, cursor, 1)
        seen += page.rows
        if page.later is None:
            break
        # Its address leads to the same place.
        cursor, wrong = parse_cursor(page.later.query, sort.column.kinds)
        assert not wrong
    assert [row.ecosystem for row in seen] == in_order(column, order)


def test_only_what_is_known_is_ranked() -> None:
    assert ranked_by_cost(ROWS) == ["npm", "cask"]
