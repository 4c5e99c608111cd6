"""Failures over time, one recipe's results, and a rate in the space of a word."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import plotly.graph_objects as go

from batch_dashboard.figures.failure_counts import failure_counts_figure
from batch_dashboard.figures.recipe_results import recipe_results_figure
from batch_dashboard.figures.sentences import failure_counts_sentence, recipe_results_sentence
from batch_dashboard.figures.sparkline import failure_rate_sparkline
from batch_dashboard.model.lists.periods import Step
from batch_dashboard.model.lists.series import Buckets, RatePoint, count_series
from batch_dashboard.model.recipes.recipes import RecipeAttempt

MONDAYS = [date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 16)]
STEPS = Buckets(MONDAYS, Step.WEEK)
START = datetime(2026, 11, 2, 8, tzinfo=UTC)


def accepted(figure: dict[str, Any]) -> go.Figure:
    return go.Figure({"data": figure["data"], "layout": figure["layout"]})


def attempt(number: int, result: str, seconds: float | None) -> RecipeAttempt:
    return RecipeAttempt(
        number, number, "jq", START + timedelta(days=number), result, None, None, seconds, None
    )


def test_a_week_without_failures_and_one_without_a_run_are_told_apart() -> None:
    series = count_series([(MONDAYS[0], "network", 3), (MONDAYS[0], "<b>", 1)], MONDAYS)
    figure = accepted(
        failure_counts_figure(STEPS, series, {"network": 0, "<b>": 1}, set(MONDAYS[:2]))
    )
    assert [bar.name for bar in figure.data] == ["network", "&lt;b&gt;", "no batch run"]
    assert figure.data[0].y == (3, None, None)
    assert figure.data[2].x == (str(MONDAYS[2]),)
    assert tuple(figure.data[0].customdata[0]) == ("2026-11-02 to 2026-11-08", "3 failed results")
    sentence = failure_counts_sentence(STEPS, series, set(MONDAYS[:2]))
    assert "4 results failed, most in the week of 2026-11-02 (4)." in sentence
    assert "Most frequent: network, 3 (75.0\u202f%)." in sentence
    assert "In 1 of 3 weeks nothing ran." in sentence


def test_no_failure_is_said() -> None:
    figure = accepted(failure_counts_figure(STEPS, [], {}, set(MONDAYS)))
    assert not figure.data
    assert failure_counts_sentence(STEPS, [], set(MONDAYS)) == "No result failed in this period."


def test_a_result_of_unknown_duration_stands_in_the_strip_only() -> None:
    results = [attempt(1, "passed", 12.5), attempt(2, "failed", None), attempt(3, "failed", 3.0)]
    figure = accepted(recipe_results_figure(results))
    marks = {(trace.name, trace.yaxis): len(trace.x) for trace in figure.data}
    assert marks == {
        ("passed", "y2"): 1,
        ("passed", "y"): 1,
        ("failed", "y2"): 2,
        ("failed", "y"): 1,
    }
    sentence = recipe_results_sentence(results, are_all=True)
    assert sentence.startswith("3 results: 1 passed, 2 failed.")
    assert sentence.endswith("the duration of 1 is unknown.")
    assert recipe_results_sentence(results, are_all=False).startswith("The last 3 results")


def test_without_any_duration_only_the_strip_is_drawn() -> None:
    figure = accepted(recipe_results_figure([attempt(1, "failed", None)]))
    assert {trace.yaxis for trace in figure.data} == {"y2"}
    assert figure.layout.yaxis2.domain == (0.0, 1.0)
    assert figure.layout.yaxis.visible is False


def test_a_recipe_without_results_is_said() -> None:
    assert not accepted(recipe_results_figure([])).data
    assert recipe_results_sentence([], are_all=True).startswith("No result")


def test_a_sparkline_breaks_where_nothing_was_tried_and_dots_what_stands_alone() -> None:
    line = failure_rate_sparkline([RatePoint(1, 0), RatePoint(0, 1), None, RatePoint(1, 1)])
    assert line.path == "M2.0 22.0h0L40.7 2.0M118.0 12.0h0"
    assert line.words == "failure rate from 0\u202f% to 50.0\u202f%, at most 100\u202f%"
    assert failure_rate_sparkline([None]).path == ""
