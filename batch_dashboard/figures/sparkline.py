"""A rate over time in the space of a word."""

from collections.abc import Sequence
from typing import NamedTuple

from batch_dashboard.model.judgement.rates import failure_rate
from batch_dashboard.model.lists.series import RatePoint
from batch_dashboard.model.text.wording import percent

WIDTH = 120
HEIGHT = 24
# Room for the line's own thickness.
EDGE = 2


class Sparkline(NamedTuple):
    """An SVG path in a box of WIDTH x HEIGHT, and what it shows in words."""

    path: str
    words: str


def failure_rate_sparkline(points: Sequence[RatePoint | None]) -> Sparkline:
    """A failure rate from 0 at the bottom to 1 at the top; where nothing was tried, a gap."""
    rates = [None if point is None else failure_rate(*point) for point in points]
    known = [rate for rate in rates if rate is not None]
    if not known:
        return Sparkline("", "nothing was attempted")
    words = f"failure rate from {percent(known[0])} to {percent(known[-1])}"
    if len(known) > 2:
        words += f", at most {percent(max(known))}"
    parts = []
    follows = False
    for index, rate in enumerate(rates):
        if rate is None:
            follows = False
            continue
        x = EDGE + index * (WIDTH - 2 * EDGE) / max(len(rates) - 1, 1)
        y = HEIGHT - EDGE - rate * (HEIGHT - 2 * EDGE)
        # A line without length is a dot, so that a single value between two gaps is visible.
        parts.append(f"L{x:.1f} {y:.1f}" if follows else f"M{x:.1f} {y:.1f}h0")
        follows = True
    return Sparkline("".join(parts), words)
