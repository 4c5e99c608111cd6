"""The state of an ecosystem and the sentence that explains it. Source: docs/slo.md."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from batch_dashboard.model.alerts.finding_kinds import FindingKind, Severity
from batch_dashboard.model.batch_runs.records import EcosystemSpan
from batch_dashboard.model.judgement import slo
from batch_dashboard.model.judgement.circuit_breaker import BreakerState, Change, state_at
from batch_dashboard.model.judgement.slo import Burn, DayAttempts, ErrorBudget, Verdict, WindowRuns
from batch_dashboard.model.judgement.targets import EcosystemRule
from batch_dashboard.model.text.wording import duration, interval, percent, plural


class EcosystemState(StrEnum):
    """The states that take precedence over the state of the SLO."""

    PAUSED = "paused"
    SILENT = "silent"
    IDLE = "idle"
    FAILING = "failing"


STATES = (
    EcosystemState.PAUSED,
    EcosystemState.SILENT,
    EcosystemState.IDLE,
    EcosystemState.FAILING,
    slo.SloState.BREACHED,
    slo.SloState.AT_RISK,
    slo.SloState.MET,
    slo.SloState.TOO_FEW,
    slo.SloState.NO_TARGET,
)

# The number of runs from which the usual interval and idleness are determined.
RECENT_RUNS = 30
SILENT_INTERVALS = 3
# Runs closer together than this count as one, because a batch is often posted in parts.
ONE_GO = timedelta(hours=1)
MIN_GAPS = 3
# Where it is not known how often runs usually come.
DEFAULT_SILENCE = timedelta(days=7)
IDLE_FROM = 5
FAILING_FROM = 5
# Runs without a pass are counted up to this number.
MAX_COUNTED = 1_000
LOOKED_BACK_DAYS = slo.BUDGET_DAYS + slo.JUDGED_DAYS


class RecentRun(NamedTuple):
    """One of the last runs of an ecosystem."""

    started_at: datetime
    is_empty: bool  # it processed no recipe


class Pause(NamedTuple):
    """An operator's word that an ecosystem is not to run."""

    reason: str
    link: str | None
    paused_at: datetime
    expected_resume_at: datetime | None  # None: not known


class FailingRuns(NamedTuple):
    """The runs with attempts since the last one with a pass."""

    runs: int  # counted up to MAX_COUNTED
    since: datetime | None  # the first of them; None: there is none
    last: datetime | None  # the last of them


class PipelineFacts(NamedTuple):
    """The facts by which one ecosystem is judged; their size does not grow with its age."""

    span: EcosystemSpan
    recent: Sequence[RecentRun]  # newest first, at most RECENT_RUNS
    failing: FailingRuns
    days: DayAttempts  # of the last LOOKED_BACK_DAYS
    windows: Sequence[WindowRuns]  # in the order of slo.WINDOWS
    breaker: Change | None  # its last change
    rule: EcosystemRule
    pause: Pause | None


class EcosystemHealth(NamedTuple):
    """One ecosystem judged: its state, why, and since when."""

    ecosystem: str
    state: str
    kind: FindingKind | None  # of its finding; None: it needs no attention
    severity: Severity | None  # of its finding; None if `kind` is None
    since: datetime
    sentence: str  # continues after the name of the ecosystem
    verdict: Verdict
    error_budget: ErrorBudget | None
    burns: list[Burn]
    breaker_state: BreakerState
    facts: PipelineFacts

    @property
    def burning(self) -> Burn | None:
        """The window in which the error budget is burnt too fast."""
        return slo.burning(self.burns)


def usual_interval(starts: Sequence[datetime]) -> timedelta | None:
    """The median time from one run to the next; None if there are too few runs.

    Runs less than an hour after the one before are left out: they belong to it.
    """
    ordered = sorted(starts)
    gaps = [later - earlier for earlier, later in pairwise(ordered) if later - earlier >= ONE_GO]
    if len(gaps) < MIN_GAPS:
        return None
    return timedelta(seconds=median(gap.total_seconds() for gap in gaps))


def silence_allowed(facts: PipelineFacts) -> timedelta:
    """The time after its last run at which an ecosystem becomes silent."""
    expected = facts.rule.expected_interval
    if expected is not None:
        return expected
    usual = usual_interval([run.started_at for run in facts.recent])
    return DEFAULT_SILENCE if usual is None else SILENT_INTERVALS * usual


def judge_ecosystem(facts: PipelineFacts, now: datetime) -> EcosystemHealth:
    """The first of STATES that holds."""
    rule, today = facts.rule, now.date()
    verdict = slo.judge_day(facts.days, today, rule.target, rule.min_attempts)
    health = EcosystemHealth(
        ecosystem=facts.span.ecosystem,
        state=verdict.state,
        kind=None,
        severity=None,
        since=facts.span.last_started_at,
        sentence="",
        verdict=verdict,
        error_budget=slo.error_budget(facts.days, today, rule.target),
        burns=slo.burns(facts.windows, rule.target, rule.min_attempts),
        breaker_state=state_at(facts.breaker, now),
        facts=facts,
    )
    for look in (_paused, _silent, _idle, _failing):
        found = look(health, now)
        if found is not None:
            return found
    return _held_to_its_target(health, now)


