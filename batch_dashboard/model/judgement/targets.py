"""The targets and other rules of ecosystems. Source: docs/data-model.md, "Targets"."""

from datetime import timedelta
from typing import NamedTuple

from batch_dashboard.model.judgement.slo import MIN_ATTEMPTS
from batch_dashboard.model.plan.rule import DEFAULT_RULE, PlanRule

SUCCESS_RATE_TARGETS = {"homebrew": 0.85, "cask": 0.95}
DEFAULT_TARGET = 0.98


class EcosystemRule(NamedTuple):
    """The target and the rhythm of an ecosystem, set by an operator or by default."""

    target: float | None  # the least success rate that is good enough, 0…1; None: it has none
    min_attempts: int = MIN_ATTEMPTS  # fewer are too few to judge
    expected_interval: timedelta | None = None  # None: what is usual for its runs


class RuleOverride(NamedTuple):
    """The rule of an operator for an ecosystem; None: the default."""

    has_target: bool = True
    success_rate_target: float | None = None  # 0…1
    min_attempts: int | None = None
    expected_interval: timedelta | None = None
    plan_failures: int | None = None
    plan_base: timedelta | None = None
    plan_cap: timedelta | None = None

    @property
    def plan(self) -> PlanRule:
        """The parameters of the plan."""
        default = DEFAULT_RULE
        return PlanRule(
            default.failures if self.plan_failures is None else self.plan_failures,
            default.base_seconds if self.plan_base is None else _seconds(self.plan_base),
            default.cap_seconds if self.plan_cap is None else _seconds(self.plan_cap),
        )


def rule_of(ecosystem: str, own: RuleOverride) -> EcosystemRule:
    """The effective rule of an ecosystem: the values of an operator, the rest by default."""
    rule = default_rule(ecosystem)
    if not own.has_target:
        rule = rule._replace(target=None)
    elif own.success_rate_target is not None:
        rule = rule._replace(target=own.success_rate_target)
    if own.min_attempts is not None:
        rule = rule._replace(min_attempts=own.min_attempts)
    return rule._replace(expected_interval=own.expected_interval)


def success_rate_target(ecosystem: str) -> float:
    """The least success rate that is good enough where no operator set one, 0…1."""
    return SUCCESS_RATE_TARGETS.get(ecosystem, DEFAULT_TARGET)


def default_rule(ecosystem: str) -> EcosystemRule:
    """The default rule of an ecosystem."""
    return EcosystemRule(success_rate_target(ecosystem))


def _seconds(length: timedelta) -> int:
    return round(length.total_seconds())
