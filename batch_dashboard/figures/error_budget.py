"""The use of an ecosystem's error budget by day."""

from collections.abc import Sequence
from typing import Any

from batch_dashboard.figures.style import (
    BUDGET,
    CONFIG,
    empty_figure,
    layout,
    time_axis,
    value_axis,
)
from batch_dashboard.model.judgement.slo import BudgetDay

MIN_AXIS_TOP = 1.2


def error_budget_figure(days: Sequence[BudgetDay], colour: str) -> dict[str, Any]:
    """A line of the share used in the 28 days up to each day, with the line of all of it."""
    if not any(day.used_share is not None for day in days):
        return empty_figure("Nothing was attempted in these days.")
    top = max(MIN_AXIS_TOP, *(1.1 * (day.used_share or 0.0) for day in days))
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": "error budget used",
                "x": [str(day.day) for day in days],
                "y": [day.used_share for day in days],
                "connectgaps": False,
                "line": {"color": colour, "width": 2},
                "marker": {"color": colour, "size": 5},
                "customdata": [
                    f"{day.attempts.failed:,} of {day.attempts.total:,} attempts failed in the "
                    f"28 days up to {day.day}"
                    for day in days
                ],
                "hovertemplate": "%{y:.0%} of the error budget<br>%{customdata}<extra></extra>",
            }
        ],
        "layout": layout(
            xaxis=time_axis("28 days up to this UTC day", tickformat="%-d %b\n%Y", nticks=6),
            yaxis=value_axis("used, % of the error budget", tickformat=".0%", range=[0, top]),
            hovermode="closest",
            showlegend=False,
            shapes=[
                {
                    "type": "line",
                    "xref": "paper",
                    "x0": 0,
                    "x1": 1,
                    "y0": 1,
                    "y1": 1,
                    "line": {"color": BUDGET, "width": 1, "dash": "dot"},
                }
            ],
            annotations=[
                {
                    "text": "all failures that the target allows",
                    "showarrow": False,
                    "xref": "paper",
                    "x": 1,
                    "xanchor": "right",
                    "y": 1,
                    "yanchor": "bottom",
                    "font": {"color": BUDGET, "size": 12},
                }
            ],
        ),
        "config": CONFIG,
    }
