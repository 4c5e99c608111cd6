from datetime import date

import pytest

from batch_dashboard.model.budget import budget_state, budget_week, burn_up
from batch_dashboard.model.prices import (
    Cost,
    cost_of_days,
    cost_of_sums,
    list_price,
    price_changes,
)
from batch_dashboard.model.records import DayMinutes, RunSums

MONDAY, WEDNESDAY, SUNDAY = date(2026, 11, 23), date(2026, 11, 25), date(2026, 11, 29)


def day(when: date, macos: float, linux: float = 0.0, unknown: int = 0) -> DayMinutes:
    return DayMinutes(when, 2, macos, linux, unknown, 0)


def test_a_week_begins_on_monday_and_forecasts_from_the_last_28_days() -> None:
    days = [day(date(2026, 11, 22), 180), day(MONDAY, 100)]
    week = budget_week("macos", days, WEDNESDAY)
    assert week.used.known == 100
    assert week.daily_minutes == 10  # 280 minutes in 28 days
    assert week.forecast_minutes == 140  # four days are left
    assert week.runs_out_on is None
    assert week.state == "ok"


def test_the_day_the_budget_runs_out_is_named_when_it_is_within_the_week() -> None:
    days = [day(date(2026, 11, 10), 2_700), day(MONDAY, 800)]
    assert budget_week("macos", days, WEDNESDAY).runs_out_on == date(2026, 11, 27)


def test_an_overspent_budget_ran_out_on_the_day_that_spent_it() -> None:
    days = [day(MONDAY, 900), day(date(2026, 11, 24), 200)]
    assert budget_week("macos", days, WEDNESDAY).runs_out_on == date(2026, 11, 24)


def test_on_sunday_nothing_is_left_to_come() -> None:
    assert budget_week("macos", [day(SUNDAY, 50)], SUNDAY).forecast_minutes == 50


def test_runs_that_told_no_minutes_leave_the_use_unknown() -> None:
    assert budget_week("macos", [day(MONDAY, 0, unknown=2)], WEDNESDAY).used.value is None
    assert budget_week("macos", [day(MONDAY, 7, unknown=1)], WEDNESDAY).used.value == 7


@pytest.mark.parametrize(
    ("used", "state"), [(799.9, "ok"), (800, "sample"), (949, "sample"), (950, "pause")]
)
def test_sampling_starts_at_80_percent_and_pausing_at_95(used: float, state: str) -> None:
    assert budget_state(used, 1_000) == state


def test_minutes_cost_what_they_cost_on_their_day() -> None:
    assert list_price(date(2025, 12, 31)).macos == 0.08
    assert list_price(date(2026, 1, 1)).macos == 0.062
    days = [day(date(2025, 12, 31), 10, 100), day(date(2026, 1, 1), 10, 100)]
    assert cost_of_days(days) == pytest.approx(0.8 + 0.8 + 0.62 + 0.6)


def test_a_week_adds_up_to_today_and_is_forecast_from_there() -> None:
    days = [day(date(2026, 11, 22), 180), day(MONDAY, 100), day(WEDNESDAY, 0, unknown=2)]
    burnt = burn_up(budget_week("macos", days, WEDNESDAY), days, WEDNESDAY)
    assert [each.day.weekday() for each in burnt] == list(range(7))
    used = [None if each.used is None else each.used.value for each in burnt]
    assert used == [100, 100, 100, None, None, None, None]
    assert burnt[1].minutes is not None
    assert burnt[1].minutes.runs == 0
    assert burnt[2].used is not None
    assert burnt[2].used.unknown_runs == 2
    assert [each.forecast_minutes for each in burnt] == [None, None, 100, 110, 120, 130, 140]


def test_without_use_there_is_nothing_to_forecast_from() -> None:
    burnt = burn_up(budget_week("macos", [], MONDAY), [], MONDAY)
    assert [each.forecast_minutes for each in burnt] == [None] * 7
    assert burnt[0].used is not None
    assert burnt[1].used is None


def sums(start: date, macos: float, linux: float, unknown: int = 0) -> RunSums:
    return RunSums(start, "npm", 2, 2, 1, 1, 0, 0, macos, linux, unknown, 0)


def test_sums_cost_the_price_of_the_day_they_start_on() -> None:
    assert price_changes() == [date(2026, 1, 1)]
    rows = [sums(date(2025, 12, 29), 10, 100), sums(date(2026, 1, 1), 10, 100)]
    cost = cost_of_sums(rows)
    assert cost.macos == pytest.approx(0.8 + 0.62)
    assert cost.linux == pytest.approx(0.8 + 0.6)
    assert cost.total == pytest.approx(2.82)


def test_what_no_run_told_has_no_cost() -> None:
    assert cost_of_sums([]) == Cost(None, None)
    assert cost_of_sums([]).total is None
    unknown = cost_of_sums([sums(MONDAY, 0, 1000, unknown=2)])
    assert unknown.macos is None
    assert unknown.total == pytest.approx(6)
