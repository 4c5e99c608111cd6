"""The circuit breaker of an ecosystem."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from batch_dashboard.model.judgement.circuit_breaker import Change
from batch_dashboard.model.judgement.ecosystem_health import EcosystemHealth
from batch_dashboard.store.judgement import circuit_breakers
from batch_dashboard.views.choice import Choice
from batch_dashboard.views.context import connection

MAX_CHANGES = 7


@dataclass(frozen=True)
class BreakerPanel:
    """The state now, and the last changes within the days shown or before, newest first."""

    health: EcosystemHealth
    changes: Sequence[Change]
    has_more: bool


def breaker_panel(choice: Choice, health: EcosystemHealth) -> BreakerPanel:
    """The circuit breaker and its changes up to the end of the period shown."""
    until = choice.shown.period.until
    end = choice.now if until is None else datetime.combine(until, time(), UTC)
    changes = circuit_breakers.fetch_history(connection(), health.ecosystem, end, MAX_CHANGES + 1)
    return BreakerPanel(health, changes[:MAX_CHANGES], len(changes) > MAX_CHANGES)
