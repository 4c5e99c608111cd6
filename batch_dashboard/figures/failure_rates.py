"""Failure rate of each ecosystem over time."""

from collections.abc import Mapping, Sequence
from typing import Any

from batch_dashboard.figures.style import (
    BUDGET,
    COLOURS,
    CONFIG,
    DASHES,
    OTHER_COLOUR,
    SYMBOLS,
    ecosystem_colour,
    empty_figure,
    layout,
    plain,
    step_axis,
    value_axis,
)
from batch_dashboard.model.judgement.rates import failure_rate, wilson_interval
from batch_dashboard.model.lists.series import Buckets, RatePoint, RateSeries

# Below this the axis ends above the highest rate instead of at 100 %.
WHOLE_AXIS_FROM = 0.5
MIN_AXIS_TOP = 0.05
# The height of a target's name as a share of the axis.
NAME_HEIGHT = 0.08


def failure_rates_figure(
    buckets: Buckets,
    series: Sequence[RateSeries],
    slots: Mapping[str, int],
    targets: Mapping[str, float | None],
) -> dict[str, Any]:
    """A line with markers for each ecosystem; where nothing was attempted the line is broken.

    `targets` are least success rates, 0…1; an ecosystem without one has no line for it.
    """
    if not series:
        return empty_figure("No recipe was attempted in this period.")
    highest = max(failure_rate(*point) or 0.0 for line in series for point in line.points if point)
    spans = [buckets.in_words(start) for start in buckets.starts]
    lines = [_line(line, buckets, spans, slots) for line in series]
    top = 1.04 if highest >= WHOLE_AXIS_FROM else max(highest * 1.25, MIN_AXIS_TOP)
    return {
        "data": lines + [hollow for line in lines for hollow in _hollow(buckets, line)],
        "layout": layout(
            xaxis=step_axis(buckets),
            yaxis=value_axis("failed, % of attempts", tickformat=".0%", range=[0, top]),
            hovermode="closest",
            showlegend=True,
            margin={"l": 60, "r": 56, "t": 36, "b": 40},
            **_targets(series, targets, top),
        ),
        "config": CONFIG,
    }


def limits(
    series: Sequence[RateSeries], targets: Mapping[str, float | None]
) -> list[tuple[float, str]]:
    """The largest allowed failure rates, lowest first, with the ecosystems of each."""
    named: dict[float, list[str]] = {}
    for line in series:
        target = None if line.is_other else targets.get(line.ecosystem)
        if target is not None:
            named.setdefault(round(1 - target, 4), []).append(line.ecosystem)
    return [
        (limit, names[0] if len(names) == 1 else f"{len(names)} ecosystems")
        for limit, names in sorted(named.items())
    ]


def _targets(
    series: Sequence[RateSeries], targets: Mapping[str, float | None], top: float
) -> dict[str, Any]:
    """A thin line for each target, with its limit beside the chart.

    A limit moves up where it would lie over the one below it.
    """
    shapes, notes = [], []
    free_from = 0.0
    for limit, whose in limits(series, targets):
        if limit >= top:
            continue
        place = max(limit, free_from)
        free_from = place + NAME_HEIGHT * top
        shapes.append(
            {
                "type": "line",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": limit,
                "y1": limit,
                "line": {"color": BUDGET, "width": 1, "dash": "dot"},
            }
        )
        notes.append(
            {
                "text": f"≤ {limit * 100:g}%",
                "hovertext": f"target of {plain(whose)}: at most {limit * 100:g}%",
                "showarrow": False,
                "xref": "paper",
                "x": 1,
                "xshift": 4,
                "xanchor": "left",
                "y": place,
                "yanchor": "middle",
                "font": {"color": BUDGET, "size": 12},
            }
        )
    return {"shapes": shapes, "annotations": notes}


def _line(
    line: RateSeries, buckets: Buckets, spans: Sequence[str], slots: Mapping[str, int]
) -> dict[str, Any]:
    slot = slots.get(line.ecosystem, 0)
    colour = OTHER_COLOUR if line.is_other else ecosystem_colour(slot)
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": plain(line.ecosystem),
        "legendgroup": plain(line.ecosystem),
        "x": [str(start) for start in buckets.starts],
        "y": [None if point is None else failure_rate(*point) for point in line.points],
        "connectgaps": False,
        "line": {"color": colour, "width": 2, "dash": DASHES[slot // COLOURS % len(DASHES)]},
        "marker": {
            "color": colour,
            "size": 7,
            "symbol": "x" if line.is_other else SYMBOLS[slot % COLOURS],
        },
        "customdata": [_facts(span, point) for span, point in zip(spans, line.points, strict=True)],
        "hovertemplate": "%{fullData.name}<br>%{y:.1%} failed<br>%{customdata[0]}"
        "<br>%{customdata[1]}<extra></extra>",
    }


def _hollow(buckets: Buckets, line: dict[str, Any]) -> list[dict[str, Any]]:
    """Marks over those of a line that make it hollow where a bucket is cut or not over yet."""
    parts = [
        (x, y)
        for start, x, y in zip(buckets.starts, line["x"], line["y"], strict=True)
        if y is not None and buckets.part_in_words(start)
    ]
    if not parts:
        return []
    marker = line["marker"]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "legendgroup": line["name"],
            "showlegend": False,
            "hoverinfo": "skip",
            "x": [x for x, _ in parts],
            "y": [y for _, y in parts],
            "marker": marker
            | {"color": "var(--surface)", "line": {"color": marker["color"], "width": 1.5}},
        }
    ]


def _facts(span: str, point: RatePoint | None) -> list[str]:
    interval = wilson_interval(point.failed, point.passed + point.failed) if point else None
    if point is None or interval is None:
        return ["nothing was attempted", span]
    attempts = point.passed + point.failed
    return [
        f"n = {attempts:,} attempts, 95 % interval {interval.low:.1%} to {interval.high:.1%}",
        span,
    ]
