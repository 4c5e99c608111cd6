"""How many results failed over time, by error category or by ecosystem."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from batch_dashboard.figures.style import (
    CONFIG,
    MUTED,
    OTHER_COLOUR,
    ecosystem_colour,
    empty_figure,
    layout,
    plain,
    step_axis,
    value_axis,
)
from batch_dashboard.model.series import CountSeries, Steps
from batch_dashboard.model.wording import plural


def failure_counts_figure(
    steps: Steps,
    series: Sequence[CountSeries],
    slots: Mapping[str, int],
    ran: Collection[Any],
) -> dict[str, Any]:
    """Bars per step, one colour each series; a step in which nothing ran is marked, not zero.

    `ran` holds the first days of the steps in which a batch run started.
    """
    if not series:
        return empty_figure("No result failed in this period.")
    spans = [steps.in_words(start) for start in steps.starts]
    data = [_bars(line, steps, slots, spans) for line in series]
    absent = [index for index, start in enumerate(steps.starts) if start not in ran]
    if absent:
        data.append(_absent(steps, [spans[index] for index in absent], absent))
    return {
        "data": data,
        "layout": layout(
            xaxis=step_axis(steps),
            yaxis=value_axis("failed results"),
            barmode="stack",
            hovermode="closest",
            showlegend=True,
        ),
        "config": CONFIG,
    }


def _bars(
    line: CountSeries, steps: Steps, slots: Mapping[str, int], spans: Sequence[str]
) -> dict[str, Any]:
    colour = OTHER_COLOUR if line.is_other else ecosystem_colour(slots[line.name])
    return {
        "type": "bar",
        "name": plain(line.name),
        "x": [str(start) for start in steps.starts],
        # No bar at all where there is nothing: it would catch the pointer.
        "y": [count or None for count in line.counts],
        "marker": {"color": colour},
        "customdata": [
            [span, plural(count, "failed result")]
            for span, count in zip(spans, line.counts, strict=True)
        ],
        "hovertemplate": "%{fullData.name}<br>%{customdata[1]}<br>%{customdata[0]}<extra></extra>",
    }


def _absent(steps: Steps, spans: Sequence[str], indexes: Sequence[int]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "no batch run",
        "x": [str(steps.starts[index]) for index in indexes],
        "y": [0] * len(indexes),
        "cliponaxis": False,
        "marker": {
            "symbol": "x-thin-open",
            "size": 7,
            "color": MUTED,
            "line": {"width": 1.5, "color": MUTED},
        },
        "customdata": [[span] for span in spans],
        "hovertemplate": "no batch run<br>%{customdata[0]}<extra></extra>",
    }
