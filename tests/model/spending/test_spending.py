from datetime import date

import pytest

from batch_dashboard.model.batch_runs.records import RunSums
from batch_dashboard.model.spending.spending import SORTS, ranked_by_cost, sorted_spending, spending

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
    # Two runs told macOS minutes, four Linux minutes.
    assert npm.minutes_per_run == 3 / 2 + 120 / 4


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_what_is_unknown_comes_last_both_ways(order: str) -> None:
    for column in ("macos", "linux", "cost", "per_run"):
        assert sorted_spending(ROWS, column, order)[-1].ecosystem == "apt"


def test_time_lost_is_unknown_where_results_failed_and_none_told_a_duration() -> None:
    row = sums("apt", 1, 0, 0)
    assert row.failed_seconds == 0.5
    assert row._replace(failed_milliseconds=0).failed_seconds is None
    assert row._replace(failed_milliseconds=0, failed=0).failed_seconds == 0


def test_each_column_sorts_both_ways() -> None:
    def names(column: str, order: str) -> list[str]:
        return [row.ecosystem for row in sorted_spending(ROWS, column, order)]

    assert names("ecosystem", "asc") == ["apt", "cask", "npm"]
    assert names("ecosystem", "desc") == ["npm", "cask", "apt"]
    assert names("macos", "desc") == ["cask", "npm", "apt"]
    assert names("macos", "asc") == ["npm", "cask", "apt"]
    # Equal ones stay by name.
    assert names("runs", "desc") == ["cask", "npm", "apt"]
    assert all(len(names(column, "asc")) == 3 for column in SORTS)


def test_only_what_is_known_is_ranked() -> None:
    assert ranked_by_cost(ROWS) == ["npm", "cask"]
