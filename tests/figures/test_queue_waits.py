"""Lines of queue waits, their limits, and the sentence about them."""

from datetime import date

import plotly.graph_objects as go
import pytest

from batch_dashboard.figures.queue_waits import queue_waits_figure
from batch_dashboard.figures.sentences import queue_waits_sentence
from batch_dashboard.model.lists.periods import Step
from batch_dashboard.model.lists.series import Buckets
from batch_dashboard.model.spending.ci_job_sums import StepWaits

STARTS = [date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 16)]
STEPS = Buckets(STARTS, Step.WEEK)
WAITS = [
    StepWaits(STARTS[0], "macos", 12, 60, 600),
    StepWaits(STARTS[2], "macos", 20, 30, 240),
    StepWaits(STARTS[2], "other", 1, 3, 3),
]


def figure(limits: dict[str, int]) -> go.Figure:
    drawn = queue_waits_figure(STEPS, WAITS, limits)
    return go.Figure({"data": drawn["data"], "layout": drawn["layout"]})


def test_each_operating_system_has_a_line_of_p90_and_of_the_median() -> None:
    drawn = figure({})
    assert [line.name for line in drawn.data] == [
        "macOS p90",
        "macOS median",
        "other p90",
        "other median",
    ]
    # In minutes, with a gap where no wait is known.
    assert drawn.data[0].y == (10.0, None, 4.0)
    assert drawn.layout.yaxis.title.text == "wait, min"
    assert drawn.data[0].customdata[0][1:] == [
        "90 % of the jobs waited up to 10 min 0 s",
        "n = 12 jobs",
    ]


@pytest.mark.parametrize(
    ("limit", "name", "lines"),
    [
        (900, "macOS limit 15 min 0 s", 1),
        (2_401, "↑ macOS limit 40 min 1 s, above this scale", 0),
    ],
)
def test_a_limit_is_drawn_where_it_flattens_no_line(limit: int, name: str, lines: int) -> None:
    drawn = figure({"macos": limit, "linux": 1})
    assert [note.text for note in drawn.layout.annotations] == [name]
    assert len(drawn.layout.shapes) == lines


def test_short_waits_are_drawn_in_seconds() -> None:
    drawn = queue_waits_figure(STEPS, WAITS[2:], {})
    assert drawn["layout"]["yaxis"]["title"]["text"] == "wait, s"
    assert drawn["data"][0]["y"] == [None, None, 3.0]


def test_without_known_waits_the_figure_and_the_sentence_say_so() -> None:
    drawn = queue_waits_figure(STEPS, [], {"macos": 60})
    assert drawn["data"] == []
    assert "No job of this period" in drawn["layout"]["annotations"][0]["text"]
    assert queue_waits_sentence(STEPS, []) == (
        "No job of this period reported how long it waited for a runner."
    )


def test_the_sentence_names_the_longest_waits() -> None:
    assert queue_waits_sentence(STEPS, WAITS).startswith(
        "macOS jobs waited longest in the week of 2026-11-02: half of them up to 1 min 0 s,"
        " 90 % up to 10 min 0 s (n = 12 jobs). other jobs"
    )
