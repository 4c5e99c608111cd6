"""Every figure is one Plotly knows: go.Figure refuses unknown properties."""

import itertools
from datetime import UTC, date, datetime, time

import plotly.graph_objects as go
import pytest

from batch_dashboard.figures.burn_up import burn_up_figure
from batch_dashboard.figures.cost import cost_figure
from batch_dashboard.figures.ecosystem_minutes import ecosystem_minutes_figure
from batch_dashboard.figures.failure_rates import failure_rates_figure
from batch_dashboard.figures.minutes import minutes_figure
from batch_dashboard.figures.sentences import (
    burn_up_sentence,
    cost_sentence,
    ecosystem_minutes_sentence,
    failure_rates_sentence,
    minutes_sentence,
)
from batch_dashboard.model.batch_runs.records import DayMinutes, RunSums
from batch_dashboard.model.batch_runs.vocabulary import RUNNER_OS
from batch_dashboard.model.lists.periods import Step
from batch_dashboard.model.lists.series import Buckets, by_step, rate_series, sum_series
from batch_dashboard.model.spending.budget import DEFAULT_BUDGETS, budget_week, burn_up
from batch_dashboard.model.spending.prices import cost_of_sums
from tests.figures.weeks import FIRST, SECOND, STARTS, THIRD, accepted, week

WEEKS = Buckets(STARTS, Step.WEEK)
ONE_WEEK = Buckets([FIRST], Step.WEEK)


def test_a_week_without_a_run_and_one_of_unknown_minutes_are_marked_and_are_no_bars() -> None:
    weeks = {FIRST: week(FIRST, 12.5), THIRD: week(THIRD, 0, unknown=3)}
    figure = accepted(minutes_figure(WEEKS, weeks, DEFAULT_BUDGETS))
    macos = next(trace for trace in figure.data if trace.name == "macOS")
    assert macos.y == (12.5, None, None)
    marks = {trace.name: trace.x for trace in figure.data if trace.type == "scatter"}
    assert marks == {"no batch run": (str(SECOND),), "minutes unknown": (str(THIRD),)}


def test_a_budget_far_above_the_bars_is_named_but_does_not_flatten_them() -> None:
    figure = accepted(minutes_figure(WEEKS, {FIRST: week(FIRST, 900)}, DEFAULT_BUDGETS))
    assert [note.text for note in figure.layout.annotations] == [
        "macOS budget 1,000 min",
        "Linux budget 5,000 min",
    ]
    small = accepted(minutes_figure(WEEKS, {FIRST: week(FIRST, 1)}, DEFAULT_BUDGETS))
    assert small.layout.annotations[0].text == "↑ macOS budget 1,000 min, above this scale"
    assert small.layout.yaxis.range[1] < 2


def test_nothing_to_draw_is_said_in_the_figure() -> None:
    empty = accepted(minutes_figure(Buckets([], Step.WEEK), {}, DEFAULT_BUDGETS))
    assert not empty.data
    assert "No batch run" in empty.layout.annotations[0].text
    rates = accepted(failure_rates_figure(Buckets([], Step.WEEK), [], {}, {}))
    assert "No recipe was attempted" in rates.layout.annotations[0].text


def test_a_line_is_broken_where_nothing_was_attempted_and_says_its_n() -> None:
    rows = [week(FIRST, 1, ecosystem="npm"), week(THIRD, 1, ecosystem="npm", failed=0)]
    series = rate_series(rows, STARTS)
    figure = accepted(failure_rates_figure(WEEKS, series, {"npm": 3}, {}))
    line = figure.data[0]
    assert line.y == (4 / 9, None, 0)
    assert line.connectgaps is False
    assert line.line.color == "var(--series-4)"
    assert line.customdata[0][0].startswith("n = 9 attempts")


def test_a_single_point_is_drawn_as_a_marker() -> None:
    series = rate_series([week(FIRST, 1, ecosystem="npm")], [FIRST])
    figure = accepted(failure_rates_figure(ONE_WEEK, series, {"npm": 0}, {}))
    assert figure.data[0].mode == "lines+markers"


def test_markup_in_a_name_stays_text() -> None:
    series = rate_series([week(FIRST, 1, ecosystem="<b>x</b>")], [FIRST])
    figure = failure_rates_figure(ONE_WEEK, series, {}, {})
    assert figure["data"][0]["name"] == "&lt;b&gt;x&lt;/b&gt;"


def test_the_sentences_say_what_is_unknown_and_what_is_absent() -> None:
    weeks = {FIRST: week(FIRST, 12.5, unknown=1)}
    sentence = minutes_sentence(WEEKS, weeks, DEFAULT_BUDGETS)
    assert "2 of 3 weeks had no batch run." in sentence
    assert "1 of 3 runs reported no macOS minutes." in sentence
    unknown = minutes_sentence(ONE_WEEK, {FIRST: week(FIRST, 0, unknown=3)}, DEFAULT_BUDGETS)
    assert unknown.startswith("How many macOS minutes were used is unknown.")
    assert "no failure rate" in failure_rates_sentence(Buckets([], Step.WEEK), [], {})


