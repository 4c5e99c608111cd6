"""What a maintainer should look at first: findings in plain words, worst first."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from typing import NamedTuple

from batch_dashboard.model.budget import PAUSE, SAMPLE, BudgetWeek
from batch_dashboard.model.failures import FailureGroupDetail, group_title, names_a_cause
from batch_dashboard.model.pipelines import (
    CRITICAL,
    NOTICE,
    SEVERITIES,
    SILENT,
    WARNING,
    Pipeline,
    moment,
)
from batch_dashboard.model.recipes import StuckRecipe
from batch_dashboard.model.vocabulary import RUNNER_OS_NAMES
from batch_dashboard.model.wording import minutes, percent, plural, weekday

STUCK = "stuck"
BUDGET = "budget"
BURNING = "burning"
NEW_FAILURE = "new failure"

# What the keys of findings begin with.
ECOSYSTEM_KEY = "ecosystem:"
STUCK_KEY = "stuck:"
BUDGET_KEY = "budget:"
NEW_FAILURE_KEY = "new-failure:"

ERROR_LENGTH = 160


class Finding(NamedTuple):
    """One thing to look at; which of the last four it is about follows from its kind."""

    key: str  # the same for the same trouble of the same subject, however it changes
    kind: str  # in a word or two
    severity: str
    subject: str
    sentence: str  # goes on from the subject
    since: datetime
    pipeline: Pipeline | None = None
    recipe: StuckRecipe | None = None
    budget: BudgetWeek | None = None
    group: FailureGroupDetail | None = None


def findings(
    pipelines: Sequence[Pipeline],
    budgets: Iterable[BudgetWeek],
    stuck: Iterable[StuckRecipe],
    new_groups: Iterable[FailureGroupDetail],
) -> list[Finding]:
    """All that needs attention, worst first; within one severity in this order of arguments.

    One finding for each ecosystem at most: the state it is in.
    """
    found = [
        *(of_pipeline(pipeline) for pipeline in pipelines),
        *map(of_stuck, stuck),
        *(of_budget(budget) for budget in budgets),
        *map(of_group, new_groups),
    ]
    return sorted(
        (finding for finding in found if finding is not None),
        key=lambda finding: SEVERITIES.index(finding.severity),
    )


def without_general_silence(pipelines: Sequence[Pipeline]) -> list[Pipeline]:
    """Where every ecosystem is silent, a page says so as a whole: none is named."""
    speaking = [pipeline for pipeline in pipelines if pipeline.state != SILENT]
    return list(pipelines) if speaking else []


def of_pipeline(pipeline: Pipeline) -> Finding | None:
    """What is wrong with an ecosystem, None when nothing is."""
    if pipeline.severity is None:
        return None
    burns = pipeline.burning is not None and pipeline.severity == WARNING
    is_held = pipeline.state not in ("breached", SILENT)
    return Finding(
        f"{ECOSYSTEM_KEY}{pipeline.ecosystem}",
        BURNING if burns and is_held else pipeline.state,
        pipeline.severity,
        pipeline.ecosystem,
        pipeline.sentence,
        pipeline.since,
        pipeline=pipeline,
    )


def of_stuck(recipe: StuckRecipe) -> Finding:
    """A recipe that keeps failing."""
    since = recipe.failing_since or recipe.last_seen_at
    sentence = recipe.streak_in_words
    if recipe.failure_group_id is not None:
        sentence += f": {group_title(recipe.masked_line or '')[:ERROR_LENGTH]}"
    return Finding(
        f"{STUCK_KEY}{recipe.ecosystem}/{recipe.recipe_name}",
        STUCK,
        WARNING,
        f"{recipe.recipe_name} ({recipe.ecosystem})",
        sentence,
        since,
        recipe=recipe,
    )


def of_budget(budget: BudgetWeek) -> Finding | None:
    """A budget that is nearly used, or will be within the week."""
    used = (
        f"{minutes(budget.used.known)} of {minutes(budget.budget_minutes)} minutes used this week"
        f" ({percent(budget.share)})"
    )
    if budget.used.unknown_runs:
        used += f", {plural(budget.used.unknown_runs, 'run')} reported none"
    if budget.state == PAUSE:
        severity, sentence = CRITICAL, f"{used}; spend no more before Monday"
    elif budget.state == SAMPLE:
        severity, sentence = WARNING, f"{used}; CI is told to sample"
    elif budget.runs_out_on is not None:
        severity, sentence = NOTICE, used
    else:
        return None
    if budget.share < 1 and budget.runs_out_on is not None:
        sentence += f"; at this pace gone on {weekday(budget.runs_out_on)}"
    monday = budget.week.since
    assert monday is not None  # noqa: S101 - a week has both its ends
    return Finding(
        f"{BUDGET_KEY}{budget.runner_os}:{monday}",
        BUDGET,
        severity,
        RUNNER_OS_NAMES[budget.runner_os],
        sentence,
        datetime.combine(monday, time(), UTC),
        budget=budget,
    )


def of_group(group: FailureGroupDetail) -> Finding:
    """A failure that was not seen before."""
    title = group_title(group.masked_line)[:ERROR_LENGTH]
    line = f"“{title}”" if names_a_cause(group.masked_line) else f"{title},"
    return Finding(
        f"{NEW_FAILURE_KEY}{group.id}",
        NEW_FAILURE,
        NOTICE,
        group.error_category or "no category",
        f"{line} first seen {moment(group.first_seen_at)}, {plural(group.failed, 'time')} so far",
        group.first_seen_at,
        group=group,
    )
