"""The CSV files of what is computed and not stored: states, error budgets, the week's burn-up."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from batch_dashboard.exports.lines import Value
from batch_dashboard.model.batch_runs.records import EcosystemSpan
from batch_dashboard.model.batch_runs.vocabulary import LINUX, MACOS, RUNNER_OS
from batch_dashboard.model.judgement.ecosystem_health import EcosystemHealth
from batch_dashboard.model.judgement.rates import success_rate, wilson_interval
from batch_dashboard.model.judgement.slo import BUDGET_DAYS, WINDOWS, budget_days
from batch_dashboard.model.judgement.targets import default_rule
from batch_dashboard.model.lists.filters import RunFilter
from batch_dashboard.model.lists.periods import Step, last_days
from batch_dashboard.model.spending.budget import budget_week, burn_up
from batch_dashboard.model.spending.prices import price_changes
from batch_dashboard.model.spending.spending import Spending, spending
from batch_dashboard.services.judgement.judgement import judge_ecosystems
from batch_dashboard.store.batch_runs import batch_runs, ecosystem_days
from batch_dashboard.store.engine import Connection
from batch_dashboard.store.judgement import ecosystem_health, ecosystem_rules
from batch_dashboard.store.spending import spending_rules

DAYS_OF_WEEK = 7
JUDGED_FIELDS = 6 + len(WINDOWS)

Rows = Iterator[tuple[Value, ...]]


def ecosystem_rows(connection: Connection, run_filter: RunFilter, now: datetime) -> Rows:
    """The rows of `ecosystems.csv`."""
    spans = _chosen(connection, run_filter)
    prices = spending_rules.fetch_prices(connection)
    sums = ecosystem_days.fetch_steps(connection, run_filter, Step.YEAR, price_changes(prices))
    spent = {row.ecosystem: row for row in spending(sums, prices)}
    since_pass = batch_runs.count_since_pass(connection, spans)
    judged = {health.ecosystem: health for health in judge_ecosystems(connection, spans, now)}
    for name in sorted({*judged, *spent}):
        summed, health = _sums(spent.get(name)), judged.get(name)
        if health is None:
            # Retention dropped all its runs, and only their sums are left.
            yield name, *[None] * 8, *summed, *[None] * JUDGED_FIELDS
        else:
            state = (*_state(health), since_pass[name], health.verdict.target)
            yield *state, *summed, *_judged(health)


def _state(health: EcosystemHealth) -> tuple[Value, ...]:
    span = health.facts.span
    return (
        health.ecosystem,
        health.state,
        health.severity,
        health.since,
        health.sentence,
        span.last_started_at,
        span.last_passed_at,
    )


def _judged(health: EcosystemHealth) -> tuple[Value, ...]:
    """What its state is judged by, as many values as JUDGED_FIELDS."""
    verdict = health.verdict
    budget = health.error_budget
    return (
        verdict.attempts.total,
        verdict.rate,
        *(verdict.interval or (None, None)),
        None if budget is None else budget.used_share,
        *([burn.rate for burn in health.burns] or [None] * len(WINDOWS)),
        health.breaker_state,
    )


def _sums(spent: Spending | None) -> tuple[Value, ...]:
    """Sums of a period; without a batch run nothing was used and nothing is known of the rate."""
    if spent is None:
        return (0, 0, 0, 0, None, None, None, None, None, 0, 0, None, None, None)
    sums = spent.sums
    return (
        sums.runs,
        sums.passed,
        sums.failed,
        sums.skipped,
        success_rate(sums.passed, sums.failed),
        *(wilson_interval(sums.passed, sums.attempts) or (None, None)),
        sums.minutes(MACOS).value,
        sums.minutes(LINUX).value,
        sums.macos_unknown_runs,
        sums.linux_unknown_runs,
        spent.cost.macos,
        spent.cost.linux,
        sums.failed_seconds,
    )


def error_budget_rows(connection: Connection, run_filter: RunFilter, now: datetime) -> Rows:
    """The rows of `error_budgets.csv`."""
    period = last_days(2 * BUDGET_DAYS - 1, now.date())
    attempts = ecosystem_health.fetch_days(connection, period, run_filter.ecosystem)
    for ecosystem, target in _targets(connection, _chosen(connection, run_filter)):
        for day in budget_days(attempts.get(ecosystem, {}), now.date(), target):
            spent = day.attempts
            yield ecosystem, day.day, spent.total, spent.failed, target, day.used_share


def _chosen(connection: Connection, run_filter: RunFilter) -> list[EcosystemSpan]:
    spans = batch_runs.fetch_ecosystems(connection)
    return [span for span in spans if run_filter.ecosystem in (None, span.ecosystem)]


def _targets(connection: Connection, spans: Sequence[EcosystemSpan]) -> Iterator[tuple[str, float]]:
    """The ecosystems that have a target, and it."""
    rules = ecosystem_rules.fetch_rules(connection)
    for span in spans:
        rule = rules.get(span.ecosystem) or default_rule(span.ecosystem)
        if rule.target is not None:
            yield span.ecosystem, rule.target


def burn_up_rows(connection: Connection, _run_filter: RunFilter, now: datetime) -> Rows:
    """The rows of `burn_up.csv`."""
    days, ever = ecosystem_days.fetch_recent_use(connection, now.date())
    budgets = spending_rules.fetch_budgets(connection)
    for runner_os in sorted(RUNNER_OS):
        budget = budget_week(runner_os, days, now, budgets, ever[runner_os])
        for day in burn_up(budget, days, now):
            told = day.minutes
            yield (
                runner_os,
                day.day,
                None if told is None else told.runs,
                None if told is None else told.unknown_runs,
                None if told is None or not told.runs else told.value,
                day.used_minutes,
                day.forecast_minutes,
                budget.budget_minutes,
            )


def price_rows(connection: Connection, _run_filter: RunFilter, _now: datetime) -> Rows:
    """The rows of `prices.csv`."""
    for price in spending_rules.fetch_prices(connection):
        yield None if price.since == date.min else price.since, price.macos, price.linux


def count_rows(
    connection: Connection, run_filter: RunFilter, spans: Sequence[EcosystemSpan]
) -> dict[str, int]:
    """How many rows these files have for a choice; `spans` are the ecosystems chosen."""
    with_sums = ecosystem_days.fetch_ecosystems(connection, run_filter)
    return {
        "ecosystems": len(with_sums | {span.ecosystem for span in spans}),
        "error_budgets": BUDGET_DAYS * len(list(_targets(connection, spans))),
        "burn_up": len(RUNNER_OS) * DAYS_OF_WEEK,
        "prices": len(spending_rules.fetch_prices(connection)),
    }
