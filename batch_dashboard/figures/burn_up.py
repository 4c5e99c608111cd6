"""Minutes of the current week as they add up, against the budget of each runner OS."""

from collections.abc import Mapping, Sequence
from typing import Any

from batch_dashboard.figures.step_marks import runs_in_words
from batch_dashboard.figures.style import (
    BUDGET,
    CONFIG,
    LINE,
    MUTED,
    ROWS,
    RUNNER_OS_COLOURS,
    layout,
    named_once,
    value_axis,
)
from batch_dashboard.model.batch_runs.vocabulary import RUNNER_OS_NAMES
from batch_dashboard.model.spending.budget import PAUSE_SHARE, SAMPLE_SHARE, BudgetWeek, BurnUpDay
from batch_dashboard.model.text.wording import minutes

FORECAST = "forecast"
THRESHOLDS = ((1.0, BUDGET, "dash"), (PAUSE_SHARE, MUTED, "dot"), (SAMPLE_SHARE, MUTED, "dot"))


def burn_up_figure(
    budgets: Sequence[BudgetWeek], burnt: Mapping[str, Sequence[BurnUpDay]]
) -> dict[str, Any]:
    """A line of what is used, Monday to today, and a dashed one of the forecast up to Sunday.

    `burnt` holds the days of each runner OS's week. Days to come have no point but the
    forecast's; a day on which some or all runs reported no minutes has a hollow one.
    """
    data: list[dict[str, Any]] = []
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    axes: dict[str, Any] = {}
    for budget in budgets:
        name, (axis, domain) = RUNNER_OS_NAMES[budget.runner_os], ROWS[budget.runner_os]
        days = burnt[budget.runner_os]
        data += [_used(name, axis, budget.runner_os, days), *_forecast(name, axis, budget, days)]
        limit = budget.budget_minutes
        for share, colour, dash in THRESHOLDS:
            shapes.append(_line(axis, share * limit, colour, dash))
        # Above the highest line and below the two others, so no two names meet on any scale.
        shares = f"pause {PAUSE_SHARE * limit:,.0f}<br>sample {SAMPLE_SHARE * limit:,.0f}"
        notes.append(_name(f"budget {limit:,.0f}", axis, limit, BUDGET, "bottom"))
        notes.append(_name(shares, axis, PAUSE_SHARE * limit, MUTED, "top"))
        top = max(limit, budget.forecast or 0.0, budget.used.known) * 1.12
        axes["yaxis" if axis == "y" else "yaxis2"] = value_axis(
            f"{name}, min", domain=list(domain), range=[0, top or 1.0]
        )
    names = [f"{day.day:%a}<br>{day.day.day}" for day in burnt[budgets[0].runner_os]]
    return {
        "data": named_once(data),
        "layout": layout(
            margin={"l": 60, "r": 92, "t": 36, "b": 40},
            xaxis={
                "type": "linear",
                "title": {"text": "day of this week (UTC)", "standoff": 8},
                "anchor": "y2",
                "range": [-0.4, 6.4],
                "tickvals": list(range(7)),
                "ticktext": names,
                "showgrid": False,
                "zeroline": False,
                "ticks": "outside",
                "ticklen": 6,
                "tickcolor": LINE,
                "fixedrange": True,
                "automargin": True,
            },
            hovermode="closest",
            showlegend=True,
            shapes=shapes,
            annotations=notes,
            **axes,
        ),
        "config": CONFIG,
    }


def _used(name: str, axis: str, runner_os: str, days: Sequence[BurnUpDay]) -> dict[str, Any]:
    customdata, symbols, values = [], [], []
    for day in days:
        if day.minutes is None:
            continue
        values.append(day.used_minutes)
        symbols.append("circle-open" if day.minutes.unknown_runs else "circle")
        today = runs_in_words(day.minutes) if day.minutes.runs else "no batch run"
        customdata.append([f"Monday to {day.day:%A} {day.day}", f"that day: {today}"])
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": f"{name} used",
        "x": list(range(len(values))),
        "y": values,
        "yaxis": axis,
        "cliponaxis": False,
        "line": {"color": RUNNER_OS_COLOURS[runner_os], "width": 2},
        "marker": {"color": RUNNER_OS_COLOURS[runner_os], "size": 7, "symbol": symbols},
        "customdata": customdata,
        "hovertemplate": "%{customdata[0]}<br>%{y:,.1f} " + name + " min so far"
        "<br>%{customdata[1]}<extra></extra>",
    }


def _forecast(
    name: str, axis: str, budget: BudgetWeek, days: Sequence[BurnUpDay]
) -> list[dict[str, Any]]:
    ahead = [(place, day) for place, day in enumerate(days) if day.forecast_minutes is not None]
    if len(ahead) < 2:
        return []
    return [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": FORECAST,
            "legendgroup": FORECAST,
            "x": [place for place, _ in ahead],
            "y": [day.forecast_minutes for _, day in ahead],
            "yaxis": axis,
            "cliponaxis": False,
            "line": {"color": RUNNER_OS_COLOURS[budget.runner_os], "width": 1.5, "dash": "dot"},
            # Only its end is marked: where the week is forecast to end.
            "marker": {
                "color": RUNNER_OS_COLOURS[budget.runner_os],
                "size": [0] * (len(ahead) - 1) + [8],
                "symbol": "diamond-open",
            },
            "customdata": [[f"by the end of {day.day:%A} {day.day}"] for _, day in ahead],
            "hovertemplate": "forecast: %{y:,.0f} " + name + " min<br>%{customdata[0]}<br>at "
            f"{minutes(budget.daily_minutes)} min a day, the mean of the last 28 days"
            "<extra></extra>",
        }
    ]


def _line(axis: str, minutes: float, colour: str, dash: str) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "yref": axis,
        "y0": minutes,
        "y1": minutes,
        "line": {"color": colour, "width": 1.5 if dash == "dash" else 1, "dash": dash},
    }


def _name(text: str, axis: str, minutes: float, colour: str, side: str) -> dict[str, Any]:
    return {
        "text": text,
        "showarrow": False,
        "xref": "paper",
        "x": 1,
        "xshift": 6,
        "xanchor": "left",
        "align": "left",
        "yref": axis,
        "y": minutes,
        "yanchor": side,
        "font": {"color": colour, "size": 12},
    }
