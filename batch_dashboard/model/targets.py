"""What an ecosystem is held to. Source: docs/data-model.md, "Targets"."""

from datetime import timedelta
from typing import NamedTuple

from batch_dashboard.model.slo import MIN_ATTEMPTS

SUCCESS_RATE_TARGETS = {"homebrew": 0.85, "cask": 0.95}
DEFAULT_TARGET = 0.98


class EcosystemRule(NamedTuple):
    """The target and the rhythm of an ecosystem, set by an operator or by default."""

    target: float | None  # the least success rate that is good enough, 0…1; None: it has none
    min_attempts: int = MIN_ATTEMPTS  # fewer are too few to judge
    expected_interval: timedelta | None = None  # None: what is usual for its runs


def success_rate_target(ecosystem: str) -> float:
    """The least success rate that is good enough where no operator set one, 0…1."""
    return SUCCESS_RATE_TARGETS.get(ecosystem, DEFAULT_TARGET)


def default_rule(ecosystem: str) -> EcosystemRule:
    """What an ecosystem is held to where no operator said otherwise."""
    return EcosystemRule(success_rate_target(ecosystem))
