"""Minutes over time by runner operating system, each against its own budget."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from batch_dashboard.figures.step_marks import facts, marks
from batch_dashboard.figures.style import (
    BUDGET,
    CONFIG,
    ROWS,
    RUNNER_OS_COLOURS,
    bars,
    empty_figure,
    layout,
    named_once,
    step_axis,
    value_axis,
)
from batch_dashboard.model.records import RunSums
from batch_dashboard.model.series import Steps
from batch_dashboard.model.vocabulary import RUNNER_OS, RUNNER_OS_NAMES

# A budget further above the bars than this would flatten them: it is named at the top instead.
FARTHEST_BUDGET = 4.0


def minutes_figure(
    steps: Steps, sums: Mapping[date, RunSums], budgets: Mapping[str, float]
) -> dict[str, Any]:
    """Bars per step, macOS above Linux, so that each stands beside its own budget line.

    A step that is not in `sums` had no batch run and is marked so, as is one whose runs told no
    minutes: neither is a bar of zero. `budgets`, minutes a week, is empty where steps are no weeks.
    """
    if not any(start in sums for start in steps.starts):
        return empty_figure("No batch run in this period.")
    data: list[dict[str, Any]] = []
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    axes: dict[str, Any] = {}
    spans = {start: steps.in_words(start) for start in steps.starts}
    for runner_os in RUNNER_OS:
        name, (axis, domain) = RUNNER_OS_NAMES[runner_os], ROWS[runner_os]
        values = {start: row.minutes(runner_os).value for start, row in sums.items()}
        data.append(
            bars(steps, name, RUNNER_OS_COLOURS[runner_os], axis, values)
            | {
                "customdata": [
                    facts(spans[start], sums.get(start), runner_os) for start in steps.starts
                ],
                "hovertemplate": "%{customdata[0]}<br>%{y:,.1f} " + name + " min"
                "<br>%{customdata[1]}<extra></extra>",
            }
        )
        data += marks(steps, axis, sums, values, f"{name} minutes unknown")
        highest = max(value or 0.0 for value in values.values())
        budget = budgets.get(runner_os)
        in_sight = budget is not None and budget <= FARTHEST_BUDGET * highest
        top = max(highest, budget if budget is not None and in_sight else 0.0) * 1.18 or 1.0
        if budget is not None:
            notes.append(_budget_name(name, axis, budget, in_sight))
            if in_sight:
                shapes.append(_budget_line(axis, budget))
        axes["yaxis" if axis == "y" else "yaxis2"] = value_axis(
            f"{name}, min", domain=list(domain), range=[0, top]
        )
    return {
        "data": named_once(data),
        "layout": layout(
            xaxis=step_axis(steps, anchor="y2"),
            barmode="stack",
            hovermode="x",
            shapes=shapes,
            annotations=notes,
            **axes,
        ),
        "config": CONFIG,
    }


def _budget_line(axis: str, budget: float) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "yref": axis,
        "y0": budget,
        "y1": budget,
        "line": {"color": BUDGET, "width": 1.5, "dash": "dash"},
    }


def _budget_name(name: str, axis: str, budget: float, in_sight: bool) -> dict[str, Any]:
    text = f"{name} budget {budget:,.0f} min"
    return {
        "text": text if in_sight else f"↑ {text}, above this scale",
        "showarrow": False,
        "xref": "paper",
        "x": 1,
        "xanchor": "right",
        "yref": axis if in_sight else f"{axis} domain",
        "y": budget if in_sight else 1,
        "yanchor": "bottom" if in_sight else "top",
        "font": {"color": BUDGET, "size": 11},
        "bgcolor": "var(--surface)",
    }
