from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from batch_dashboard.model.batch_runs.records import DayMinutes, RunSums
from batch_dashboard.model.spending.budget import EverReported, budget_state, budget_week, burn_up
from batch_dashboard.model.spending.prices import (
    Cost,
    cost_of_days,
    cost_of_sums,
    list_price,
    price_changes,
)

MONDAY, WEDNESDAY, SUNDAY = date(2026, 11, 23), date(2026, 11, 25), date(2026, 11, 29)
# When these days end.
WEDNESDAY_NIGHT = datetime(2026, 11, 25, 23, 59, 59, 999999, tzinfo=UTC)
SUNDAY_NIGHT = WEDNESDAY_NIGHT + timedelta(days=4)


def day(when: date, macos: float, linux: float = 0.0, unknown: int = 0) -> DayMinutes:
    return DayMinutes(when, 2, macos, linux, unknown, 0)


def test_a_week_begins_on_monday_and_forecasts_from_the_last_28_days() -> None:
    days = [day(date(2026, 11, 22), 180), day(MONDAY, 100)]
    week = budget_week("macos", days, WEDNESDAY_NIGHT)
    assert week.used.known == 100
    assert week.daily_minutes == 10  # 280 minutes in 28 days
    assert week.forecast_minutes == pytest.approx(140)  # four days are left
    assert week.runs_out_on is None
    assert week.state == "ok"


def test_today_counts_by_the_part_of_it_that_is_left() -> None:
    days = [day(date(2026, 11, 22), 180), day(MONDAY, 100)]
    noon = datetime.combine(WEDNESDAY, time(12), UTC)
    assert budget_week("macos", days, noon).forecast_minutes == pytest.approx(100 + 4.5 * 10)


def test_the_day_the_28_days_began_on_counts_by_the_part_within_them() -> None:
    days = [day(WEDNESDAY - timedelta(days=28), 280)]
    noon = datetime.combine(WEDNESDAY, time(12), UTC)
    assert budget_week("macos", days, noon).daily_minutes == pytest.approx(5)
    assert budget_week("macos", days, noon - timedelta(hours=6)).daily_minutes == pytest.approx(7.5)
    days = [day(WEDNESDAY - timedelta(days=29), 280)]
    assert budget_week("macos", days, noon).daily_minutes == 0


@settings(max_examples=80, deadline=None)
@given(
    use=st.lists(st.floats(0, 2_000), min_size=40, max_size=40),
    weekday=st.integers(1, 6),
)
def test_the_forecast_does_not_jump_at_midnight(use: list[float], weekday: int) -> None:
    midnight = datetime.combine(MONDAY + timedelta(days=weekday), time(), UTC)
    yesterday = midnight.date() - timedelta(days=1)
    days = [day(yesterday - timedelta(days=ago), minutes) for ago, minutes in enumerate(use)]
    second = timedelta(seconds=1)
    before = budget_week("macos", days, midnight - second)
    after = budget_week("macos", days, midnight + second)
    # In two seconds the forecast moves by two seconds' worth of use at most.
    most = 2 / 86_400 * (max(use) + 7 * max(use) / 28)
    assert abs(after.forecast_minutes - before.forecast_minutes) <= most + 1e-6
    used_then = burn_up(before, days, midnight - second)[6].forecast_minutes
    assert used_then == before.forecast


def test_the_day_the_budget_runs_out_is_named_when_it_is_within_the_week() -> None:
    days = [day(date(2026, 11, 10), 2_700), day(MONDAY, 800)]
    assert budget_week("macos", days, WEDNESDAY_NIGHT).runs_out_on == date(2026, 11, 27)
    # Half a day earlier the same pace takes it half a day earlier.
    noon = WEDNESDAY_NIGHT - timedelta(hours=12)
    assert budget_week("macos", days, noon).runs_out_on == date(2026, 11, 27)
    morning = WEDNESDAY_NIGHT - timedelta(hours=23)
    assert budget_week("macos", days, morning).runs_out_on == date(2026, 11, 26)


def test_an_overspent_budget_ran_out_on_the_day_that_spent_it() -> None:
    days = [day(MONDAY, 900), day(date(2026, 11, 24), 200)]
    assert budget_week("macos", days, WEDNESDAY_NIGHT).runs_out_on == date(2026, 11, 24)


def test_at_the_end_of_sunday_nothing_is_left_to_come() -> None:
    week = budget_week("macos", [day(SUNDAY, 50)], SUNDAY_NIGHT)
    assert week.forecast_minutes == pytest.approx(50)


def test_runs_that_reported_no_minutes_leave_the_use_unknown() -> None:
    unknown = budget_week("macos", [day(MONDAY, 0, unknown=2)], WEDNESDAY_NIGHT)
    assert unknown.used_minutes is unknown.reported_minutes is unknown.forecast is None
    assert unknown.why_unknown == "No run of this week reported macOS minutes."
    partly = budget_week("macos", [day(MONDAY, 7, unknown=1)], WEDNESDAY_NIGHT)
    assert partly.used_minutes == partly.reported_minutes == 7
    assert partly.why_unknown is None


def test_a_week_without_runs_used_nothing_unless_minutes_were_never_reported() -> None:
    quiet = budget_week("macos", [], WEDNESDAY_NIGHT)
    assert quiet.used_minutes == 0
    never = budget_week("macos", [], WEDNESDAY_NIGHT, ever_reported=EverReported.NEVER)
    assert never.used_minutes is never.reported_minutes is None
    assert never.why_unknown == "No run ever reported macOS minutes."
    assert [each.used_minutes for each in burn_up(never, [], WEDNESDAY_NIGHT)] == [None] * 7


def test_zeros_alone_are_what_was_reported_and_no_known_use() -> None:
    zeros = budget_week(
        "linux", [day(MONDAY, 0)], WEDNESDAY_NIGHT, ever_reported=EverReported.ZEROS
    )
    assert zeros.reported_minutes == 0
    assert zeros.used_minutes is None
    assert zeros.why_unknown == "Every run that reported Linux minutes reported 0."


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
    noon = datetime.combine(WEDNESDAY, time(12), UTC)
    burnt = burn_up(budget_week("macos", days, noon), days, noon)
    assert [each.day.weekday() for each in burnt] == list(range(7))
    assert [each.used_minutes for each in burnt] == [100, 100, 100, None, None, None, None]
    assert burnt[1].minutes is not None
    assert burnt[1].minutes.runs == 0
    assert burnt[2].used is not None
    assert burnt[2].used.unknown_runs == 2
    forecast = [each.forecast_minutes for each in burnt]
    assert forecast == [None, None, 105, 115, 125, 135, 145]


def test_without_use_there_is_nothing_to_forecast_from() -> None:
    monday = datetime.combine(MONDAY, time(), UTC)
    burnt = burn_up(budget_week("macos", [], monday), [], monday)
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
