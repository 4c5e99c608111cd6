"""Findings: what needs attention, as sentences, worst first."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, time
from typing import NamedTuple

from batch_dashboard.model.alerts.finding_kinds import FindingKind, Severity, Subject, rank
from batch_dashboard.model.batch_runs.vocabulary import JOB_RUNNER_OS_NAMES, RUNNER_OS_NAMES
from batch_dashboard.model.failures.failures import FailureGroupDetail, group_title
from batch_dashboard.model.failures.known_issues import KnownIssue, KnownIssueState
from batch_dashboard.model.judgement.ecosystem_health import EcosystemHealth, EcosystemState, moment
from batch_dashboard.model.recipes.recipes import StuckRecipe
from batch_dashboard.model.spending.budget import BudgetState, BudgetWeek
from batch_dashboard.model.spending.queue_waits import JUDGED_DAYS, QueueWait
from batch_dashboard.model.spending.unreported import UnreportedRuns
from batch_dashboard.model.text.wording import duration, minutes, percent, plural, weekday

ERROR_LENGTH = 160


class Reason(NamedTuple):
    """The failure group that explains a finding."""

    failure_group_id: int
    masked_line: str


class Finding(NamedTuple):
    """One thing that needs attention."""

    key: str  # the same for as long as the subject has findings of this topic
    kind: FindingKind
    severity: Severity
    subject: Subject
    words: str  # the sentence without its reason
    since: datetime
    reason: Reason | None = None

    @property
    def sentence(self) -> str:
        """The finding as a sentence that continues after the name of the subject."""
        if self.reason is None:
            return self.words
        return f"{self.words}: {group_title(self.reason.masked_line)[:ERROR_LENGTH]}"


class Facts(NamedTuple):
    """The facts for the rules."""

    ecosystem_health: Sequence[EcosystemHealth] = ()
    budgets: Sequence[BudgetWeek] = ()
    unreported: UnreportedRuns | None = None  # None: not too many
    queue_waits: Sequence[QueueWait] = ()
    stuck: Sequence[StuckRecipe] = ()
    new_groups: Sequence[FailureGroupDetail] = ()
    ended_issues: Sequence[KnownIssue] = ()  # that passed or expired in the last days


def findings(facts: Facts) -> list[Finding]:
    """All findings, worst first; within one severity in the order of RULES."""
    found = [finding for rule in RULES for finding in rule(facts)]
    return sorted(found, key=lambda finding: rank(finding.severity))


def without_general_silence(
    ecosystem_health: Sequence[EcosystemHealth],
) -> Sequence[EcosystemHealth]:
    """Empty if every ecosystem is silent, because the page states that once for all."""
    is_silent = [health.state == EcosystemState.SILENT for health in ecosystem_health]
    return () if all(is_silent) else ecosystem_health


def _ecosystems(facts: Facts) -> Iterator[Finding]:
    """At most one finding for each ecosystem: the state it is in."""
    for health in facts.ecosystem_health:
        if health.kind is not None and health.severity is not None:
            yield Finding(
                health.kind.key(health.ecosystem),
                health.kind,
                health.severity,
                Subject(health.ecosystem, ecosystem=health.ecosystem),
                health.sentence,
                health.since,
            )


def _stuck_recipes(facts: Facts) -> Iterator[Finding]:
    """Recipes that keep failing."""
    kind = FindingKind.STUCK
    for recipe in facts.stuck:
        group_id = recipe.failure_group_id
        yield Finding(
            kind.key(f"{recipe.ecosystem}/{recipe.recipe_name}"),
            kind,
            kind.severity,
            Subject(
                f"{recipe.recipe_name} ({recipe.ecosystem})",
                ecosystem=recipe.ecosystem,
                recipe_name=recipe.recipe_name,
            ),
            recipe.streak_in_words,
            recipe.failing_since or recipe.last_seen_at,
            None if group_id is None else Reason(group_id, recipe.masked_line or ""),
        )


def _budgets(facts: Facts) -> Iterator[Finding]:
    """Budgets that are nearly used, or will be within the week."""
    kind = FindingKind.BUDGET
    for budget in facts.budgets:
        severity, advice = _advice(budget)
        if severity is None:
            continue
        words = (
            f"{minutes(budget.used.known)} of {minutes(budget.budget_minutes)} minutes used"
            f" this week ({percent(budget.share)})"
        )
        if budget.used.unknown_runs:
            words += f", {plural(budget.used.unknown_runs, 'run')} reported none"
        words += advice
        if budget.share < 1 and budget.runs_out_on is not None:
            words += f"; at this pace used up on {weekday(budget.runs_out_on)}"
        monday = budget.week.since
        assert monday is not None  # noqa: S101 - a week has both its ends
        yield Finding(
            kind.key(f"{budget.runner_os}:{monday}"),
            kind,
            severity,
            Subject(RUNNER_OS_NAMES[budget.runner_os]),
            words,
            datetime.combine(monday, time(), UTC),
        )


def _advice(budget: BudgetWeek) -> tuple[Severity | None, str]:
    """The severity and the advice for the use of a budget; None: nothing needs attention."""
    if budget.state == BudgetState.PAUSE:
        return Severity.CRITICAL, "; use no more before Monday"
    if budget.state == BudgetState.SAMPLE:
        return Severity.WARNING, "; CI is advised to sample"
    return (None if budget.runs_out_on is None else Severity.NOTICE), ""


def _unreported_minutes(facts: Facts) -> Iterator[Finding]:
    """Batch runs that reported no minutes."""
    kind, unreported = FindingKind.NO_MINUTES, facts.unreported
    if unreported is None:
        return
    runs = unreported.runs
    which = "the last batch run did not report any above 0"
    if runs > 1:
        which = f"none of the last {runs:,} batch runs reported any above 0"
    yield Finding(
        kind.key("all"),
        kind,
        kind.severity,
        Subject("Minutes"),
        f"{which}, since {unreported.since}",
        datetime.combine(unreported.since, time(), UTC),
    )


def _queue_waits(facts: Facts) -> Iterator[Finding]:
    """Jobs that wait for a runner longer than an operator allows."""
    kind = FindingKind.QUEUE_WAIT
    for wait in facts.queue_waits:
        since = wait.period.since
        if not wait.is_too_long or since is None:
            continue
        yield Finding(
            kind.key(wait.runner_os),
            kind,
            kind.severity,
            Subject(f"{JOB_RUNNER_OS_NAMES[wait.runner_os]} runners"),
            f"one in ten jobs waited {duration(wait.p90_seconds)} or longer in the last"
            f" {JUDGED_DAYS} days (n = {plural(wait.jobs, 'job')}), above the limit of"
            f" {duration(wait.limit_seconds)}",
            datetime.combine(since, time(), UTC),
        )


def _new_failures(facts: Facts) -> Iterator[Finding]:
    """Failure groups that were not seen before."""
    kind = FindingKind.NEW_FAILURE
    for group in facts.new_groups:
        yield Finding(
            kind.key(group.id),
            kind,
            kind.severity,
            Subject(group.error_category or "no category", failure_group_id=group.id),
            f"has failed {plural(group.failed, 'time')} since {moment(group.first_seen_at)}, with",
            group.first_seen_at,
            Reason(group.id, group.masked_line),
        )


def _known_issues(facts: Facts) -> Iterator[Finding]:
    """Known issues that ended by themselves, so that their failures count again."""
    kind = FindingKind.KNOWN_ISSUE
    for issue in facts.ended_issues:
        subject = issue.subject
        words = f"its known issue expired on {issue.expires_on}; its failures count again"
        if issue.state is KnownIssueState.PASSED:
            words = "it passes now, twice in a row. Close the known issue: it has ended here"
        name = issue.masked_line or subject.in_words
        yield Finding(
            kind.key(issue.id),
            kind,
            kind.severity,
            Subject(
                name[:ERROR_LENGTH],
                ecosystem=subject.ecosystem,
                recipe_name=subject.recipe_name,
                failure_group_id=subject.failure_group_id,
            ),
            words,
            issue.ended_at or issue.created_at,
        )


RULES: tuple[Callable[[Facts], Iterator[Finding]], ...] = (
    _ecosystems,
    _stuck_recipes,
    _budgets,
    _queue_waits,
    _unreported_minutes,
    _new_failures,
    _known_issues,
)
