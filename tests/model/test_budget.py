from datetime import date

import pytest

from batch_dashboard.model.budget import budget_state, budget_week
from batch_dashboard.model.prices import cost_of_days, list_price
from batch_dashboard.model.records import DayMinutes

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
