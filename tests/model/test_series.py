from datetime import UTC, date, datetime, timedelta

from batch_dashboard.model.periods import DAY, WEEK, Period, Step
from batch_dashboard.model.records import EcosystemSpan, RunSums
from batch_dashboard.model.series import (
    by_ecosystem,
    by_step,
    colour_slots,
    count_series,
    day_or_week,
    fitting_step,
    rate_series,
    steps,
)

MONDAY = date(2026, 11, 2)


def sums(start: date, ecosystem: str, passed: int = 1, failed: int = 1) -> RunSums:
    return RunSums(start, ecosystem, 1, passed + failed, passed, failed, 0, 0, 1.5, 2.5, 0, 1, 0)


def span(name: str, day: int) -> EcosystemSpan:
    first = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
    return EcosystemSpan(name, first, first)


def test_weeks_of_a_period_have_no_gap_and_start_on_monday() -> None:
    period = Period(date(2026, 11, 4), date(2026, 11, 24))
    assert steps([sums(MONDAY, "npm")], period, Step.WEEK).starts == [
        MONDAY,
        MONDAY + WEEK,
        MONDAY + 2 * WEEK,
        MONDAY + 3 * WEEK,
    ]


def test_an_open_period_goes_from_the_first_sum_to_the_last() -> None:
    rows = [sums(MONDAY, "npm"), sums(MONDAY + 2 * DAY, "npm")]
    assert len(steps(rows, Period(None, None), Step.DAY).starts) == 3
    assert steps([], Period(None, None), Step.DAY).starts == []


def test_a_period_without_measure_stays_drawable() -> None:
    period = Period(date(1, 1, 2), date(9999, 12, 30))
    assert steps([sums(MONDAY, "npm")], period, Step.WEEK).starts == [MONDAY]


def test_a_month_is_shown_by_day_and_a_longer_period_by_week() -> None:
    assert day_or_week(Period(MONDAY, MONDAY + 31 * DAY)) is Step.DAY
    assert day_or_week(Period(MONDAY, MONDAY + 32 * DAY)) is Step.WEEK
    assert day_or_week(Period(None, None)) is Step.WEEK


def test_days_of_all_ecosystems_sum_to_weeks() -> None:
    rows = [sums(MONDAY, "npm"), sums(MONDAY + 6 * DAY, "cask"), sums(MONDAY + WEEK, "npm")]
    assert {start: week.runs for start, week in by_step(rows, Step.WEEK).items()} == {
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


def test_months_follow_one_another_over_the_turn_of_a_year() -> None:
    period = Period(date(2025, 11, 30), date(2026, 2, 2))
    through = steps([sums(date(2025, 11, 1), "npm")], period, Step.MONTH)
    assert [str(start) for start in through.starts] == [
        "2025-11-01",
        "2025-12-01",
        "2026-01-01",
        "2026-02-01",
    ]
    assert through.in_words(date(2025, 11, 1)) == "2025-11-30"
    assert [through.is_partial(start) for start in through.starts] == [True, False, False, True]


def test_a_step_that_would_come_too_often_gives_way_to_a_longer_one() -> None:
    year = Period(MONDAY, MONDAY + 365 * DAY)
    assert fitting_step(Period(MONDAY, MONDAY + 31 * DAY)) is Step.DAY
    assert fitting_step(year) is Step.WEEK
    assert fitting_step(year, Step.DAY) is Step.WEEK
    assert fitting_step(Period(MONDAY, MONDAY + 3_650 * DAY), Step.DAY) is Step.MONTH
    assert fitting_step(Period(None, None)) is Step.MONTH


def test_of_nine_names_the_two_least_frequent_are_summed() -> None:
    rows = [(MONDAY, f"name {number}", 10 - number) for number in range(9)]
    series = count_series([*rows, (MONDAY + WEEK, "name 8", 1)], [MONDAY, MONDAY + WEEK])
    assert [line.name for line in series[:2]] == ["name 0", "name 1"]
    assert len(series) == 8
    assert series[-1] == ("other (2)", True, [5, 1], 6)
    assert sum(line.total for line in series) == sum(count for _, _, count in rows) + 1
