"""Parts that several pages are made of: each fetches what it shows and gives it to the template."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from typing import Any

from batch_dashboard.figures.error_budget import error_budget_figure
from batch_dashboard.figures.failure_rates import failure_rates_figure
from batch_dashboard.figures.minutes import minutes_figure
from batch_dashboard.figures.sentences import (
    error_budget_sentence,
    failure_rates_sentence,
    minutes_sentence,
)
from batch_dashboard.figures.sparkline import failure_rate_sparkline
from batch_dashboard.figures.style import ecosystem_colour
from batch_dashboard.model.attention import Facts, findings, without_general_silence
from batch_dashboard.model.budget import BudgetWeek
from batch_dashboard.model.catalogue import FAILURE_GROUPS
from batch_dashboard.model.failures import new_since
from batch_dashboard.model.list_query import ListQuery
from batch_dashboard.model.periods import Step, last_days, week_of
from batch_dashboard.model.pipelines import Pipeline
from batch_dashboard.model.prices import cost_of_days
from batch_dashboard.model.recipes import RecipeState
from batch_dashboard.model.records import RunSums
from batch_dashboard.model.series import (
    RatePoint,
    by_ecosystem,
    by_step,
    colour_slots,
    rate_series,
    steps,
)
from batch_dashboard.model.slo import BUDGET_DAYS, budget_days
from batch_dashboard.model.sorting import Sort
from batch_dashboard.services.judgement import fetch_facts
from batch_dashboard.store import (
    batch_runs,
    circuit_breakers,
    ecosystem_days,
    failure_group_list,
    recipe_list,
    spending_rules,
)
from batch_dashboard.store.pipelines import fetch_days
from batch_dashboard.views.charts import as_json
from batch_dashboard.views.choice import Choice, csv_url
from batch_dashboard.views.context import connection

NOTHING = Facts()
MAX_STUCK = 8
MAX_NEW_GROUPS = 3
TOP_GROUPS = 8
BREAKER_CHANGES = 7
MAX_ECOSYSTEM_ROWS = 100
MOST_FREQUENT = Sort(FAILURE_GROUPS.sorts, FAILURE_GROUPS.sorts[0], descending=True)


def fetch_sums(choice: Choice) -> list[RunSums]:
    """The runs chosen, summed by the steps a chart of the period goes through."""
    return ecosystem_days.fetch_steps(connection(), choice.shown, choice.step)


def needs_attention(choice: Choice, of_all: Facts = NOTHING) -> dict[str, Any]:
    """What to look at first, and how many stuck recipes there are beyond those named.

    Stuck recipes are those seen in the period shown; all else is of now. `of_all` are the facts
    about budgets, minutes and runners, which belong to no ecosystem.
    """
    conn, shown = connection(), choice.shown
    facts = fetch_facts(conn, shown, choice.spans, choice.now, MAX_STUCK, MAX_NEW_GROUPS)
    # The page of one ecosystem begins with its state.
    named = () if choice.is_of_one else without_general_silence(facts.pipelines)
    more_stuck = 0
    if len(facts.stuck) == MAX_STUCK:
        more_stuck = recipe_list.count_recipes(conn, shown, RecipeState.STUCK) - MAX_STUCK
    return {
        "findings": findings(
            of_all._replace(pipelines=named, stuck=facts.stuck, new_groups=facts.new_groups)
        ),
        "pipelines": {pipeline.ecosystem: pipeline for pipeline in facts.pipelines},
        "more_stuck": more_stuck,
        "new_since": new_since(choice.today),
    }


def this_week(choice: Choice, budgets: Sequence[BudgetWeek]) -> dict[str, Any]:
    """Budgets and cost are of all ecosystems, whatever is chosen."""
    conn, week = connection(), week_of(choice.today)
    days = ecosystem_days.fetch_day_minutes(conn, week)
    cost = cost_of_days(days, spending_rules.fetch_prices(conn))
    # Without any known cost it is 0 only where all minutes are known.
    is_known = cost > 0 or all(budget.used_minutes is not None for budget in budgets)
    return {"budgets": budgets, "week_cost": cost if is_known else None}


def minutes_per_week(choice: Choice, sums: list[RunSums]) -> dict[str, Any]:
    """The chart of minutes against their budgets; of too many weeks, by month or year without."""
    step = Step.WEEK if choice.step is Step.DAY else choice.step
    through = steps(sums, choice.shown.period, step, choice.today)
    totals = by_step(sums, step)
    budgets = spending_rules.fetch_budgets(connection()) if step is Step.WEEK else None
    return {
        "minutes_steps": through,
        "minutes_json": as_json(minutes_figure(through, totals, budgets)),
        "minutes_sentence": minutes_sentence(through, totals, budgets),
        "minutes_rows": [(start, totals.get(start)) for start in reversed(through.starts)],
        "minutes_csv": csv_url("minutes.csv", choice.shown.query(by=step.value)),
    }


def failure_rates(
    choice: Choice, sums: list[RunSums], pipelines: Mapping[str, Pipeline]
) -> dict[str, Any]:
    """The chart of failure rates by ecosystem, and every ecosystem's colour."""
    through = steps(sums, choice.shown.period, choice.step, choice.today)
    series = rate_series(sums, through.starts)
    slots = colour_slots(choice.ecosystems)
    targets = {name: pipeline.facts.rule.target for name, pipeline in pipelines.items()}
    return {
        "rates_json": as_json(failure_rates_figure(through, series, slots, targets)),
        "rates_sentence": failure_rates_sentence(through, series, targets),
        "rates_series": series,
        "rates_steps": through,
        "rates_csv": csv_url("failure_rates.csv", choice.shown.query(by=through.word)),
        "slots": slots,
    }


