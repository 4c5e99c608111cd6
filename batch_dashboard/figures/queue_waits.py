"""Waits of CI jobs for a runner over time, by operating system."""

from collections.abc import Iterable, Mapping
from typing import Any

from batch_dashboard.figures.style import (
    BUDGET,
    CONFIG,
    RUNNER_OS_COLOURS,
    SYMBOLS,
    empty_figure,
    layout,
    step_axis,
    value_axis,
)
from batch_dashboard.model.batch_runs.vocabulary import JOB_RUNNER_OS_NAMES
from batch_dashboard.model.lists.series import Buckets
from batch_dashboard.model.spending.ci_job_sums import StepWaits
from batch_dashboard.model.text.wording import duration, plural

# A limit further above the lines than this would flatten them: it is named at the top instead.
FARTHEST_LIMIT = 4.0
SECONDS_PER_MINUTE = 60
# From this wait on the axis counts minutes.
MINUTES_FROM = 3 * SECONDS_PER_MINUTE


def queue_waits_figure(
    buckets: Buckets, waits: Iterable[StepWaits], limits: Mapping[str, int]
) -> dict[str, Any]:
    """For each operating system a line of the median and one of the p90, with its limit.

    A bucket without known waits has no point, and the lines have a gap there. `limits` are in
    seconds, by operating system.
    """
    found = {(row.runner_os, row.start): row for row in waits}
    shown = [name for name in JOB_RUNNER_OS_NAMES if any(name == os for os, _ in found)]
    if not shown:
        return empty_figure("No job of this period reported how long it waited.")
    highest = max(row.p90_seconds for row in found.values())
    near = {
        name: limits[name]
        for name in shown
        if name in limits and limits[name] <= FARTHEST_LIMIT * max(highest, 1)
    }
    top = max(highest, *near.values(), 1)
    unit, divisor = ("min", SECONDS_PER_MINUTE) if top >= MINUTES_FROM else ("s", 1)
    data = [
        _line(buckets, runner_os, found, is_p90, divisor)
        for runner_os in shown
        for is_p90 in (True, False)
    ]
    return {
        "data": data,
        "layout": layout(
            xaxis=step_axis(buckets),
            yaxis=value_axis(f"wait, {unit}", range=[0, top * 1.15 / divisor]),
            hovermode="closest",
            showlegend=True,
            shapes=[_limit_line(seconds / divisor) for seconds in near.values()],
            annotations=[
                _limit_name(name, limits[name], divisor if name in near else None)
                for name in shown
                if name in limits
            ],
        ),
        "config": CONFIG,
    }


def _line(
    buckets: Buckets,
    runner_os: str,
    found: Mapping[tuple[str, Any], StepWaits],
    is_p90: bool,
    divisor: int,
) -> dict[str, Any]:
    name, colour = JOB_RUNNER_OS_NAMES[runner_os], RUNNER_OS_COLOURS[runner_os]
    rows = [found.get((runner_os, start)) for start in buckets.starts]
    seconds = [row and (row.p90_seconds if is_p90 else row.median_seconds) for row in rows]
    share = "90 % of the jobs" if is_p90 else "half of the jobs"
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": f"{name} {'p90' if is_p90 else 'median'}",
        "x": [str(start) for start in buckets.starts],
        "y": [None if value is None else value / divisor for value in seconds],
        "connectgaps": False,
        "line": {"color": colour, "width": 2, "dash": "solid" if is_p90 else "dot"},
        "marker": {
            "color": colour,
            "size": 6,
            "symbol": SYMBOLS[list(JOB_RUNNER_OS_NAMES).index(runner_os)],
        },
        "customdata": [
            [
                buckets.in_words(start),
                f"{share} waited up to {duration(value)}",
                f"n = {plural(row.jobs, 'job')}" if row else "",
            ]
            for start, row, value in zip(buckets.starts, rows, seconds, strict=True)
        ],
        "hovertemplate": name + "<br>%{customdata[0]}<br>%{customdata[1]}<br>%{customdata[2]}"
        "<extra></extra>",
    }


def _limit_line(height: float) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": height,
        "y1": height,
        "line": {"color": BUDGET, "width": 1.5, "dash": "dash"},
    }


def _limit_name(runner_os: str, seconds: int, divisor: int | None) -> dict[str, Any]:
    text = f"{JOB_RUNNER_OS_NAMES[runner_os]} limit {duration(seconds)}"
    note = {
        "text": text if divisor else f"↑ {text}, above this scale",
        "showarrow": False,
        "xref": "paper",
        "x": 1,
        "xanchor": "right",
        "yanchor": "bottom",
        "font": {"color": BUDGET, "size": 12},
    }
    if divisor:
        return note | {"y": seconds / divisor}
    return note | {"yref": "paper", "y": 1}
