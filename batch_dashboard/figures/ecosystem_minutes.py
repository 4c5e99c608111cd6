"""Minutes over time by ecosystem, macOS above Linux."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from batch_dashboard.figures.step_marks import facts, marks
from batch_dashboard.figures.style import (
    CONFIG,
    OTHER_COLOUR,
    ROWS,
    bars,
    ecosystem_colour,
    empty_figure,
    layout,
    named_once,
    plain,
    step_axis,
    value_axis,
    whole_first,
)
from batch_dashboard.model.batch_runs.records import RunSums
from batch_dashboard.model.batch_runs.vocabulary import RUNNER_OS, RUNNER_OS_NAMES
from batch_dashboard.model.lists.series import Buckets, SumSeries


def ecosystem_minutes_figure(
    buckets: Buckets,
    series: Sequence[SumSeries],
    totals: Mapping[date, RunSums],
    slots: Mapping[str, int],
) -> dict[str, Any]:
    """Stacked bars per bucket, one colour an ecosystem; `totals` are all ecosystems by bucket.

    A bucket without a batch run, or of unknown minutes only, is marked so: it is no bar of zero.
    """
    if not series:
        return empty_figure("No minutes were reported in this period.")
    data: list[dict[str, Any]] = []
    axes: dict[str, Any] = {}
    spans = {start: buckets.in_words(start) for start in buckets.starts}
    drawn = whole_first(buckets)
    for runner_os in RUNNER_OS:
        name, (axis, domain) = RUNNER_OS_NAMES[runner_os], ROWS[runner_os]
        data += [_bars(drawn, spans, line, runner_os, axis, slots) for line in series]
        known = {start: row.minutes(runner_os).value for start, row in totals.items()}
        data += marks(buckets, axis, totals, known, f"{name} minutes unknown")
        axes["yaxis" if axis == "y" else "yaxis2"] = value_axis(f"{name}, min", domain=list(domain))
    return {
        "data": named_once(data),
        "layout": layout(
            xaxis=step_axis(buckets, anchor="y2"),
            barmode="stack",
            hovermode="closest",
            showlegend=True,
            **axes,
        ),
        "config": CONFIG,
    }


def _bars(
    buckets: Buckets,
    spans: Mapping[date, str],
    line: SumSeries,
    runner_os: str,
    axis: str,
    slots: Mapping[str, int],
) -> dict[str, Any]:
    colour = OTHER_COLOUR if line.is_other else ecosystem_colour(slots.get(line.ecosystem, 0))
    values = {start: row.minutes(runner_os).value for start, row in line.sums.items()}
    drawn = [start for start in buckets.starts if values.get(start) is not None]
    name = plain(line.ecosystem)
    # Only what is drawn is sent: eight series over many buckets would be mostly empty.
    return bars(buckets._replace(starts=drawn), name, colour, axis, values) | {
        "legendgroup": line.ecosystem,
        "customdata": [facts(spans[start], line.sums[start], runner_os) for start in drawn],
        "hovertemplate": "%{fullData.name}<br>%{customdata[0]}<br>%{y:,.1f} "
        + RUNNER_OS_NAMES[runner_os]
        + " min<br>%{customdata[1]}<extra></extra>",
    }
