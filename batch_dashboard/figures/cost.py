"""Cost at list price over time, by runner operating system."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from batch_dashboard.figures.step_marks import facts, marks
from batch_dashboard.figures.style import (
    CONFIG,
    LINE,
    MUTED,
    RUNNER_OS_COLOURS,
    bars,
    empty_figure,
    layout,
    named_once,
    step_axis,
    value_axis,
    whole_first,
)
from batch_dashboard.model.batch_runs.records import RunSums
from batch_dashboard.model.batch_runs.vocabulary import RUNNER_OS, RUNNER_OS_NAMES
from batch_dashboard.model.lists.series import Buckets
from batch_dashboard.model.spending.prices import Cost


def cost_figure(
    buckets: Buckets,
    costs: Mapping[date, Cost],
    sums: Mapping[date, RunSums],
    changes: Sequence[date],
) -> dict[str, Any]:
    """Stacked bars per bucket, US dollars for the known minutes, with the days prices change.

    A bucket without a batch run, or of which no minutes are known, is marked so.
    """
    if not any(start in sums for start in buckets.starts):
        return empty_figure("No batch run in this period.")
    known = {start: cost.total for start, cost in costs.items()}
    drawn = whole_first(buckets)
    data = [_bars(drawn, costs, sums, runner_os) for runner_os in RUNNER_OS]
    data += marks(buckets, "y", sums, known, "minutes and cost unknown")
    within = [
        day for day in changes if buckets.starts[0] < day < buckets.step.later(buckets.starts[-1])
    ]
    return {
        "data": named_once(data),
        "layout": layout(
            xaxis=step_axis(buckets),
            yaxis=value_axis("US dollars", tickprefix="$", tickformat=",~r"),
            barmode="stack",
            hovermode="closest",
            showlegend=True,
            shapes=[_change_line(day) for day in within],
            annotations=[_change_name(day) for day in within],
        ),
        "config": CONFIG,
    }


def _bars(
    buckets: Buckets, costs: Mapping[date, Cost], sums: Mapping[date, RunSums], runner_os: str
) -> dict[str, Any]:
    values = {start: cost.of(runner_os) for start, cost in costs.items()}
    name = RUNNER_OS_NAMES[runner_os]
    return bars(buckets, name, RUNNER_OS_COLOURS[runner_os], "y", values) | {
        "customdata": [
            facts(buckets.in_words(start), sums.get(start), runner_os) for start in buckets.starts
        ],
        "hovertemplate": name + "<br>%{customdata[0]}<br>$%{y:,.2f} at list price"
        "<br>%{customdata[1]}<extra></extra>",
    }


def _change_line(day: date) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "x",
        "x0": str(day),
        "x1": str(day),
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"color": LINE, "width": 1, "dash": "dot"},
        "layer": "below",
    }


def _change_name(day: date) -> dict[str, Any]:
    return {
        "text": f"new prices {day}",
        "showarrow": False,
        "xref": "x",
        "x": str(day),
        "yref": "paper",
        "y": 1,
        "yanchor": "bottom",
        "font": {"color": MUTED, "size": 12},
    }
