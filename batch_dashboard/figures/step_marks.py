"""Marks for buckets without a bar: no batch run, or no reported minutes."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from batch_dashboard.figures.style import MUTED
from batch_dashboard.model.batch_runs.records import Minutes, RunSums
from batch_dashboard.model.lists.series import Buckets
from batch_dashboard.model.text.wording import plural

NO_RUN = "no batch run"
UNKNOWN = "minutes unknown"


def marks(
    buckets: Buckets,
    axis: str,
    sums: Mapping[date, RunSums],
    values: Mapping[date, float | None],
    words: str,
) -> list[dict[str, Any]]:
    """A cross for each bucket without a run, a ring for each that has runs but no value.

    `words` say what is unknown there.
    """
    absent = [start for start in buckets.starts if start not in sums]
    unknown = [start for start in buckets.starts if start in sums and values.get(start) is None]
    marked = []
    if absent:
        customdata = [[buckets.in_words(start), NO_RUN] for start in absent]
        marked.append(_mark(NO_RUN, axis, "x-thin-open", absent, customdata))
    if unknown:
        customdata = [
            [buckets.in_words(start), f"{words}<br>n = {plural(sums[start].runs, 'run')}"]
            for start in unknown
        ]
        marked.append(_mark(UNKNOWN, axis, "circle-open", unknown, customdata))
    return marked


def _mark(
    name: str, axis: str, symbol: str, starts: list[date], customdata: list[list[str]]
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "legendgroup": name,
        "x": [str(start) for start in starts],
        "y": [0] * len(starts),
        "yaxis": axis,
        "cliponaxis": False,
        "marker": {
            "symbol": symbol,
            "size": 7,
            "color": MUTED,
            "line": {"width": 1.5, "color": MUTED},
        },
        "customdata": customdata,
        "hovertemplate": "%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
    }


def facts(span: str, row: RunSums | None, runner_os: str) -> list[str]:
    """The hover text of a bucket: its days and its number of runs."""
    return [span, NO_RUN if row is None else runs_in_words(row.minutes(runner_os))]


def runs_in_words(minutes: Minutes) -> str:
    """`n = 12 runs, 3 of them reported none`."""
    words = f"n = {plural(minutes.runs, 'run')}"
    if not minutes.unknown_runs:
        return words
    return f"{words}, {minutes.unknown_runs:,} of them reported none"
