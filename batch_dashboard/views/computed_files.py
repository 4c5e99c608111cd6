"""The CSV files of what is computed and not stored: states, error budgets, the week's burn-up."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from batch_dashboard.exports.lines import Value
from batch_dashboard.model.alerts.attention import findings
from batch_dashboard.model.alerts.finding_kinds import rank
from batch_dashboard.model.batch_runs.records import EcosystemSpan
from batch_dashboard.model.batch_runs.vocabulary import LINUX, MACOS, RUNNER_OS
from batch_dashboard.model.judgement.ecosystem_health import EcosystemHealth
from batch_dashboard.model.judgement.rates import success_rate, wilson_interval
from batch_dashboard.model.judgement.slo import BUDGET_DAYS, WINDOWS, budget_days
from batch_dashboard.model.judgement.targets import default_rule
from batch_dashboard.model.lists.filters import RunFilter
from batch_dashboard.model.lists.periods import Step, last_days, week_of
from batch_dashboard.model.recipes.recipes import StateCounts
from batch_dashboard.model.spending.budget import budget_week, burn_up
from batch_dashboard.model.spending.prices import cost_of_days, price_changes
from batch_dashboard.model.spending.spending import Spending, spending
from batch_dashboard.services.judgement.judgement import (
    fetch_all_facts,
    judge_budgets,
    judge_ecosystems,
)
from batch_dashboard.store.batch_runs import batch_runs, ecosystem_days
from batch_dashboard.store.engine import Connection
from batch_dashboard.store.judgement import ecosystem_health, ecosystem_rules
from batch_dashboard.store.recipes import recipe_list
from batch_dashboard.store.spending import spending_rules

DAYS_OF_WEEK = 7
JUDGED_FIELDS = 8 + len(WINDOWS)
NO_RECIPES = StateCounts(0, 0, 0)

Rows = Iterator[tuple[Value, ...]]


def ecosystem_rows(connection: Connection, run_filter: RunFilter, now: datetime) -> Rows:
    """The rows of `ecosystems.csv`."""
    spans = _chosen(connection, run_filter)
    prices = spending_rules.fetch_prices(connection)
    sums = ecosystem_days.fetch_steps(connection, run_filter, Step.YEAR, price_changes(prices))
    spent = {row.ecosystem: row for row in spending(sums, prices)}
    since_pass = batch_runs.count_since_pass(connection, spans)
    judged = {health.ecosystem: health for health in judge_ecosystems(connection, spans, now)}
    recipes = recipe_list.count_states(connection, run_filter)
    for name in sorted({*judged, *spent}):
        summed, health = _sums(spent.get(name)), judged.get(name)
        in_state = recipes.get(name, NO_RECIPES)
        if health is None:
            # Retention dropped all its runs, and only their sums are left.
            yield name, *[None] * 8, *summed, *[None] * JUDGED_FIELDS, *in_state
        else:
            state = (*_state(health), since_pass[name], health.verdict.target)
            yield *state, *summed, *_judged(health), *in_state


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
    change, pause = health.facts.breaker, health.facts.pause
    return (
        verdict.attempts.total,
        verdict.rate,
        *(verdict.interval or (None, None)),
        None if budget is None else budget.used_share,
        *([burn.rate for burn in health.burns] or [None] * len(WINDOWS)),
        health.breaker_state,
        None if change is None else change.half_open_at,
        None if pause is None else pause.link,
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
    attempts = ecosystem_health.fetch_days(connection, period, run_filter.ecosystem, now.date())
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


def finding_rows(connection: Connection, run_filter: RunFilter, now: datetime) -> Rows:
    """The rows of `findings.csv`."""
    for found in findings(fetch_all_facts(connection, run_filter, now)):
        rank_from_1 = rank(found.severity) + 1
        finding = (found.key, found.kind, found.severity, rank_from_1)
        yield *finding, *found.subject, found.sentence, found.since


def budget_rows(connection: Connection, _run_filter: RunFilter, now: datetime) -> Rows:
    """The rows of `budgets.csv`."""
    days = ecosystem_days.fetch_day_minutes(connection, week_of(now.date()))
    prices = spending_rules.fetch_prices(connection)
    budgets = judge_budgets(connection, now)
    for budget in sorted(budgets, key=lambda budget: budget.runner_os):
        cost = cost_of_days(days, prices, [budget.runner_os])
        is_cost_known = cost > 0 or budget.used_minutes is not None
        yield (
            budget.runner_os,
            budget.week.since,
            budget.budget_minutes,
            budget.used_minutes,
            budget.share,
            budget.state,
            budget.used.runs,
            budget.used.unknown_runs,
            budget.daily_minutes,
            budget.forecast,
            budget.runs_out_on,
            cost if is_cost_known else None,
        )


def budget_change_rows(connection: Connection, _run_filter: RunFilter, _now: datetime) -> Rows:
    """The rows of `budget_changes.csv`."""
    for budget in spending_rules.fetch_budgets(connection).changes:
        yield budget.runner_os, _first_day(budget.since), budget.minutes


def _first_day(since: date) -> date | None:
    """The day from which a budget or a price applies, None for all days before the next one."""
    return None if since == date.min else since


def burn_up_rows(connection: Connection, _run_filter: RunFilter, now: datetime) -> Rows:
    """The rows of `burn_up.csv`."""
    days, ever = ecosystem_days.fetch_recent_use(connection, now.date())
    budgets = spending_rules.fetch_budgets(connection)
    for runner_os in sorted(RUNNER_OS):
        budget = budget_week(runner_os, days, now, budgets, ever[runner_os])
        for day in burn_up(budget, days, now):
            used = day.minutes
            yield (
                runner_os,
                day.day,
                None if used is None else used.runs,
                None if used is None else used.unknown_runs,
                None if used is None or not used.runs else used.value,
                day.used_minutes,
                day.forecast_minutes,
                budget.budget_minutes,
            )


def price_rows(connection: Connection, _run_filter: RunFilter, _now: datetime) -> Rows:
    """The rows of `prices.csv`."""
    for price in spending_rules.fetch_prices(connection):
        yield _first_day(price.since), price.macos, price.linux


def count_rows(
    connection: Connection, run_filter: RunFilter, spans: Sequence[EcosystemSpan]
) -> dict[str, int]:
    """The number of rows of these files; `spans` are the selected ecosystems."""
    with_sums = ecosystem_days.fetch_ecosystems(connection, run_filter)
    return {
        "ecosystems": len(with_sums | {span.ecosystem for span in spans}),
        "error_budgets": BUDGET_DAYS * len(list(_targets(connection, spans))),
        "budgets": len(RUNNER_OS),
        "budget_changes": len(spending_rules.fetch_budgets(connection).changes),
        "burn_up": len(RUNNER_OS) * DAYS_OF_WEEK,
        "prices": len(spending_rules.fetch_prices(connection)),
    }
