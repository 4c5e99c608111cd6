from datetime import UTC, date, datetime, timedelta

from batch_dashboard.model.periods import DAY, WEEK, Period
from batch_dashboard.model.records import EcosystemSpan, RunSums
from batch_dashboard.model.series import (
    by_ecosystem,
    by_week,
    colour_slots,
    rate_series,
    steps,
)

MONDAY = date(2026, 11, 2)


def sums(start: date, ecosystem: str, passed: int = 1, failed: int = 1) -> RunSums:
    return RunSums(start, ecosystem, 1, passed + failed, passed, failed, 0, 0, 1.5, 2.5, 0, 1)


def span(name: str, day: int) -> EcosystemSpan:
    first = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
    return EcosystemSpan(name, first, first)


def test_weeks_of_a_period_have_no_gap_and_start_on_monday() -> None:
    period = Period(date(2026, 11, 4), date(2026, 11, 24))
    assert steps([sums(MONDAY, "npm")], period, WEEK).starts == [
        MONDAY,
        MONDAY + WEEK,
        MONDAY + 2 * WEEK,
        MONDAY + 3 * WEEK,
    ]


def test_an_open_period_goes_from_the_first_sum_to_the_last() -> None:
    rows = [sums(MONDAY, "npm"), sums(MONDAY + 2 * DAY, "npm")]
    assert len(steps(rows, Period(None, None), DAY).starts) == 3
    assert steps([], Period(None, None), DAY).starts == []


def test_a_period_without_measure_stays_drawable() -> None:
    period = Period(date(1, 1, 2), date(9999, 12, 30))
    assert steps([sums(MONDAY, "npm")], period, WEEK).starts == [MONDAY]


def test_a_month_is_shown_by_day_and_a_longer_period_by_week() -> None:
    assert length_of_steps(Period(MONDAY, MONDAY + 31 * DAY)) == DAY
    assert length_of_steps(Period(MONDAY, MONDAY + 32 * DAY)) == WEEK
    assert length_of_steps(Period(None, None)) == WEEK


def test_days_of_all_ecosystems_sum_to_weeks() -> None:
    rows = [sums(MONDAY, "npm"), sums(MONDAY + 6 * DAY, "cask"), sums(MONDAY + WEEK, "npm")]
    assert {start: week.runs for start, week in by_week(rows).items()} == {
        MONDAY: 2,
        MONDAY + WEEK: 1,
    }


def test_ecosystems_with_most_attempts_come_first() -> None:
    rows = [sums(MONDAY, "b"), sums(MONDAY, "a"), sums(MONDAY, "c", passed=9)]
    assert [row.ecosystem for row in by_ecosystem(rows)] == ["c", "a", "b"]


def test_there_are_at_most_eight_lines_and_the_last_sums_the_rest() -> None:
    rows = [sums(MONDAY, f"e{n}", passed=20 - n) for n in range(10)]
    series = rate_series(rows, [MONDAY])
    assert len(series) == 8
    assert series[-1].is_other
    assert series[-1].ecosystem == "other (3)"
    assert series[-1].failed == 3
    assert len(rate_series(rows[:8], [MONDAY])) == 8
    assert not rate_series(rows[:8], [MONDAY])[-1].is_other


def test_a_step_without_attempts_is_a_gap() -> None:
    rows = [sums(MONDAY, "npm"), sums(MONDAY + WEEK, "npm", passed=0, failed=0)]
    assert rate_series(rows, [MONDAY, MONDAY + WEEK])[0].points[1] is None
    assert rate_series([sums(MONDAY, "npm", 0, 0)], [MONDAY]) == []


def test_an_ecosystem_keeps_its_colour_when_others_come() -> None:
    names = ["homebrew", "cask", "npm", "pypi", "go", "nix", "apt", "cpan"]
    spans = [span(name, day) for day, name in enumerate(names)]
    slots = colour_slots(spans)
    assert sorted(slots.values()) == list(range(8))
    later = colour_slots([*reversed(spans), span("aaa", 99)])
    assert {name: later[name] for name in names} == slots
    assert later["aaa"] >= 8
