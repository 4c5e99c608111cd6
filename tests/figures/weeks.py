"""Three weeks of sums, and figures that Plotly accepts."""

from datetime import date
from typing import Any

import plotly.graph_objects as go

from batch_dashboard.model.batch_runs.records import RunSums

FIRST, SECOND, THIRD = date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 16)
STARTS = [FIRST, SECOND, THIRD]


def week(
    start: date, macos: float, unknown: int = 0, ecosystem: str = "", **counts: int
) -> RunSums:
    """The sums of a week of three runs."""
    return RunSums(
        start,
        ecosystem,
        3,
        9,
        counts.get("passed", 5),
        counts.get("failed", 4),
        0,
        0,
        macos,
        2 * macos,
        unknown,
        0,
    )


def accepted(figure: dict[str, Any]) -> go.Figure:
    """A figure that Plotly validates: unknown properties raise."""
    assert figure["config"]["showSendToCloud"] is False
    return go.Figure({"data": figure["data"], "layout": figure["layout"]})
