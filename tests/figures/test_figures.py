"""Every figure is one Plotly knows: go.Figure refuses unknown properties."""

from datetime import date
from typing import Any

import plotly.graph_objects as go

from batch_dashboard.figures.failure_rates import failure_rates_figure
from batch_dashboard.figures.minutes import minutes_figure
from batch_dashboard.figures.sentences import failure_rates_sentence, minutes_sentence
from batch_dashboard.model.budget import BUDGET_MINUTES
from batch_dashboard.model.periods import Step
from batch_dashboard.model.records import RunSums
from batch_dashboard.model.series import Steps, rate_series

FIRST, SECOND, THIRD = date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 16)
STARTS = [FIRST, SECOND, THIRD]
STEPS = Steps(STARTS, Step.WEEK)


def week(
    start: date, macos: float, unknown: int = 0, ecosystem: str = "", **counts: int
) -> RunSums:
    return RunSums(
        start,
        ecosystem,
        3,
        9,
        counts.get("passed", 5),
        counts.get("failed", 4),
        0,
        0,
        macos,
        2 * macos,
        unknown,
        0,
        0,
    )


def accepted(figure: dict[str, Any]) -> go.Figure:
    assert figure["config"]["showSendToCloud"] is False
    return go.Figure({"data": figure["data"], "layout": figure["layout"]})


def test_a_week_without_a_run_and_one_of_unknown_minutes_are_marked_and_are_no_bars() -> None:
    weeks = {FIRST: week(FIRST, 12.5), THIRD: week(THIRD, 0, unknown=3)}
    figure = accepted(minutes_figure(STEPS, weeks, BUDGET_MINUTES))
    macos = next(trace for trace in figure.data if trace.name == "macOS")
    assert macos.y == (12.5, None, None)
    marks = {trace.name: trace.x for trace in figure.data if trace.type == "scatter"}
    assert marks == {"no batch run": (str(SECOND),), "minutes unknown": (str(THIRD),)}


def test_a_budget_far_above_the_bars_is_named_but_does_not_flatten_them() -> None:
    figure = accepted(minutes_figure(STEPS, {FIRST: week(FIRST, 900)}, BUDGET_MINUTES))
    assert [note.text for note in figure.layout.annotations] == [
        "macOS budget 1,000 min",
        "Linux budget 5,000 min",
    ]
    small = accepted(minutes_figure(STEPS, {FIRST: week(FIRST, 1)}, BUDGET_MINUTES))
    assert small.layout.annotations[0].text == "↑ macOS budget 1,000 min, above this scale"
    assert small.layout.yaxis.range[1] < 2


def test_nothing_to_draw_is_said_in_the_figure() -> None:
    empty = accepted(minutes_figure(Steps([], Step.WEEK), {}, BUDGET_MINUTES))
    assert not empty.data
    assert "No batch run" in empty.layout.annotations[0].text
    rates = accepted(failure_rates_figure(Steps([], Step.WEEK), [], {}))
    assert "No recipe was attempted" in rates.layout.annotations[0].text


def test_a_line_is_broken_where_nothing_was_attempted_and_says_its_n() -> None:
    rows = [week(FIRST, 1, ecosystem="npm"), week(THIRD, 1, ecosystem="npm", failed=0)]
    series = rate_series(rows, STARTS)
    figure = accepted(failure_rates_figure(STEPS, series, {"npm": 3}))
    line = figure.data[0]
    assert line.y == (4 / 9, None, 0)
    assert line.connectgaps is False
    assert line.line.color == "var(--series-4)"
    assert line.customdata[0][0].startswith("n = 9 attempts")


def test_a_single_point_is_drawn_as_a_marker() -> None:
    series = rate_series([week(FIRST, 1, ecosystem="npm")], [FIRST])
    figure = accepted(failure_rates_figure(Steps([FIRST], Step.WEEK), series, {"npm": 0}))
    assert figure.data[0].mode == "lines+markers"


def test_markup_in_a_name_stays_text() -> None:
    series = rate_series([week(FIRST, 1, ecosystem="<b>x</b>")], [FIRST])
    figure = failure_rates_figure(Steps([FIRST], Step.WEEK), series, {})
    assert figure["data"][0]["name"] == "&lt;b&gt;x&lt;/b&gt;"


def test_the_sentences_say_what_is_unknown_and_what_is_absent() -> None:
    weeks = {FIRST: week(FIRST, 12.5, unknown=1)}
    sentence = minutes_sentence(STEPS, weeks, BUDGET_MINUTES)
    assert "2 of 3 weeks had no batch run." in sentence
    assert "1 of 3 runs reported no macOS minutes." in sentence
    unknown = minutes_sentence(
        Steps([FIRST], Step.WEEK), {FIRST: week(FIRST, 0, unknown=3)}, BUDGET_MINUTES
    )
    assert unknown.startswith("How many macOS minutes were used is unknown.")
    assert "no failure rate" in failure_rates_sentence(Steps([], Step.WEEK), [])


def test_each_target_of_those_shown_is_a_line_named_in_place() -> None:
    sums = [
        week(FIRST, 1, ecosystem=name, passed=1, failed=3) for name in ("homebrew", "npm", "nix")
    ]
    figure = accepted(failure_rates_figure(STEPS, rate_series(sums, STARTS), {}))
    assert [note.text for note in figure.layout.annotations] == [
        "target of 2 ecosystems: at most 2%",
        "target of homebrew: at most 15%",
    ]
    assert [shape.y0 for shape in figure.layout.shapes] == [0.02, 0.15]
