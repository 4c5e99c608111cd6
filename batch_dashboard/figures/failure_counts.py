"""Failed results over time, by error category or by ecosystem."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from batch_dashboard.figures.style import (
    CONFIG,
    MUTED,
    OTHER_COLOUR,
    bar_marker,
    ecosystem_colour,
    empty_figure,
    layout,
    plain,
    step_axis,
    value_axis,
    whole_first,
)
from batch_dashboard.model.lists.series import Buckets, CountSeries
from batch_dashboard.model.text.wording import plural


def failure_counts_figure(
    buckets: Buckets,
    series: Sequence[CountSeries],
    slots: Mapping[str, int],
    ran: Collection[Any],
) -> dict[str, Any]:
    """Bars per bucket, one colour each series; a bucket in which nothing ran is marked, not zero.

    `ran` holds the first days of the buckets in which a batch run started.
    """
    if not series:
        return empty_figure("No result failed in this period.")
    drawn = whole_first(buckets)
    spans = {start: buckets.in_words(start) for start in buckets.starts}
    data = [_bars(line, buckets, drawn, spans, slots) for line in series]
    absent = [start for start in buckets.starts if start not in ran]
    if absent:
        data.append(_absent(buckets, absent))
    return {
        "data": data,
        "layout": layout(
            xaxis=step_axis(buckets),
            yaxis=value_axis("failed results"),
            barmode="stack",
            hovermode="closest",
            showlegend=True,
        ),
        "config": CONFIG,
    }


def _bars(
    line: CountSeries,
    buckets: Buckets,
    drawn: Buckets,
    spans: Mapping[date, str],
    slots: Mapping[str, int],
) -> dict[str, Any]:
    colour = OTHER_COLOUR if line.is_other else ecosystem_colour(slots[line.name])
    counts = dict(zip(buckets.starts, line.counts, strict=True))
    return {
        "type": "bar",
        "name": plain(line.name),
        "x": [str(start) for start in drawn.starts],
        # No bar at all where there is nothing: it would catch the pointer.
        "y": [counts[start] or None for start in drawn.starts],
        "marker": bar_marker(drawn, colour),
        "customdata": [
            [spans[start], plural(counts[start], "failed result")] for start in drawn.starts
        ],
        "hovertemplate": "%{fullData.name}<br>%{customdata[1]}<br>%{customdata[0]}<extra></extra>",
    }


def _absent(buckets: Buckets, starts: Sequence[date]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "no batch run",
        "x": [str(start) for start in starts],
        "y": [0] * len(starts),
        "cliponaxis": False,
        "marker": {
            "symbol": "x-thin-open",
            "size": 7,
            "color": MUTED,
            "line": {"width": 1.5, "color": MUTED},
        },
        "customdata": [[buckets.in_words(start)] for start in starts],
        "hovertemplate": "no batch run<br>%{customdata[0]}<extra></extra>",
    }
