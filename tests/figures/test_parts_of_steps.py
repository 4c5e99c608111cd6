"""Buckets that the period cuts, or that are not over yet, are marked and named in charts."""

from batch_dashboard.figures.ecosystem_minutes import ecosystem_minutes_figure
from batch_dashboard.figures.failure_counts import failure_counts_figure
from batch_dashboard.figures.failure_rates import failure_rates_figure
from batch_dashboard.figures.minutes import minutes_figure
from batch_dashboard.figures.sentences import (
    failure_counts_sentence,
    failure_rates_sentence,
    minutes_sentence,
)
from batch_dashboard.model.lists.periods import DAY, WEEK, Period, Step
from batch_dashboard.model.lists.series import Buckets, count_series, rate_series, sum_series
from batch_dashboard.model.spending.budget import DEFAULT_BUDGETS
from tests.figures.weeks import FIRST, SECOND, STARTS, THIRD, accepted, week

# The period begins on a Thursday and goes on after Tuesday, which is today.
CUT = Buckets(STARTS, Step.WEEK, Period(FIRST + 3 * DAY, None), today=THIRD + DAY)


def test_weeks_that_are_cut_or_not_over_are_hatched_and_said() -> None:
    sums = [week(start, 5, ecosystem="npm") for start in STARTS]
    by_start = {row.start: row for row in sums}
    counts = count_series([(start, "network", 2) for start in STARTS], STARTS)
    figures = [
        minutes_figure(CUT, by_start, DEFAULT_BUDGETS),
        ecosystem_minutes_figure(CUT, sum_series(sums, ["npm"], Step.WEEK), by_start, {}),
        failure_counts_figure(CUT, counts, {"network": 0}, set(STARTS)),
    ]
    for figure in map(accepted, figures):
        for trace in figure.data:
            hatched = dict(zip(trace.x, trace.marker.pattern.shape, strict=True))
            assert hatched == {str(FIRST): "/", str(SECOND): "", str(THIRD): "/"}
            # What the legend looks like.
            assert trace.x[0] == str(SECOND)
            spans = dict(zip(trace.x, (facts[0] for facts in trace.customdata), strict=True))
            assert spans[str(THIRD)].endswith(", so far")
    words = f"Hatched: the week from {FIRST} (4 of 7 days), the week from {THIRD} (2 days so far)."
    assert words in minutes_sentence(CUT, by_start, DEFAULT_BUDGETS)
    assert words in failure_counts_sentence(CUT, counts, set(STARTS))


def test_points_of_cut_weeks_are_hollow() -> None:
    sums = [week(start, 5, ecosystem="npm") for start in STARTS]
    line, hollow = accepted(
        failure_rates_figure(CUT, rate_series(sums, STARTS), {"npm": 1}, {})
    ).data
    assert hollow.x == (str(FIRST), str(THIRD))
    assert hollow.marker.symbol == line.marker.symbol
    assert hollow.hoverinfo == "skip"
    assert "Hollow: the week from" in failure_rates_sentence(CUT, rate_series(sums, STARTS), {})


def test_a_whole_period_marks_nothing() -> None:
    whole = Buckets(STARTS, Step.WEEK, Period(FIRST, THIRD + WEEK), today=THIRD + WEEK)
    sums = {start: week(start, 5) for start in STARTS}
    figure = accepted(minutes_figure(whole, sums, DEFAULT_BUDGETS))
    assert figure.data[0].marker.pattern.shape is None
    assert "Hatched" not in minutes_sentence(whole, sums, DEFAULT_BUDGETS)
    assert whole._replace(today=THIRD + WEEK - DAY).part_in_words(THIRD) == "7 days so far"
