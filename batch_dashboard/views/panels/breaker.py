"""The circuit breaker of an ecosystem."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from batch_dashboard.model.judgement.circuit_breaker import Change
from batch_dashboard.model.judgement.pipelines import Pipeline
from batch_dashboard.store.judgement import circuit_breakers
from batch_dashboard.views.choice import Choice
from batch_dashboard.views.context import connection

MAX_CHANGES = 7


@dataclass(frozen=True)
class BreakerPanel:
    """The state now, and the last changes within the days shown or before, newest first."""

    pipeline: Pipeline
    changes: Sequence[Change]
    has_more: bool


def breaker_panel(choice: Choice, pipeline: Pipeline) -> BreakerPanel:
    """The circuit breaker and its changes up to the end of the period shown."""
    until = choice.shown.period.until
    end = choice.now if until is None else datetime.combine(until, time(), UTC)
    changes = circuit_breakers.fetch_history(connection(), pipeline.ecosystem, end, MAX_CHANGES + 1)
    return BreakerPanel(pipeline, changes[:MAX_CHANGES], len(changes) > MAX_CHANGES)
