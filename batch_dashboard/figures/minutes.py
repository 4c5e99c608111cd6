"""Minutes over time by runner operating system, each against its own budget."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from batch_dashboard.figures.step_marks import facts, marks
from batch_dashboard.figures.style import (
    BUDGET,
    CONFIG,
    ROWS,
    RUNNER_OS_COLOURS,
    STEP_EDGES,
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
from batch_dashboard.model.spending.budget import Budgets

# A budget further above the bars than this would flatten them: it is named at the top instead.
FARTHEST_BUDGET = 4.0


def minutes_figure(
    buckets: Buckets, sums: Mapping[date, RunSums], budgets: Budgets | None
) -> dict[str, Any]:
    """Bars per bucket, macOS above Linux, so that each is beside its own budget line.

    A bucket that is not in `sums` had no batch run and is marked as such, as is one whose runs
    reported no minutes: neither is a bar of zero. `budgets` is None unless buckets are weeks.
    """
    if not any(start in sums for start in buckets.starts):
        return empty_figure("No batch run in this period.")
    data: list[dict[str, Any]] = []
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    axes: dict[str, Any] = {}
    drawn = whole_first(buckets)
    spans = {start: buckets.in_words(start) for start in buckets.starts}
    for runner_os in RUNNER_OS:
        name, (axis, domain) = RUNNER_OS_NAMES[runner_os], ROWS[runner_os]
        values = {start: row.minutes(runner_os).value for start, row in sums.items()}
        data.append(
            bars(drawn, name, RUNNER_OS_COLOURS[runner_os], axis, values)
            | {
                "customdata": [
                    facts(spans[start], sums.get(start), runner_os) for start in drawn.starts
                ],
                "hovertemplate": "%{customdata[0]}<br>%{y:,.1f} " + name + " min"
                "<br>%{customdata[1]}<extra></extra>",
            }
        )
        data += marks(buckets, axis, sums, values, f"{name} minutes unknown")
        highest = max(value or 0.0 for value in values.values())
        top = highest
        if budgets is not None:
            of_buckets = [budgets.of(runner_os, start) for start in buckets.starts]
            farthest = FARTHEST_BUDGET * highest
            lines = [
                line for line in _budget_lines(axis, buckets, of_buckets) if line["y0"] <= farthest
            ]
            notes.append(_budget_name(name, axis, of_buckets[-1], of_buckets[-1] <= farthest))
            shapes += lines
            top = max(highest, *(line["y0"] for line in lines), 0.0)
        top = top * 1.18 or 1.0
        axes["yaxis" if axis == "y" else "yaxis2"] = value_axis(
            f"{name}, min", domain=list(domain), range=[0, top]
        )
    return {
        "data": named_once(data),
        "layout": layout(
            xaxis=step_axis(buckets, anchor="y2"),
            barmode="stack",
            hovermode="x",
            shapes=shapes,
            annotations=notes,
            **axes,
        ),
        "config": CONFIG,
    }


def _budget_lines(axis: str, buckets: Buckets, budgets: Sequence[float]) -> list[dict[str, Any]]:
    """A line for each time in which the budget is the same."""
    edge = STEP_EDGES[buckets.step]
    starts = [
        index for index, budget in enumerate(budgets) if index == 0 or budget != budgets[index - 1]
    ]
    return [
        {
            "type": "line",
            "xref": "x",
            "x0": str(buckets.starts[first] - edge),
            "x1": str(buckets.starts[after - 1] + edge),
            "yref": axis,
            "y0": budgets[first],
            "y1": budgets[first],
            "line": {"color": BUDGET, "width": 1.5, "dash": "dash"},
        }
        for first, after in zip(starts, [*starts[1:], len(budgets)], strict=True)
    ]


def _budget_name(name: str, axis: str, budget: float, in_sight: bool) -> dict[str, Any]:
    text = f"{name} budget {budget:,.0f} min"
    return {
        "text": text if in_sight else f"↑ {text}, above this scale",
        "showarrow": False,
        "xref": "paper",
        "x": 1,
        "xanchor": "right",
        # Above the bars, so that it hides none.
        "yref": f"{axis} domain",
        "y": 1,
        "yanchor": "bottom",
        "font": {"color": BUDGET, "size": 12},
    }
