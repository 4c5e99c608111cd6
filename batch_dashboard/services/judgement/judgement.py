"""Judgement of the stored data, the same for pages, CI and alerts. Reads only."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from batch_dashboard.model.alerts.attention import Facts, Finding, findings
from batch_dashboard.model.alerts.finding_kinds import FindingKind
from batch_dashboard.model.batch_runs.records import EcosystemSpan
from batch_dashboard.model.batch_runs.vocabulary import RUNNER_OS
from batch_dashboard.model.failures.failures import new_since
from batch_dashboard.model.failures.known_issues import KnownIssue
from batch_dashboard.model.judgement.decision import Decision, decide
from batch_dashboard.model.judgement.ecosystem_health import EcosystemHealth, judge_ecosystem
from batch_dashboard.model.lists.filters import EVERYTHING, RunFilter
from batch_dashboard.model.lists.periods import Period, last_days
from batch_dashboard.model.spending.budget import BudgetWeek, budget_week
from batch_dashboard.model.spending.queue_waits import JUDGED_DAYS, QueueWait
from batch_dashboard.services.failures import regrouping
from batch_dashboard.store.batch_runs import batch_runs, ecosystem_days
from batch_dashboard.store.engine import Connection
from batch_dashboard.store.failures import failure_group_list, known_issues
from batch_dashboard.store.judgement import ecosystem_health
from batch_dashboard.store.recipes import recipe_list
from batch_dashboard.store.spending import ci_jobs, spending_rules

# The maximum numbers of stuck recipes and new failure groups that become incidents.
MAX_STUCK = 1_000
MAX_NEW_GROUPS = 100
# For so long it is named that a known issue ended.
NAMED_AFTER_END = timedelta(days=7)


def judge_ecosystems(
    connection: Connection, spans: Sequence[EcosystemSpan], now: datetime
) -> list[EcosystemHealth]:
    """The state of each of some ecosystems, in their order."""
    if not spans:
        return []
    return [
        judge_ecosystem(facts, now)
        for facts in ecosystem_health.fetch_facts(connection, spans, now)
    ]


def judge_budgets(connection: Connection, now: datetime) -> list[BudgetWeek]:
    """The use of each budget in this UTC week, by runner operating system."""
    days, ever = ecosystem_days.fetch_recent_use(connection, now.date())
    budgets = spending_rules.fetch_budgets(connection)
    return [budget_week(runner_os, days, now, budgets, ever[runner_os]) for runner_os in RUNNER_OS]


def judge_minutes(connection: Connection, now: datetime) -> Facts:
    """The facts for findings about minutes and jobs, without budgets."""
    unreported = ecosystem_days.find_unreported(connection)
    if unreported is not None and not unreported.are_too_many(now.date()):
        unreported = None
    return Facts(unreported=unreported, queue_waits=judge_queue_waits(connection, now))


def judge_queue_waits(connection: Connection, now: datetime) -> list[QueueWait]:
    """The waits of the last days on each operating system with a limit, if any are known."""
    limits = spending_rules.fetch_wait_limits(connection)
    if not limits:
        return []
    period = last_days(JUDGED_DAYS, now.date())
    return [
        QueueWait(found.runner_os, period, found.jobs, found.p90_seconds, limits[found.runner_os])
        for found in ci_jobs.fetch_waits(connection, RunFilter(period), None)
        if found.runner_os in limits
    ]


def decide_for(connection: Connection, ecosystem: str, now: datetime) -> Decision:
    """Whether CI should spend minutes on an ecosystem."""
    span = batch_runs.find_span(connection, ecosystem)
    judged = judge_ecosystems(connection, [span] if span else [], now)
    return decide(ecosystem, judged[0] if judged else None, judge_budgets(connection, now))


def fetch_facts(
    connection: Connection,
    shown: RunFilter,
    spans: Sequence[EcosystemSpan],
    now: datetime,
    max_stuck: int,
    max_new_groups: int,
) -> Facts:
    """What the rules for findings look at, without minutes and budgets.

    Stuck recipes are those seen in the shown period; all other facts are current.
    """
    new = Period(new_since(now.date()), None)
    return Facts(
        ecosystem_health=judge_ecosystems(connection, spans, now),
        stuck=recipe_list.fetch_stuck(connection, shown, max_stuck, now.date()),
        new_groups=failure_group_list.fetch_new(
            connection, new, shown.ecosystem, max_new_groups, now.date()
        ),
        ended_issues=_ended_issues(connection, shown.ecosystem, now),
    )


def fetch_all_facts(connection: Connection, run_filter: RunFilter, now: datetime) -> Facts:
    """What the rules for findings look at; of one ecosystem, without minutes and budgets."""
    ecosystem = run_filter.ecosystem
    spans = batch_runs.fetch_ecosystems(connection)
    chosen = [span for span in spans if ecosystem in (None, span.ecosystem)]
    facts = fetch_facts(connection, run_filter, chosen, now, MAX_STUCK, MAX_NEW_GROUPS)
    if ecosystem is not None:
        return facts
    of_minutes = judge_minutes(connection, now)
    return facts._replace(
        budgets=judge_budgets(connection, now),
        unreported=of_minutes.unreported,
        queue_waits=of_minutes.queue_waits,
    )


def _ended_issues(connection: Connection, ecosystem: str | None, now: datetime) -> list[KnownIssue]:
    found = known_issues.fetch_ended(connection, now - NAMED_AFTER_END, now.date())
    return [issue for issue in found if ecosystem in (None, issue.subject.ecosystem)]


def find_all(connection: Connection, now: datetime) -> tuple[list[Finding], set[FindingKind]]:
    """The findings, and the kinds of which some were left out because there are too many."""
    facts = fetch_all_facts(connection, EVERYTHING, now)
    cut = set()
    if len(facts.stuck) >= MAX_STUCK:
        cut.add(FindingKind.STUCK)
    if len(facts.new_groups) >= MAX_NEW_GROUPS:
        cut.add(FindingKind.NEW_FAILURE)
    # While failures are regrouped, an old group that gets its results back seems to be new.
    if regrouping.is_due(connection):
        facts = facts._replace(new_groups=())
        cut.add(FindingKind.NEW_FAILURE)
    return findings(facts), cut
