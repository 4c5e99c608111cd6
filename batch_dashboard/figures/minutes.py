"""Minutes per week by runner operating system, each against its own budget."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from batch_dashboard.figures.style import (
    BUDGET,
    CONFIG,
    MUTED,
    RUNNER_OS_COLOURS,
    empty_figure,
    layout,
    time_axis,
    value_axis,
)
from batch_dashboard.model.periods import DAY
from batch_dashboard.model.records import RunSums
from batch_dashboard.model.vocabulary import LINUX, MACOS, RUNNER_OS, RUNNER_OS_NAMES

# A budget further above the bars than this would flatten them: it is named at the top instead.
FARTHEST_BUDGET = 4.0
# Room between the two rows of bars, where the name of a budget may stand.
ROWS = {MACOS: ("y", (0.56, 1.0)), LINUX: ("y2", (0.0, 0.44))}
HALF_WEEK_MS = 3.5 * 86_400_000


def minutes_figure(
    starts: Sequence[date], weeks: Mapping[date, RunSums], budgets: Mapping[str, float]
) -> dict[str, Any]:
    """Bars per week, macOS above Linux, so that each stands beside its own budget line.

    `starts` holds every Monday shown; one that is not in `weeks` had no batch run and is marked so,
    as is a week whose runs told no minutes: neither is a bar of zero.
    """
    if not any(start in weeks for start in starts):
        return empty_figure("No batch run in this period.")
    data: list[dict[str, Any]] = []
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    axes: dict[str, Any] = {}
    for runner_os in RUNNER_OS:
        name, (axis, domain) = RUNNER_OS_NAMES[runner_os], ROWS[runner_os]
        values = [_value(weeks.get(start), runner_os) for start in starts]
        data.append(_bars(runner_os, name, axis, starts, weeks, values))
        data += _marks(runner_os, axis, starts, weeks, values)
        highest = max((value or 0.0 for value in values), default=0.0)
        budget = budgets[runner_os]
        in_sight = budget <= FARTHEST_BUDGET * highest
        top = max(highest, budget if in_sight else 0.0) * 1.18 or 1.0
        if in_sight:
            shapes.append(_budget_line(axis, budget))
        notes.append(_budget_name(name, axis, budget, in_sight))
        axes["yaxis" if axis == "y" else "yaxis2"] = value_axis(
            f"{name}, min", domain=list(domain), range=[0, top]
        )
    first, last = starts[0], starts[-1]
    edges = [str(first - 4 * DAY), str(last + 4 * DAY)]
    return {
        "data": data,
        "layout": layout(
            xaxis=time_axis("week (Monday, UTC)", anchor="y2", range=edges, **_ticks(starts)),
            barmode="stack",
            hovermode="x",
            shapes=shapes,
            annotations=notes,
            **axes,
        ),
        "config": CONFIG,
    }


def _value(week: RunSums | None, runner_os: str) -> float | None:
    return None if week is None else week.minutes(runner_os).value


def _ticks(starts: Sequence[date]) -> dict[str, Any]:
    # Few weeks: each Monday is named, not days between them.
    # More: Mondays at equal distances.
    every = -(-len(starts) // 7)
    return {"tickvals": [str(start) for start in starts[::every]]}


def _bars(
    runner_os: str,
    name: str,
    axis: str,
    starts: Sequence[date],
    weeks: Mapping[date, RunSums],
    values: Sequence[float | None],
) -> dict[str, Any]:
    return {
        "type": "bar",
        "name": name,
        "x": [str(start) for start in starts],
        "y": list(values),
        "yaxis": axis,
        "width": HALF_WEEK_MS * 1.5,
        "marker": {"color": RUNNER_OS_COLOURS[runner_os]},
        "customdata": [_facts(start, weeks.get(start), runner_os) for start in starts],
        "hovertemplate": "%{customdata[0]}<br>%{y:,.1f} " + name + " min<br>%{customdata[1]}"
        "<extra></extra>",
    }


def _facts(start: date, week: RunSums | None, runner_os: str) -> list[str]:
    span = f"{start} to {start + 6 * DAY}"
    if week is None:
        return [span, "no batch run"]
    unknown = week.minutes(runner_os).unknown_runs
    runs = f"{week.runs:,} run{'s' * (week.runs != 1)}"
    return [span, f"n = {runs}, {unknown:,} of them told none" if unknown else f"n = {runs}"]


def _marks(
    runner_os: str,
    axis: str,
    starts: Sequence[date],
    weeks: Mapping[date, RunSums],
    values: Sequence[float | None],
) -> list[dict[str, Any]]:
    """Weeks without a bar: why there is none."""
    absent = [start for start in starts if start not in weeks]
    unknown = [
        start
        for start, value in zip(starts, values, strict=True)
        if value is None and start in weeks
    ]
    first = runner_os == MACOS
    marks = []
    for name, days, symbol, text in (
        ("no batch run", absent, "x-thin-open", "no batch run"),
        (
            "minutes unknown",
            unknown,
            "circle-open",
            f"{RUNNER_OS_NAMES[runner_os]} minutes unknown",
        ),
    ):
        if not days:
            continue
        marks.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "legendgroup": name,
                "showlegend": first or name == "minutes unknown",
                "x": [str(day) for day in days],
                "y": [0] * len(days),
                "yaxis": axis,
                "cliponaxis": False,
                "marker": {
                    "symbol": symbol,
                    "size": 7,
                    "color": MUTED,
                    "line": {"width": 1.5, "color": MUTED},
                },
                "customdata": [_facts(day, weeks.get(day), runner_os) for day in days],
                "hovertemplate": "%{customdata[0]}<br>" + text + "<br>%{customdata[1]}"
                "<extra></extra>",
            }
        )
    return marks


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
