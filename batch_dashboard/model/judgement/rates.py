"""Success and failure rates, 0…1, and how sure they are. Source: docs/data-model.md, "Rates"."""

from math import sqrt
from typing import NamedTuple

# Two-sided 95 % of the normal distribution.
Z_95 = 1.959963984540054


class Interval(NamedTuple):
    """Both ends of an interval of rates, 0…1."""

    low: float
    high: float


def success_rate(passed: int, failed: int) -> float | None:
    """Passed over attempts (passed + failed); None if nothing was attempted."""
    attempts = passed + failed
    return passed / attempts if attempts else None


def failure_rate(passed: int, failed: int) -> float | None:
    """Failed over attempts (passed + failed); None if nothing was attempted."""
    return success_rate(failed, passed)


def wilson_interval(successes: int, attempts: int) -> Interval | None:
    """The 95 % score interval of a rate; None if nothing was attempted.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22 (1927).
    """
    if not attempts:
        return None
    rate = successes / attempts
    square = Z_95 * Z_95 / attempts
    centre = (rate + square / 2) / (1 + square)
    half = Z_95 / (1 + square) * sqrt(rate * (1 - rate) / attempts + square / (4 * attempts))
    return Interval(max(0.0, centre - half), min(1.0, centre + half))
