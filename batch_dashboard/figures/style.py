"""The common style of figures. Colours are CSS custom properties, read by static/js/figures.js."""

from collections.abc import Mapping
from datetime import date
from html import escape
from typing import Any

from batch_dashboard.model.batch_runs.vocabulary import LINUX, MACOS
from batch_dashboard.model.lists.periods import DAY, Step
from batch_dashboard.model.lists.series import Buckets
from batch_dashboard.model.text.wording import shortened

TEXT = "var(--ink)"
MUTED = "var(--ink-muted)"
GRID = "var(--chart-grid)"
LINE = "var(--chart-line)"
BUDGET = "var(--chart-budget)"
OTHER_COLOUR = "var(--series-other)"
RUNNER_OS_COLOURS = {
    MACOS: "var(--macos)",
    LINUX: "var(--linux)",
    "windows": TEXT,
    "other": OTHER_COLOUR,
}

# Two rows of bars, each runner operating system on a scale of its own, with room between them
# where the name of a budget may stand.
ROWS = {MACOS: ("y", (0.56, 1.0)), LINUX: ("y2", (0.0, 0.44))}

STEP_TITLES = {
    Step.DAY: "day (UTC)",
    Step.WEEK: "week (Monday, UTC)",
    Step.MONTH: "month (UTC)",
    Step.YEAR: "year (UTC)",
}
# Days left free beside the first and the last bucket.
STEP_EDGES = {Step.DAY: DAY, Step.WEEK: 4 * DAY, Step.MONTH: 17 * DAY, Step.YEAR: 200 * DAY}
DAY_MS = 86_400_000
BAR_WIDTHS_MS = {
    Step.DAY: 0.75 * DAY_MS,
    Step.WEEK: 5.25 * DAY_MS,
    Step.MONTH: 21 * DAY_MS,
    Step.YEAR: 270 * DAY_MS,
}
STEP_TICKS = {
    Step.DAY: "%-d %b\n%Y",
    Step.WEEK: "%-d %b\n%Y",
    Step.MONTH: "%b\n%Y",
    Step.YEAR: "%Y",
}

COLOURS = 8
# Shapes and dashes distinguish what colours alone might not.
SYMBOLS = (
    "circle",
    "square",
    "diamond",
    "triangle-up",
    "cross",
    "triangle-down",
    "star",
    "hexagon",
)
DASHES = ("solid", "dot", "dash", "dashdot")

MAX_NAME_LENGTH = 28

# The panel has its own button for a picture, and there is nothing to zoom.
CONFIG: dict[str, Any] = {
    "displayModeBar": False,
    "showSendToCloud": False,
    "responsive": True,
}


def ecosystem_colour(slot: int) -> str:
    """The colour of a slot given by model.series.colour_slots."""
    return f"var(--series-{slot % COLOURS + 1})"


def plain(text: str, longest: int = MAX_NAME_LENGTH) -> str:
    """A client's text for Plotly, which reads some markup: escaped, and cut in the middle."""
    return escape(shortened(text, longest), quote=False)


def layout(**changes: Any) -> dict[str, Any]:
    """The layout every figure begins with; `changes` replace whole parts of it."""
    base: dict[str, Any] = {
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": MUTED},
        "paper_bgcolor": "var(--surface)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 60, "r": 12, "t": 36, "b": 40},
        "hoverlabel": {
            "bgcolor": "var(--surface-raised)",
            "bordercolor": LINE,
            "font": {"color": TEXT, "size": 12},
            "align": "left",
            "namelength": -1,
        },
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "font": {"color": TEXT},
        },
        "dragmode": False,
        "bargap": 0.25,
    }
    return base | changes


def time_axis(title: str, **changes: Any) -> dict[str, Any]:
    """An axis of UTC days."""
    base: dict[str, Any] = {
        "type": "date",
        "title": {"text": title, "standoff": 8},
        "showgrid": False,
        "linecolor": LINE,
        "tickcolor": LINE,
        "ticks": "outside",
        "ticklen": 4,
        "hoverformat": "%Y-%m-%d",
        "nticks": 8,
        "automargin": True,
        "fixedrange": True,
        # Hover texts are above the chart; a line leads from there to their mark.
        "showspikes": True,
        "spikemode": "across",
        "spikesnap": "hovered data",
        "spikethickness": 1,
        "spikedash": "solid",
        "spikecolor": MUTED,
    }
    return base | changes


def step_axis(buckets: Buckets, **changes: Any) -> dict[str, Any]:
    """An axis of buckets, with up to five labels at equal distances."""
    edge = STEP_EDGES[buckets.step]
    every = -(-len(buckets.starts) // 5)
    base: dict[str, Any] = {
        "range": [str(buckets.starts[0] - edge), str(buckets.starts[-1] + edge)],
        "tickvals": [str(start) for start in buckets.starts[::every]],
        "tickformat": STEP_TICKS[buckets.step],
    }
    return time_axis(STEP_TITLES[buckets.step], **base | changes)


def bars(
    buckets: Buckets, name: str, colour: str, axis: str, values: Mapping[date, float | None]
) -> dict[str, Any]:
    """Bars, one for each bucket; a bucket without a value has none. What hovers is the caller's."""
    return {
        "type": "bar",
        "name": name,
        "x": [str(start) for start in buckets.starts],
        "y": [values.get(start) for start in buckets.starts],
        "yaxis": axis,
        "width": BAR_WIDTHS_MS[buckets.step],
        "marker": bar_marker(buckets, colour),
    }


def whole_first(buckets: Buckets) -> Buckets:
    """Buckets in the order their bars are drawn in: the legend takes its look from the first."""
    is_part = {start: buckets.part_in_words(start) is not None for start in buckets.starts}
    return buckets._replace(starts=sorted(buckets.starts, key=lambda start: is_part[start]))


def bar_marker(buckets: Buckets, colour: str) -> dict[str, Any]:
    """The colour of bars; hatched where a bucket is cut by the period or not over yet."""
    marker: dict[str, Any] = {"color": colour}
    parts = [buckets.part_in_words(start) is not None for start in buckets.starts]
    if any(parts):
        marker["pattern"] = {"shape": ["/" if is_part else "" for is_part in parts], "size": 5}
        marker["line"] = {"color": colour, "width": [int(is_part) for is_part in parts]}
    return marker


def named_once(traces: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same traces: of those with one `legendgroup` the legend names the first only."""
    seen: set[str] = set()
    for trace in traces:
        group = trace.get("legendgroup")
        if group in seen:
            trace["showlegend"] = False
        elif group is not None:
            seen.add(group)
    return traces


def value_axis(title: str, **changes: Any) -> dict[str, Any]:
    """An axis of values from zero up."""
    base: dict[str, Any] = {
        "title": {"text": title, "standoff": 8},
        "rangemode": "tozero",
        "gridcolor": GRID,
        "zerolinecolor": LINE,
        "nticks": 5,
        "automargin": True,
        "fixedrange": True,
    }
    return base | changes


def empty_figure(sentence: str) -> dict[str, Any]:
    """A figure without data: one sentence where the marks would be."""
    hidden = {"visible": False}
    note = {
        "text": escape(sentence, quote=False),
        "showarrow": False,
        "xref": "paper",
        "yref": "paper",
        "x": 0.5,
        "y": 0.5,
        "font": {"color": MUTED, "size": 13},
    }
    return {
        "data": [],
        "layout": layout(xaxis=hidden, yaxis=hidden, annotations=[note]),
        "config": CONFIG,
    }
