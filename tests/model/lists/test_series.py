from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_dashboard.model.batch_runs.records import EcosystemSpan, RunSums
from batch_dashboard.model.lists.periods import DAY, WEEK, Period, Step
from batch_dashboard.model.lists.series import (
    MAX_BUCKETS,
    buckets,
    by_ecosystem,
    by_step,
    colour_slots,
    count_series,
    day_or_week,
    day_week_or_month,
    fitting_step,
    rate_series,
    sum_series,
)

MONDAY = date(2026, 11, 2)


def sums(start: date, ecosystem: str, passed: int = 1, failed: int = 1) -> RunSums:
    return RunSums(start, ecosystem, 1, passed + failed, passed, failed, 0, 0, 1.5, 2.5, 0, 1)


def span(name: str, day: int) -> EcosystemSpan:
    first = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
    return EcosystemSpan(name, first, first)


def test_weeks_of_a_period_have_no_gap_and_start_on_monday() -> None:
    period = Period(date(2026, 11, 4), date(2026, 11, 24))
    assert buckets([sums(MONDAY, "npm")], period, Step.WEEK).starts == [
        MONDAY,
        MONDAY + WEEK,
        MONDAY + 2 * WEEK,
        MONDAY + 3 * WEEK,
    ]


def test_an_open_period_goes_from_the_first_sum_to_the_last() -> None:
    rows = [sums(MONDAY, "npm"), sums(MONDAY + 2 * DAY, "npm")]
    assert len(buckets(rows, Period(None, None), Step.DAY).starts) == 3
    assert buckets([], Period(None, None), Step.DAY).starts == []


def test_a_period_without_measure_stays_drawable() -> None:
    period = Period(date(1, 1, 2), date(9999, 12, 30))
    assert buckets([sums(MONDAY, "npm")], period, Step.WEEK).starts == [MONDAY]
    months = buckets([sums(MONDAY, "npm")], period, Step.MONTH)
    assert months.starts == [date(2026, 11, 1)]


def test_a_month_is_shown_by_day_and_a_longer_period_by_week() -> None:
    assert day_or_week(Period(MONDAY, MONDAY + 31 * DAY)) is Step.DAY
    assert day_or_week(Period(MONDAY, MONDAY + 32 * DAY)) is Step.WEEK
    assert day_or_week(Period(None, None)) is Step.WEEK


@pytest.mark.parametrize(
    ("days", "preferred"), [(31, Step.DAY), (32, Step.WEEK), (366, Step.WEEK), (367, Step.MONTH)]
)
def test_a_period_of_over_a_year_is_shown_by_month(days: int, preferred: Step) -> None:
    assert day_week_or_month(Period(MONDAY, MONDAY + days * DAY)) is preferred


@pytest.mark.parametrize(
    ("days", "preferred", "shown"),
    [
        (31, None, Step.DAY),
        (32, None, Step.WEEK),
        (110, Step.DAY, Step.DAY),
        (111, Step.DAY, Step.WEEK),
        (770, None, Step.WEEK),
        (771, None, Step.MONTH),
        (770, Step.WEEK, Step.WEEK),
        (771, Step.WEEK, Step.MONTH),
        (3_347, Step.DAY, Step.MONTH),
        (3_348, Step.DAY, Step.YEAR),
        (7, Step.MONTH, Step.MONTH),
        (7, Step.YEAR, Step.YEAR),
    ],
)
def test_a_step_that_comes_too_often_gives_way_to_a_longer_one(
    days: int, preferred: Step | None, shown: Step
) -> None:
    period = Period(MONDAY, MONDAY + days * DAY)
    assert fitting_step(period, period, preferred) is shown
    if preferred is not None:
        assert fitting_step(Period(None, None), period, preferred) is shown


def test_a_period_of_decades_is_drawn_where_it_has_data() -> None:
    data = Period(MONDAY, MONDAY + 300 * DAY)
    for period in (Period(date(2000, 1, 1), None), Period(date(2000, 1, 1), date(2100, 1, 1))):
        assert fitting_step(period, data) is Step.WEEK
        rows = [sums(MONDAY, "npm"), sums(MONDAY + 42 * WEEK, "npm")]
        assert len(buckets(rows, period, Step.WEEK).starts) == 43
    assert fitting_step(Period(MONDAY - 1_000 * DAY, None), data) is Step.MONTH
    assert fitting_step(Period(None, None), Period(None, None)) is Step.WEEK


@given(
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    st.integers(1, 36_500),
    st.sampled_from([None, *Step]),
    st.integers(0, 36_500),
    st.integers(1, 36_500),
)
def test_no_chart_has_more_than_110_steps(
    first: date, length: int, preferred: Step | None, before: int, chosen: int
) -> None:
    data = Period(first, first + length * DAY)
    since = max(first - before * DAY, date(1900, 1, 1))
    for period in (Period(None, None), Period(since, since + chosen * DAY), Period(since, None)):
        step = fitting_step(period, data, preferred)
        inside = [day for day in (first, first + (length - 1) * DAY) if day in period]
        rows = [sums(step.start_of(day), "npm") for day in inside]
        assert len(buckets(rows, period, step).starts) <= MAX_BUCKETS


def test_years_have_their_own_length() -> None:
    period = Period(date(2026, 11, 30), date(2028, 3, 1))
    through = buckets([sums(date(2026, 1, 1), "npm")], period, Step.YEAR)
    assert through.starts == [date(2026, 1, 1), date(2027, 1, 1), date(2028, 1, 1)]
    assert [through.days(start).days for start in through.starts] == [32, 365, 60]


def test_months_have_their_own_length_and_go_over_the_year() -> None:
    period = Period(date(2026, 11, 30), date(2027, 3, 1))
    through = buckets([sums(date(2026, 11, 1), "npm")], period, Step.MONTH)
    months = [date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1)]
    assert through.starts == months
    assert [through.days(start).days for start in months] == [1, 31, 31, 28]
    assert [through.part_in_words(start) is not None for start in months] == [
        *(True, False, False, False)
    ]
    assert through.in_words(months[0]) == "2026-11-30"
    assert through.in_words(months[3]) == "2027-02-01 to 2027-02-28"


def test_the_smallest_ecosystems_are_summed_to_one_series_of_eight() -> None:
    rows = [sums(MONDAY + day * DAY, f"e{n}") for n in range(9) for day in (0, 1)]
    series = sum_series(rows, [f"e{n}" for n in range(9)], Step.WEEK)
    assert [line.ecosystem for line in series][-2:] == ["e6", "other (2)"]
    assert [line.is_other for line in series] == [False] * 7 + [True]
    assert series[0].sums[MONDAY].runs == 2
    assert series[-1].sums[MONDAY].runs == 4
    # What is not ranked is not drawn, and eight need no other.
    assert len(sum_series(rows, [f"e{n}" for n in range(8)], Step.WEEK)) == 8


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


def test_of_nine_names_the_two_least_frequent_are_summed() -> None:
    rows = [(MONDAY, f"name {number}", 10 - number) for number in range(9)]
    series = count_series([*rows, (MONDAY + WEEK, "name 8", 1)], [MONDAY, MONDAY + WEEK])
    assert [line.name for line in series[:2]] == ["name 0", "name 1"]
    assert len(series) == 8
    assert series[-1] == ("other (2)", True, [5, 1], 6)
    assert sum(line.total for line in series) == sum(count for _, _, count in rows) + 1