def test_months_are_named_and_have_no_budget() -> None:
    months = Buckets([date(2026, 10, 1), date(2026, 11, 1)], Step.MONTH)
    sums = {months.starts[1]: week(months.starts[1], 5_000)}
    figure = accepted(minutes_figure(months, sums, None))
    assert not figure.layout.annotations
    assert not figure.layout.shapes
    assert figure.layout.xaxis.title.text == "month (UTC)"
    assert figure.data[0].customdata[1][0] == "2026-11-01 to 2026-11-30"
    sentence = minutes_sentence(months, sums, None)
    assert "most in November 2026 (5,000 min)" in sentence
    assert "1 of 2 months has no batch run." in sentence
    assert "budget" not in sentence


def test_the_legend_names_a_mark_of_both_rows_once() -> None:
    unknown = RunSums(FIRST, "", 3, 9, 5, 4, 0, 0, 0, 0, 3, 3)
    figure = accepted(minutes_figure(WEEKS, {FIRST: unknown}, DEFAULT_BUDGETS))
    named = [trace.name for trace in figure.data if trace.showlegend is not False]
    assert named == ["macOS", "no batch run", "minutes unknown", "Linux"]


TODAY = date(2026, 11, 18)
MONDAY = date(2026, 11, 16)


def burnt_week(*days: DayMinutes, today: date = TODAY) -> tuple[go.Figure, str]:
    night = datetime.combine(today, time(23, 59, 59, 999999), UTC)
    budgets = [budget_week(runner_os, days, night) for runner_os in RUNNER_OS]
    burnt = {budget.runner_os: burn_up(budget, days, night) for budget in budgets}
    return accepted(burn_up_figure(budgets, burnt)), burn_up_sentence(budgets)


def test_the_week_adds_up_to_today_and_days_to_come_are_the_forecast_s() -> None:
    figure, sentence = burnt_week(
        DayMinutes(MONDAY, 2, 280, 28, 0, 0), DayMinutes(TODAY, 2, 0, 28, 2, 1)
    )
    used, forecast = figure.data[:2]
    assert (used.x, used.y) == ((0, 1, 2), (280, 280, 280))
    assert used.marker.symbol == ("circle", "circle", "circle-open")
    assert used.customdata[1][1] == "that day: no batch run"
    assert used.customdata[2][1] == "that day: n = 2 runs, 2 of them reported none"
    assert forecast.x == (2, 3, 4, 5, 6)
    assert forecast.y == pytest.approx((280, 290, 300, 310, 320))
    assert [note.text for note in figure.layout.annotations] == [
        "budget 1,000",
        "pause 950<br>sample 800",
        "budget 5,000",
        "pause 4,750<br>sample 4,000",
    ]
    assert [shape.y0 for shape in figure.layout.shapes][:3] == [1_000, 950, 800]
    assert "macOS used 280 of 1,000 min" in sentence
    assert "2 of 4 runs reported none" in sentence
    assert "macOS would end the week at 320 min." in sentence


def test_a_week_of_unknown_minutes_has_no_line_and_one_without_a_run_used_0() -> None:
    figure, sentence = burnt_week(DayMinutes(TODAY, 2, 0, 0, 2, 2))
    assert figure.data[0].y == (0, 0, None)
    assert "How many macOS minutes were used this week is unknown." in sentence
    empty, nothing = burnt_week(today=MONDAY)
    assert [trace.y for trace in empty.data] == [(0,), (0,)]
    assert nothing.startswith("No batch run has started since Monday 2026-11-16.")


def test_an_overspent_week_stays_within_its_axis_and_says_so() -> None:
    figure, sentence = burnt_week(DayMinutes(MONDAY, 1, 2_800, 1, 0, 0))
    assert figure.layout.yaxis.range[1] > figure.data[1].y[-1] > 2_800
    assert "(280.0" in sentence
    assert "The macOS budget was used up on Monday 16 November." in sentence


def test_on_sunday_nothing_is_left_to_forecast() -> None:
    sunday = date(2026, 11, 22)
    figure, _ = burnt_week(DayMinutes(sunday, 1, 5, 5, 0, 0), today=sunday)
    assert [trace.name for trace in figure.data] == ["macOS used", "Linux used"]


def ecosystem_figure(*rows: RunSums, buckets: Buckets = WEEKS) -> go.Figure:
    names = sorted({row.ecosystem for row in rows})
    series = sum_series(rows, names, buckets.step)
    slots = {name: slot for slot, name in enumerate(names)}
    return accepted(ecosystem_minutes_figure(buckets, series, by_step(rows, buckets.step), slots))


