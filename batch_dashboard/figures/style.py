"""What all figures share. Colours are CSS custom properties, which static/js/figures.js reads."""

from html import escape
from typing import Any

TEXT = "var(--ink)"
MUTED = "var(--ink-muted)"
GRID = "var(--chart-grid)"
LINE = "var(--chart-line)"
BUDGET = "var(--chart-budget)"
RUNNER_OS_COLOURS = {"macos": "var(--macos)", "linux": "var(--linux)"}
OTHER_COLOUR = "var(--series-other)"

COLOURS = 8
# Shape and dash tell apart what colour alone might not.
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

LONGEST_NAME = 28

CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "showSendToCloud": False,
    "responsive": True,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
}


def ecosystem_colour(slot: int) -> str:
    """The colour of a slot given by model.series.colour_slots."""
    return f"var(--series-{slot % COLOURS + 1})"


def plain(text: str, longest: int = LONGEST_NAME) -> str:
    """A client's text for Plotly, which reads some markup: escaped, and cut in the middle."""
    if len(text) > longest:
        text = f"{text[: longest - 10]}…{text[-9:]}"
    return escape(text, quote=False)


def layout(**changes: Any) -> dict[str, Any]:
    """The layout every figure begins with; `changes` replace whole parts of it."""
    base: dict[str, Any] = {
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": MUTED},
        "paper_bgcolor": "rgba(0,0,0,0)",
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
    }
    return base | changes


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