def _paused(health: EcosystemHealth, _now: datetime) -> EcosystemHealth | None:
    pause = health.facts.pause
    if pause is None:
        return None
    sentence = f"paused since {moment(pause.paused_at)}: {pause.reason}"
    if pause.expected_resume_at is not None:
        sentence += f" (expected back {moment(pause.expected_resume_at)})"
    return health._replace(state=EcosystemState.PAUSED, since=pause.paused_at, sentence=sentence)


def _silent(health: EcosystemHealth, now: datetime) -> EcosystemHealth | None:
    facts = health.facts
    last = facts.span.last_started_at
    if now - last <= silence_allowed(facts):
        return None
    usual = usual_interval([run.started_at for run in facts.recent])
    if facts.rule.expected_interval is not None:
        why = f"the expected interval is {_length(facts.rule.expected_interval)}"
    elif usual is not None:
        why = f"the usual interval is {_length(usual)}"
    else:
        why = f"longer than {_length(DEFAULT_SILENCE)}"
    return health._replace(
        state=EcosystemState.SILENT,
        kind=FindingKind.SILENT,
        severity=FindingKind.SILENT.severity,
        since=last,
        sentence=f"no batch run since {moment(last)}; {why}",
    )


def _idle(health: EcosystemHealth, _now: datetime) -> EcosystemHealth | None:
    recent = health.facts.recent
    empty = 0
    while empty < len(recent) and recent[empty].is_empty:
        empty += 1
    if empty < IDLE_FROM:
        return None
    since = recent[empty - 1].started_at
    many = f"{empty} or more" if empty == RECENT_RUNS else str(empty)
    return health._replace(
        state=EcosystemState.IDLE,
        kind=FindingKind.IDLE,
        severity=FindingKind.IDLE.severity,
        since=since,
        sentence=f"the last {many} runs processed no recipe, since {moment(since)}",
    )


def _failing(health: EcosystemHealth, _now: datetime) -> EcosystemHealth | None:
    failing = health.facts.failing
    if failing.runs < FAILING_FROM or failing.since is None:
        return None
    many = (
        f"{failing.runs:,} runs or more"
        if failing.runs >= MAX_COUNTED
        else (plural(failing.runs, "run"))
    )
    last = health.facts.span.last_passed_at
    ever = "no recipe has ever passed" if last is None else f"the last pass was on {moment(last)}"
    return health._replace(
        state=EcosystemState.FAILING,
        kind=FindingKind.FAILING,
        severity=FindingKind.FAILING.severity,
        since=failing.since,
        sentence=f"no recipe has passed in {many}, since {moment(failing.since)}; {ever}",
    )


def _held_to_its_target(health: EcosystemHealth, now: datetime) -> EcosystemHealth:
    verdict, rule, today = health.verdict, health.facts.rule, now.date()
    since = slo.verdict_since(health.facts.days, today, rule.target, rule.min_attempts)
    health = health._replace(since=datetime.combine(since, time(), UTC))
    n = verdict.attempts.total
    if verdict.state == slo.SloState.NO_TARGET:
        sentence = "no target is set"
    elif verdict.state == slo.SloState.TOO_FEW:
        sentence = f"{plural(n, 'attempt')} in 7 days, too few to judge the target"
    else:
        ends = verdict.interval
        between = "" if ends is None else f" (95 % interval {interval(*ends)}, n={n:,})"
        sentence = {
            slo.SloState.MET: "{rate} passed in 7 days, the target is {target}{between}",
            slo.SloState.AT_RISK: "{rate} passed in 7 days, below the target of {target}, "
            "a difference that can be chance{between}",
            slo.SloState.BREACHED: "{rate} passed in 7 days, below the target of {target}{between}",
        }[verdict.state].format(
            rate=percent(verdict.rate), target=percent(verdict.target), between=between
        )
    kind = {
        slo.SloState.BREACHED: FindingKind.BREACHED,
        slo.SloState.AT_RISK: FindingKind.AT_RISK,
    }.get(verdict.state)
    burning = health.burning
    if burning is not None and burning.rate is not None and verdict.state != slo.SloState.BREACHED:
        kind = FindingKind.BURNING
        sentence += (
            f"; in the last {burning.window.name} {burning.attempts.failed:,} of "
            f"{burning.attempts.total:,} attempts failed, "
            f"{burning.rate:.1f} times as many as the target allows"
        )
    severity = kind.severity if kind else None
    if verdict.is_critical:
        severity = Severity.CRITICAL
    return health._replace(kind=kind, severity=severity, sentence=sentence)


def moment(time: datetime) -> str:
    """`2026-05-07 14:08` of a UTC time."""
    return f"{time:%Y-%m-%d %H:%M}"


def _length(length: timedelta) -> str:
    seconds = length.total_seconds()
    if seconds >= 86_400:
        days = seconds / 86_400
        return "1 day" if days == 1 else f"{days:.3g} days"
    return duration(seconds)