def test_nine_ecosystems_are_drawn_as_eight_in_two_rows() -> None:
    figure = ecosystem_figure(*(week(FIRST, 1 + n, ecosystem=f"e{n}") for n in range(9)))
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert len(bars) == 16
    assert bars[7].name == "other (2)"
    assert bars[7].y == (8 + 9,)
    assert bars[0].marker.color == bars[8].marker.color == "var(--series-1)"
    assert [trace.showlegend for trace in bars[8:]] == [False] * 8


def test_steps_without_minutes_of_any_ecosystem_are_marked() -> None:
    figure = ecosystem_figure(
        week(FIRST, 1, ecosystem="npm"), week(THIRD, 0, unknown=3, ecosystem="cask")
    )
    marks = {(trace.name, trace.yaxis): trace.x for trace in figure.data if trace.type == "scatter"}
    assert marks == {
        ("no batch run", "y"): (str(SECOND),),
        ("minutes unknown", "y"): (str(THIRD),),
        ("no batch run", "y2"): (str(SECOND),),
    }
    nothing = accepted(ecosystem_minutes_figure(Buckets([], Step.DAY), [], {}, {}))
    assert "No minutes were reported" in nothing.layout.annotations[0].text


def test_a_single_step_is_a_bar_and_a_name_stays_text() -> None:
    figure = ecosystem_figure(week(FIRST, 3, ecosystem="<b>x</b>"), buckets=ONE_WEEK)
    assert figure.data[0].y == (3,)
    assert figure.data[0].name == "&lt;b&gt;x&lt;/b&gt;"
    sentence = ecosystem_minutes_sentence(
        ONE_WEEK, sum_series([week(FIRST, 3, ecosystem="npm")], ["npm"], Step.WEEK), ["cask"]
    )
    assert sentence == (
        "npm used most macOS minutes (3.0, 100\u202f%) and Linux minutes (6.0, 100\u202f%). "
        "cask reported no minutes and is not drawn."
    )


def test_costs_are_stacked_and_the_day_prices_change_is_drawn() -> None:
    unknown = RunSums(THIRD, "", 3, 9, 5, 4, 0, 0, 0, 0, 3, 3)
    sums = {FIRST: week(FIRST, 100), THIRD: unknown}
    costs = {start: cost_of_sums([row]) for start, row in sums.items()}
    change = date(2026, 11, 11)
    figure = accepted(cost_figure(WEEKS, costs, sums, [date(2026, 1, 1), change]))
    assert figure.data[0].y == (100 * 0.062, None, None)
    assert figure.data[1].y == (200 * 0.006, None, None)
    assert [trace.x for trace in figure.data[2:]] == [(str(SECOND),), (str(THIRD),)]
    assert [note.text for note in figure.layout.annotations] == ["new prices 2026-11-11"]
    sentence = cost_sentence(WEEKS, costs, sums, cost_of_sums(sums.values()))
    assert "The known minutes cost $7.40 at list price, 83.8" in sentence
    assert "The minutes of 1 week are unknown." in sentence
    empty = accepted(cost_figure(Buckets([], Step.DAY), {}, {}, []))
    assert "No batch run" in empty.layout.annotations[0].text
    assert "is unknown" in cost_sentence(
        WEEKS, {THIRD: costs[THIRD]}, {THIRD: unknown}, costs[THIRD]
    )


def test_each_target_of_those_shown_is_a_line_with_its_limit_beside_it() -> None:
    sums = [
        week(FIRST, 1, ecosystem=name, passed=1, failed=3) for name in ("homebrew", "npm", "nix")
    ]
    targets = {"homebrew": 0.85, "npm": 0.98, "nix": 0.98, "elsewhere": 0.5}
    figure = accepted(failure_rates_figure(WEEKS, rate_series(sums, STARTS), {}, targets))
    assert [note.text for note in figure.layout.annotations] == ["≤ 2%", "≤ 15%"]
    assert "Dotted: highest allowed failure rate, 2% for 2 ecosystems, 15% for homebrew." in (
        failure_rates_sentence(WEEKS, rate_series(sums, STARTS), targets)
    )
    assert [shape.y0 for shape in figure.layout.shapes] == [0.02, 0.15]


def test_names_of_targets_that_are_close_do_not_lie_over_each_other() -> None:
    names = ["a", "b", "c", "d", "e"]
    sums = [RunSums(FIRST, name, 1, 10, 1, 9, 0, 0, 0, 0, 0, 0) for name in names]
    targets = dict(zip(names, (0.99, 0.985, 0.98, 0.97, 0.96), strict=True))
    figure = accepted(failure_rates_figure(WEEKS, rate_series(sums, STARTS), {}, targets))
    notes = figure.layout.annotations
    assert notes[1].text == "≤ 1.5%"
    heights = [note.y for note in notes]
    assert min(above - below for below, above in itertools.pairwise(heights)) >= 0.07