def ecosystem_rows(choice: Choice, sums: list[RunSums]) -> dict[str, Any]:
    """A row for each ecosystem: those with runs first, then those silent all the period.

    Of an ecosystem without a span retention dropped all runs, and only their sums are left.
    """
    rows = by_ecosystem(sums)
    seen = {row.ecosystem for row in rows}
    silent = [
        RunSums.total(choice.today, span.ecosystem, [])
        for span in choice.spans
        if span.ecosystem not in seen
    ]
    shown = (rows + silent)[:MAX_ECOSYSTEM_ROWS]
    spans = {span.ecosystem: span for span in choice.ecosystems}
    starts = steps(sums, choice.shown.period, choice.step).starts
    points = {
        (row.ecosystem, row.start): RatePoint(row.passed, row.failed)
        for row in sums
        if row.attempts
    }
    return {
        "ecosystem_rows": shown,
        "ecosystem_count": len(rows) + len(silent),
        "spans": spans,
        "since_pass": batch_runs.count_since_pass(
            connection(), [spans[row.ecosystem] for row in shown if row.ecosystem in spans]
        ),
        "sparklines": {
            row.ecosystem: failure_rate_sparkline(
                [points.get((row.ecosystem, start)) for start in starts]
            )
            for row in shown
        },
    }


def top_failure_groups(choice: Choice) -> dict[str, Any]:
    """The failure groups that failed most often in the period."""
    most_frequent = ListQuery(choice.shown, MOST_FREQUENT, count=TOP_GROUPS)
    page = failure_group_list.fetch_page(connection(), most_frequent)
    return {"top_groups": page.rows, "more_groups": page.later is not None}


def error_budget(choice: Choice, pipeline: Pipeline) -> dict[str, Any]:
    """The chart of an ecosystem's error budget, and how fast it is burnt now."""
    target = pipeline.facts.rule.target
    if target is None:
        return {"budget_days": []}
    period = last_days(2 * BUDGET_DAYS - 1, choice.today)
    attempts = fetch_days(connection(), period, pipeline.ecosystem)
    days = budget_days(attempts.get(pipeline.ecosystem, {}), choice.today, target)
    slot = colour_slots(choice.ecosystems).get(pipeline.ecosystem, 0)
    return {
        "budget_days": days[::-1],
        "budget_json": as_json(error_budget_figure(days, ecosystem_colour(slot))),
        "budget_sentence": error_budget_sentence(pipeline),
    }


def breaker(choice: Choice, pipeline: Pipeline) -> dict[str, Any]:
    """The last changes of an ecosystem's circuit breaker within the days shown."""
    until = choice.shown.period.until
    end = choice.now if until is None else datetime.combine(until, time(), UTC)
    changes = circuit_breakers.fetch_history(
        connection(), pipeline.ecosystem, end, BREAKER_CHANGES + 1
    )
    return {
        "breaker_changes": changes[:BREAKER_CHANGES],
        "more_breaker_changes": len(changes) > BREAKER_CHANGES,
    }
