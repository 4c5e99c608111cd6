"""Panels about states, as patterns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from batch_dashboard.figures.sparkline import Sparkline, failure_rate_sparkline
from batch_dashboard.model.alerts.attention import Facts, findings
from batch_dashboard.model.batch_runs.records import EcosystemSpan, RunSums
from batch_dashboard.model.judgement.circuit_breaker import BreakerState, Change
from batch_dashboard.model.judgement.ecosystem_health import (
    EcosystemHealth,
    FailingRuns,
    Pause,
    PipelineFacts,
    RecentRun,
    judge_ecosystem,
)
from batch_dashboard.model.judgement.slo import NONE, WINDOWS, Attempts, WindowRuns, budget_days
from batch_dashboard.model.judgement.targets import EcosystemRule
from batch_dashboard.model.lists.series import RatePoint
from batch_dashboard.model.recipes.recipes import StuckRecipe
from batch_dashboard.views.panels.judgement.attention import AttentionPanel
from batch_dashboard.views.panels.judgement.breaker import BreakerPanel
from batch_dashboard.views.panels.judgement.ecosystem_table import EcosystemRow, EcosystemTable
from batch_dashboard.views.panels.judgement.error_budget import ErrorBudgetChart, chart_of_days
from batch_dashboard.views.panels.judgement.rates_chart import RatesChart, rates_chart
from batch_dashboard.views.patterns.spending import budget
from batch_dashboard.views.patterns.values import (
    LINE,
    SLOTS,
    choice_at,
    group_detail,
    weekly_sums,
)


@dataclass(frozen=True)
class JudgementPatterns:
    """Each panel in its states."""

    attention: Sequence[AttentionPanel]
    ecosystems: EcosystemTable
    ecosystem_health: Sequence[EcosystemHealth]
    rates: Sequence[RatesChart]
    budgets: Sequence[ErrorBudgetChart]
    breakers: Sequence[BreakerPanel]
    sparklines: Sequence[Sparkline]


def judgement_patterns(now: datetime) -> JudgementPatterns:
    """The panels at a moment."""
    choice = choice_at(now)
    ecosystem_health = _ecosystem_health(now)
    sparklines = [
        failure_rate_sparkline([RatePoint(9 - n, n) for n in range(9)]),
        failure_rate_sparkline([RatePoint(1, 1), None, RatePoint(0, 1), None]),
        failure_rate_sparkline([None]),
    ]
    breached, too_few = ecosystem_health[1], ecosystem_health[6]
    attempts = {now.date() - timedelta(days=ago): Attempts(9, ago % 3) for ago in range(9)}
    return JudgementPatterns(
        [_attention(now, ecosystem_health), AttentionPanel([], 0, {})],
        _ecosystems(now, choice.ecosystems, ecosystem_health, sparklines),
        ecosystem_health,
        [
            rates_chart(choice, weekly_sums(now.date()), ecosystem_health),
            rates_chart(choice, [], []),
        ],
        [
            chart_of_days(choice, breached, budget_days(attempts, now.date(), 0.85)),
            chart_of_days(choice, too_few, budget_days({}, now.date(), 0.85)),
        ],
        _breakers(now, ecosystem_health),
        sparklines,
    )


def _attention(now: datetime, ecosystem_health: list[EcosystemHealth]) -> AttentionPanel:
    stuck = StuckRecipe("homebrew", "sharkdp/bat", 41, now, now, 1, "install_failed", LINE)
    facts = Facts(
        ecosystem_health=ecosystem_health,
        budgets=[budget(now, 820), budget(now, 1_000)],
        stuck=[stuck],
        new_groups=[group_detail(now)],
    )
    return AttentionPanel(findings(facts), 12, {})


def _ecosystems(
    now: datetime,
    spans: Sequence[EcosystemSpan],
    ecosystem_health: list[EcosystemHealth],
    sparklines: list[Sparkline],
) -> EcosystemTable:
    """An ecosystem with runs, a silent one, and one whose runs retention deleted."""
    of = [RunSums.total(now.date(), name, []) for name in ("homebrew", "silent", "deleted")]
    rows = [
        EcosystemRow(of[0], spans[0], ecosystem_health[0], 38, sparklines[0]),
        EcosystemRow(of[1], spans[2], ecosystem_health[2], 0, sparklines[2]),
        EcosystemRow(of[2], None, None, None, sparklines[1]),
    ]
    return EcosystemTable(rows, 4, "day", SLOTS, {}, {}, "a period")


def _breakers(now: datetime, ecosystem_health: list[EcosystemHealth]) -> list[BreakerPanel]:
    """One with a change of each kind and more before, and one that never opened."""
    changes = [
        Change(now, 3, BreakerState.CLOSED, now, "probe"),
        Change(now, 2, BreakerState.OPEN, now, "no pass"),
        Change(now, 1, BreakerState.OPEN, now, "rate"),
    ]
    return [
        BreakerPanel(ecosystem_health[0], changes, has_more=True),
        BreakerPanel(ecosystem_health[5], [], has_more=False),
    ]


def _ecosystem_health(now: datetime) -> list[EcosystemHealth]:
    """An ecosystem in each state there is."""

    def of(name: str, hours: int, attempts: Attempts, **changes: Any) -> EcosystemHealth:
        span = EcosystemSpan(name, now, now - timedelta(hours=hours), now)
        recent = [RecentRun(now - timedelta(hours=n), False) for n in range(hours, hours + 9)]
        nothing = [WindowRuns(0, NONE)] * len(WINDOWS)
        facts = PipelineFacts(
            span,
            recent,
            FailingRuns(0, None, None),
            {now.date(): attempts},
            nothing,
            None,
            EcosystemRule(0.85),
            None,
        )
        return judge_ecosystem(facts._replace(**changes), now)

    idle = [RecentRun(now, True)] * 5
    return [
        of("failing", 1, NONE, failing=FailingRuns(38, now, now)),
        of("breached", 1, Attempts(10, 10)),
        of("silent", 200, NONE),
        of("idle", 1, NONE, recent=idle),
        of("at risk", 1, Attempts(16, 4)),
        of("met", 1, Attempts(20, 1)),
        of("too few", 1, Attempts(2, 0)),
        of("no target", 1, NONE, rule=EcosystemRule(None)),
        of("paused", 1, NONE, pause=Pause("moving to new runners", None, now, None)),
    ]
