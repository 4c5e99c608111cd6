"""What a maintainer should look at first: findings in plain words, worst first."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from batch_dashboard.model.failures import FailureGroupDetail
from batch_dashboard.model.recipes import StuckRecipe
from batch_dashboard.model.records import EcosystemSpan

STUCK = "stuck"
SILENT = "silent"
NEW_FAILURE = "new failure"

WARNING = "warning"
NOTICE = "notice"

# Without a batch run for longer than this an ecosystem is named.
SILENT_AFTER = timedelta(days=7)


class Finding(NamedTuple):
    """One thing to look at; which of the last three it is about follows from its kind."""

    kind: str
    state: str  # warning or notice
    since: datetime
    recipe: StuckRecipe | None = None
    ecosystem: EcosystemSpan | None = None
    group: FailureGroupDetail | None = None


def findings(
    stuck: Iterable[StuckRecipe],
    spans: Iterable[EcosystemSpan],
    new_groups: Iterable[FailureGroupDetail],
    now: datetime,
) -> list[Finding]:
    """Stuck recipes in the order they come, then silent ecosystems, then new failure groups.

    Where every ecosystem is silent, the page says so as a whole: none is named.
    """
    found = [
        Finding(STUCK, WARNING, recipe.failing_since or recipe.last_seen_at, recipe=recipe)
        for recipe in stuck
    ]
    spans = list(spans)
    silent = [span for span in spans if now - span.last_started_at > SILENT_AFTER]
    if len(silent) < len(spans):
        found += [
            Finding(SILENT, WARNING, span.last_started_at, ecosystem=span)
            for span in sorted(silent, key=lambda span: span.last_started_at)
        ]
    found += [
        Finding(NEW_FAILURE, NOTICE, group.first_seen_at, group=group) for group in new_groups
    ]
    return found
