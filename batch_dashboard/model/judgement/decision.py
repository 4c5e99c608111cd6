"""Whether CI should spend more minutes on an ecosystem. Source: docs/ci.md."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from batch_dashboard.model.batch_runs.vocabulary import RUNNER_OS_NAMES
from batch_dashboard.model.judgement.circuit_breaker import BreakerState
from batch_dashboard.model.judgement.ecosystem_health import EcosystemHealth, EcosystemState, moment
from batch_dashboard.model.spending.budget import BudgetState, BudgetWeek
from batch_dashboard.model.text.wording import CONTROL_CHARACTER, minutes, percent


class Advice(StrEnum):
    """The advice to CI."""

    PROCEED = "proceed"
    SAMPLE_ONLY = "sample"
    SKIP = "skip"


class Decision(NamedTuple):
    """Advice from stored facts, and every reason for it."""

    ecosystem: str
    decision: Advice
    reasons: list[str]
    health: EcosystemHealth | None  # None: no batch run of it is stored
    budgets: Sequence[BudgetWeek]


def decide(
    ecosystem: str, health: EcosystemHealth | None, budgets: Sequence[BudgetWeek]
) -> Decision:
    """Skip what is paused, broken or without any budget left; sample where one runs low."""
    if health is None:
        known = [f"no batch run of {ecosystem} is stored: there is no reason against a run"]
        return Decision(ecosystem, Advice.PROCEED, known, None, budgets)
    skip: list[str] = []
    sample: list[str] = []
    proceed: list[str] = []
    if health.state == EcosystemState.PAUSED:
        skip.append(health.sentence)
    change = health.facts.breaker
    if (
        health.breaker_state == BreakerState.OPEN
        and change is not None
        and change.half_open_at is not None
    ):
        skip.append(
            f"the circuit breaker opened {moment(change.at)}; "
            f"the next run may try at {moment(change.half_open_at)}"
        )
    elif health.breaker_state == BreakerState.HALF_OPEN:
        proceed.append("the circuit breaker is half-open: this run decides whether it closes")
    for budget in budgets:
        if budget.state in (BudgetState.SAMPLE, BudgetState.PAUSE):
            advice = "use no more of them" if budget.state == BudgetState.PAUSE else "sample"
            sample.append(
                f"{percent(budget.share)} of the {RUNNER_OS_NAMES[budget.runner_os]} minutes of "
                f"this week are used ({minutes(budget.used.known)} of "
                f"{minutes(budget.budget_minutes)}): {advice}"
            )
    if budgets and all(budget.state == BudgetState.PAUSE for budget in budgets):
        skip, sample = [*skip, *sample], []
    decision = Advice.SKIP if skip else Advice.SAMPLE_ONLY if sample else Advice.PROCEED
    reasons = [*skip, *sample, *proceed] or ["there is no reason against a run"]
    return Decision(ecosystem, decision, reasons, health, budgets)


def as_document(decision: Decision) -> dict[str, Any]:
    """The decision as JSON: times in ISO 8601, unreported minutes None."""
    health = decision.health
    change = None if health is None else health.facts.breaker
    failing = None if health is None else health.facts.failing
    budget: dict[str, Any] = {}
    for week in decision.budgets:
        budget["week_start"] = str(week.week.since)
        budget[f"{week.runner_os}_minutes_used"] = week.reported_minutes
        budget[f"{week.runner_os}_minutes_budget"] = week.budget_minutes
        budget[f"{week.runner_os}_state"] = week.state
        budget[f"{week.runner_os}_unknown_runs"] = week.used.unknown_runs
    budget["sampling_active"] = any(week.state != "ok" for week in decision.budgets)
    return {
        "ecosystem": decision.ecosystem,
        "decision": decision.decision,
        "reasons": decision.reasons,
        "state": None if health is None else health.state,
        "circuit_breaker": {
            "state": "closed" if health is None else health.breaker_state,
            "failures": 0 if failing is None else failing.runs,
            "last_failure": None if failing is None else _time(failing.last),
            "opens_at": None if change is None else _time(change.half_open_at),
        },
        "budget": budget,
    }


def _time(time: datetime | None) -> str | None:
    return None if time is None else f"{time:%Y-%m-%dT%H:%M:%SZ}"


def as_env(document: Mapping[str, Any]) -> str:
    """The same as `key=value` lines; no value contains a line break."""
    breaker, budget = document["circuit_breaker"], document["budget"]
    values = {
        "decision": document["decision"],
        "reasons": "; ".join(document["reasons"]),
        "circuit_breaker_state": breaker["state"],
        "circuit_breaker_opens_at": breaker["opens_at"] or "",
        "sampling_active": str(budget["sampling_active"]).lower(),
        **{
            name: "" if value is None else value
            for name, value in budget.items()
            if name != "sampling_active"
        },
    }
    return "".join(
        f"{name}={CONTROL_CHARACTER.sub(' ', str(value))}\n" for name, value in values.items()
    )
