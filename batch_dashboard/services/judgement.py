"""Judging what is stored, one way for pages, for CI and for alerts. Reads only."""

from collections.abc import Sequence
from datetime import datetime

from batch_dashboard.model.attention import NEW_FAILURE_KEY, STUCK_KEY, Finding, findings
from batch_dashboard.model.budget import BudgetWeek, budget_week
from batch_dashboard.model.decision import Decision, decide
from batch_dashboard.model.failures import new_since
from batch_dashboard.model.filters import RunFilter
from batch_dashboard.model.periods import Period
from batch_dashboard.model.pipelines import Pipeline, judge_pipeline
from batch_dashboard.model.records import EcosystemSpan
from batch_dashboard.model.vocabulary import RUNNER_OS
from batch_dashboard.services import regrouping
from batch_dashboard.store import (
    batch_runs,
    ecosystem_days,
    failure_group_list,
    pipelines,
    recipe_list,
    spending_rules,
)
from batch_dashboard.store.engine import Connection

# More than that many stuck recipes or new failure groups are not told one by one.
MOST_STUCK = 1_000
MOST_NEW_GROUPS = 100


def judge_pipelines(
    connection: Connection, spans: Sequence[EcosystemSpan], now: datetime
) -> list[Pipeline]:
    """The state of each of some ecosystems, in their order."""
    if not spans:
        return []
    return [judge_pipeline(facts, now) for facts in pipelines.fetch_facts(connection, spans, now)]


def judge_budgets(connection: Connection, now: datetime) -> list[BudgetWeek]:
    """How each runner operating system stands against its budget in this UTC week."""
    days, ever = ecosystem_days.fetch_recent_use(connection, now.date())
    budgets = spending_rules.fetch_budgets(connection)
    return [budget_week(runner_os, days, now, budgets, ever[runner_os]) for runner_os in RUNNER_OS]


def decide_for(connection: Connection, ecosystem: str, now: datetime) -> Decision:
    """Whether CI should spend minutes on an ecosystem."""
    span = batch_runs.find_span(connection, ecosystem)
    judged = judge_pipelines(connection, [span] if span else [], now)
    return decide(ecosystem, judged[0] if judged else None, judge_budgets(connection, now))


def find_all(connection: Connection, now: datetime) -> tuple[list[Finding], tuple[str, ...]]:
    """Every finding, and what the keys of those begin with of which there are more."""
    everything = RunFilter(Period(None, None))
    stuck = recipe_list.fetch_stuck(connection, everything, MOST_STUCK)
    new = Period(new_since(now.date()), None)
    # While failures are grouped again, an old group that gets its results seems to be new.
    is_regrouping = regrouping.is_due(connection)
    groups = (
        []
        if is_regrouping
        else failure_group_list.fetch_new(connection, new, None, MOST_NEW_GROUPS)
    )
    found = findings(
        judge_pipelines(connection, batch_runs.fetch_ecosystems(connection), now),
        judge_budgets(connection, now),
        stuck,
        groups,
    )
    cut = []
    if len(stuck) >= MOST_STUCK:
        cut.append(STUCK_KEY)
    if is_regrouping or len(groups) >= MOST_NEW_GROUPS:
        cut.append(NEW_FAILURE_KEY)
    return found, tuple(cut)
