"""The results of one recipe over time: what became of it, and how long it took."""

from collections.abc import Sequence
from typing import Any

from batch_dashboard.figures.style import (
    CONFIG,
    empty_figure,
    layout,
    plain,
    time_axis,
    value_axis,
)
from batch_dashboard.model.batch_runs.vocabulary import FAILED, PASSED, RESULTS, SKIPPED
from batch_dashboard.model.recipes.recipes import RecipeAttempt
from batch_dashboard.model.text.wording import duration

COLOURS = {PASSED: "var(--good)", FAILED: "var(--bad)", SKIPPED: "var(--ink-muted)"}
# Shapes distinguish what colours alone might not.
SYMBOLS = {PASSED: "circle", FAILED: "x-thin-open", SKIPPED: "line-ew-open"}
STRIP = (0.72, 1.0)
DURATIONS = (0.0, 0.62)
STRIP_ALONE = (0.0, 1.0)


def recipe_results_figure(results: Sequence[RecipeAttempt]) -> dict[str, Any]:
    """Above, a mark per result in the row of its outcome; below, how long each took.

    A result of unknown duration is in the upper part only.
    """
    if not results:
        return empty_figure("This recipe has no result in this period.")
    data = []
    timed = any(result.duration_seconds is not None for result in results)
    for outcome in RESULTS:
        found = [result for result in results if result.result == outcome]
        if found:
            data.append(_marks(outcome, found, "y2", [outcome] * len(found), named=True))
            known = [result for result in found if result.duration_seconds is not None]
            if known:
                seconds = [result.duration_seconds for result in known]
                data.append(_marks(outcome, known, "y", seconds, named=False))
    return {
        "data": data,
        "layout": layout(
            xaxis=time_axis("start of the batch run (UTC)", anchor="y" if timed else "y2"),
            yaxis=value_axis("duration, s", domain=list(DURATIONS), visible=timed),
            yaxis2={
                "type": "category",
                "categoryorder": "array",
                "categoryarray": list(reversed(RESULTS)),
                "range": [-0.5, len(RESULTS) - 0.5],
                "domain": list(STRIP if timed else STRIP_ALONE),
                "showgrid": False,
                "zeroline": False,
                "fixedrange": True,
                "automargin": True,
            },
            hovermode="closest",
            showlegend=True,
        ),
        "config": CONFIG,
    }


def _marks(
    outcome: str, results: Sequence[RecipeAttempt], axis: str, values: Sequence[Any], named: bool
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": outcome,
        "legendgroup": outcome,
        "showlegend": named,
        "x": [f"{result.started_at:%Y-%m-%d %H:%M:%S}" for result in results],
        "y": list(values),
        "yaxis": axis,
        "marker": {
            "color": COLOURS[outcome],
            "symbol": SYMBOLS[outcome],
            "size": 8,
            "line": {"width": 1.5, "color": COLOURS[outcome]},
        },
        "customdata": [
            [
                f"{result.started_at:%Y-%m-%d %H:%M} UTC, run {result.batch_run_id}",
                duration(result.duration_seconds),
                plain(result.error_category or "", 60),
                plain(result.platform or "platform unknown", 60),
            ]
            for result in results
        ],
        "hovertemplate": outcome
        + " %{customdata[2]}<br>%{customdata[1]}<br>%{customdata[0]}<br>%{customdata[3]}"
        "<extra></extra>",
    }
