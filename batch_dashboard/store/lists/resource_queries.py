"""The rows of each resource as a query whose columns are named as the catalogue's fields.

CSV files, the API and the counts of the exports page select from these queries, so they agree.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
)

from batch_dashboard.model.batch_runs.comparison import Change
from batch_dashboard.model.batch_runs.vocabulary import RUNNER_OS
from batch_dashboard.model.failures.failures import new_since
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.plan.ledger_sums import MILLISECONDS_PER_MINUTE
from batch_dashboard.model.spending.ci_job_sums import JobTimes
from batch_dashboard.model.spending.ci_jobs import SECONDS_PER_MINUTE
from batch_dashboard.model.spending.prices import ListPrice
from batch_dashboard.store.alerts.incidents import in_state
from batch_dashboard.store.batch_runs import recipe_results, run_comparison
from batch_dashboard.store.dialects.columns import DOUBLE
from batch_dashboard.store.failures import failure_classes, failure_group_list, known_issues
from batch_dashboard.store.lists.conditions import (
    midnight,
    names_run,
    period_conditions,
    run_conditions,
    seen_conditions,
)
from batch_dashboard.store.plan import ledger_sums
from batch_dashboard.store.recipes import previous_attempts, recipe_list
from batch_dashboard.store.schema import (
    alert_snoozes,
    batch_runs,
    ci_job_days,
    ci_jobs,
    circuit_breaker_changes,
    ecosystem_days,
    excluded_runs,
    failure_group_recipes,
    failure_groups,
    incidents,
    plan_days,
    recipes,
    wait_limits,
)
from batch_dashboard.store.schema import recipe_results as results
from batch_dashboard.store.spending import spending_rules
from batch_dashboard.store.spending.ci_jobs import select_waits
from batch_dashboard.store.weeks import step_start


def _batch_runs(_connection: Connection, query: ListQuery, _today: date) -> Select[Any]:
    """The batch runs that match."""
    found = select(batch_runs).where(*run_conditions(query.filter, batch_runs))
    return found.where(names_run(query.text)) if query.text else found


def _compared_runs(_connection: Connection, query: ListQuery, _today: date) -> Select[Any]:
    """Two batch runs by their numbers."""
    return select(batch_runs).where(
        batch_runs.c.id.in_((query.before, query.after)), *run_conditions(query.filter, batch_runs)
    )


def _excluded_batch_runs(_connection: Connection, query: ListQuery, _today: date) -> Select[Any]:
    """The excluded batch runs that match."""
    return select(excluded_runs).where(*run_conditions(query.filter, excluded_runs))


def _results(_connection: Connection, query: ListQuery, _today: date) -> Select[Any]:
    """The recipe results of one run or of one recipe.

    The ecosystem of the filter is that of the recipe if the filter has one, otherwise of the run.
    """
    result, run = results.c, batch_runs.c
    conditions = [
        *_of_run_or_recipe(query, results),
        *recipe_results.result_conditions(query.results, results),
    ]
    if query.recipe_name is None and query.filter.ecosystem is not None:
        conditions.append(run.ecosystem == query.filter.ecosystem)
    return (
        select(
            *(column for column in result if column.name != "failure_class"),
            run.batch_id,
            failure_groups.c.masked_line.label("reason"),
            failure_classes.class_of(results).label("failure_class"),
        )
        .join_from(results, batch_runs, run.id == result.batch_run_id)
        .outerjoin(failure_groups, failure_groups.c.id == result.failure_group_id)
        .where(*conditions)
    )


def _attempts(_connection: Connection, query: ListQuery, _today: date) -> Select[Any]:
    """The results of one run or of one recipe with the previous attempt of each."""
    return previous_attempts.select_changes(lambda result: _of_run_or_recipe(query, result))


def _of_run_or_recipe(query: ListQuery, table: FromClause) -> list[ColumnElement[bool]]:
    """Which results belong to one run or to one recipe."""
    result = table.c
    ecosystem = query.filter.ecosystem if query.recipe_name is not None else None
    chosen = (
        (result.batch_run_id, query.batch_run),
        (result.recipe_name, query.recipe_name),
        (result.ecosystem, ecosystem),
        (result.ecosystem, query.result_ecosystem),
        (result.platform, query.filter.platform),
    )
    return [
        *period_conditions(query.filter.period, table),
        *(column == value for column, value in chosen if value is not None),
    ]


def _recipes(_connection: Connection, query: ListQuery, _today: date) -> Select[Any]:
    """The recipes that the list of recipes shows."""
    table = recipes.c
    return recipe_list.chosen(
        select(
            recipes,
            (table.passed + table.failed).label("attempts"),
            recipe_list.FAILURE_RATE.label("failure_rate"),
            recipe_list.FLAKINESS.label("flakiness"),
            _known_seconds(table.failed, table.failed_milliseconds),
            recipe_list.LAST_REASON.label("last_reason"),
            recipe_list.STATE.label("state"),
        ),
        query.filter,
        query.state,
        query.text,
    )


def _failure_groups(connection: Connection, query: ListQuery, today: date) -> Select[Any]:
    """The failure groups that the list of failure groups shows."""
    chosen = failure_group_list.select_groups(connection, query.filter, query.groups)
    table = failure_groups.c
    return chosen.query.with_only_columns(
        *(column for column in table if column.name != "failed"),
        chosen.failed.label("failed"),
        table.failed.label("failed_all_time"),
        case((table.first_seen_at >= midnight(new_since(today)), 1), else_=0).label("is_new"),
    )


def _failure_counts(_connection: Connection, query: ListQuery, _today: date) -> Select[Any]:
    """Failed results per step, ecosystem, failure group and category."""
    rows = failure_group_list.select_counts(query.filter, query.failure_group, query.step)
    found = rows.subquery().c
    return select(
        found.start.label("day"),
        found.ecosystem,
        found.id.label("failure_group_id"),
        found.error_category,
        found.failed,
    )


def _failure_group_recipes(_connection: Connection, query: ListQuery, _today: date) -> Select[Any]:
    """Pairs of failure groups and recipes that were seen in a period."""
    row = failure_group_recipes.c
    conditions = seen_conditions(query.filter.period, failure_group_recipes)
    chosen = (
        (row.ecosystem, query.filter.ecosystem),
        (row.failure_group_id, query.failure_group),
        (row.recipe_name, query.recipe_name),
    )
    conditions += [column == value for column, value in chosen if value is not None]
    return (
        select(failure_group_recipes, failure_groups.c.error_category, failure_groups.c.masked_line)
        .join(failure_groups, failure_groups.c.id == row.failure_group_id)
        .where(*conditions)
    )


def _comparison(_connection: Connection, query: ListQuery, _today: date) -> Select[Any]:
    """The recipes that changed between two runs, in one way or in any."""
    compared = run_comparison.select_compared(query.before or 0, query.after or 0).subquery()
    row = compared.c
    found = select(compared).where(
        row.change != Change.UNCHANGED if query.change is None else row.change == query.change
    )
    ecosystem = query.filter.ecosystem
    return found if ecosystem is None else found.where(row.ecosystem == ecosystem)


def _incidents(_connection: Connection, query: ListQuery, _today: date) -> Select[Any]:
    """The incidents opened in a period."""
    row = incidents.c
    snooze = alert_snoozes.c
    found = (
        select(
            incidents,
            snooze.until.label("snoozed_until"),
            func.nullif(snooze.reason, "").label("snooze_reason"),
        )
        .outerjoin(alert_snoozes, snooze.finding_key == row.finding_key)
        .where(*period_conditions(query.filter.period, incidents, "opened_at"))
    )
    if query.filter.ecosystem is not None:
        found = found.where(row.ecosystem == query.filter.ecosystem)
    return in_state(found, query.state)


def _known_issues(_connection: Connection, query: ListQuery, today: date) -> Select[Any]:
    """The known issues with their state on a day."""
    found = known_issues.select_issues(today, with_passes=True)
    return known_issues.chosen(found, query.filter.ecosystem, query.state, today)


def _circuit_breakers(_connection: Connection, query: ListQuery, _today: date) -> Select[Any]:
    """The changes of circuit breakers."""
    return select(circuit_breaker_changes).where(
        *run_conditions(query.filter, circuit_breaker_changes)
    )


def _days(connection: Connection, query: ListQuery, _today: date) -> Select[Any]:
    """Sums of batch runs per step and ecosystem: the fields of minutes and of failure rates."""
    table = ecosystem_days.c
    start = step_start(query.step, table.day).label("day")
    prices = spending_rules.fetch_prices(connection)
    counts = [c for c in table if c.name not in ("day", "ecosystem")]
    sums = (
        select(
            start,
            table.ecosystem,
            *(func.sum(c).cast(c.type).label(c.name) for c in counts),
            *(_cost(runner_os, prices).label(f"{runner_os}_cost") for runner_os in RUNNER_OS),
        )
        .where(*run_conditions(query.filter, ecosystem_days))
        .group_by(start, table.ecosystem)
        .subquery("d")
    )
    row = sums.c
    attempts = row.passed + row.failed
    # Sums are 0 if nothing was reported; that is unknown, so NULL.
    known = {
        f"{runner_os}_{what}": case(
            (row[f"{runner_os}_unknown_runs"] < row.runs, row[f"{runner_os}_{what}"])
        )
        for runner_os in RUNNER_OS
        for what in ("minutes", "cost")
    }
    return select(
        row.day,
        row.ecosystem,
        row.runs,
        row.passed,
        row.failed,
        row.macos_unknown_runs,
        row.linux_unknown_runs,
        attempts.label("attempts"),
        (cast(row.failed, DOUBLE) / func.nullif(attempts, literal_column("0"))).label(
            "failure_rate"
        ),
        *(value.label(name) for name, value in known.items()),
        _known_seconds(row.failed, row.failed_milliseconds),
    )


def _known_seconds(
    failed: ColumnElement[int], milliseconds: ColumnElement[int]
) -> ColumnElement[float]:
    """`failed_seconds`: the duration of failures, NULL where no duration is known."""
    is_known = or_(failed == 0, milliseconds > 0)
    return case((is_known, cast(milliseconds, DOUBLE) / 1000.0)).label("failed_seconds")


def _cost(runner_os: str, prices: Sequence[ListPrice]) -> ColumnElement[float]:
    """The known minutes of some days, each at the list price of its day."""
    day = ecosystem_days.c
    return func.sum(day[f"{runner_os}_minutes"] * _price(runner_os, prices, day.day))


def _price(
    runner_os: str, prices: Sequence[ListPrice], day: ColumnElement[date]
) -> ColumnElement[float]:
    """The list price of a day."""
    # The first price also applies to all days before it.
    first, *later = prices
    price = case(
        *((day >= row.since, row.of(runner_os)) for row in reversed(later)),
        else_=first.of(runner_os),
    )
    return cast(price, DOUBLE)


def _jobs(_connection: Connection, query: ListQuery, _today: date) -> Select[Any]:
    job = ci_jobs.c
    duration = job.completed_at - job.started_at
    return (
        select(
            ci_jobs,
            (job.started_at - job.queued_at).label("wait_seconds"),
            duration.label("duration_seconds"),
            ((duration + SECONDS_PER_MINUTE - 1) // SECONDS_PER_MINUTE).label("billed_minutes"),
        )
        .join(batch_runs, batch_runs.c.id == job.batch_run_id)
        .where(
            job.batch_run_id == query.batch_run,
            *([batch_runs.c.ecosystem == query.filter.ecosystem] if query.filter.ecosystem else []),
        )
    )


def _job_minutes(connection: Connection, query: ListQuery, _today: date) -> Select[Any]:
    """Measured and billed minutes of jobs per step, ecosystem and operating system."""
    table = ci_job_days.c
    prices = spending_rules.fetch_prices(connection)
    # NULL for an operating system without list prices.
    price = case(
        *((table.runner_os == name, _price(name, prices, table.day)) for name in RUNNER_OS)
    )
    measured = cast(table.measured_seconds, DOUBLE) / SECONDS_PER_MINUTE
    start = step_start(query.step, table.day).label("day")
    sums = (
        select(
            start,
            table.ecosystem,
            table.runner_os,
            *(
                func.sum(table[name]).cast(table[name].type).label(name)
                for name in JobTimes._fields
            ),
            func.sum(measured * price).label("measured_cost"),
            func.sum(table.billed_minutes * price).label("billed_cost"),
        )
        .where(*run_conditions(query.filter, ci_job_days))
        .group_by(start, table.ecosystem, table.runner_os)
        .subquery("d")
    )
    row = sums.c

    def known(value: ColumnElement[Any]) -> ColumnElement[Any]:
        return case((row.unended_jobs < row.jobs, value))

    minutes = cast(row.measured_seconds, DOUBLE) / SECONDS_PER_MINUTE
    return select(
        row.day,
        row.ecosystem,
        row.runner_os,
        row.jobs,
        row.unended_jobs,
        known(minutes).label("measured_minutes"),
        known(row.billed_minutes).label("billed_minutes"),
        known(row.measured_cost).label("measured_cost"),
        known(row.billed_cost).label("billed_cost"),
    )


def _queue_waits(_connection: Connection, query: ListQuery, _today: date) -> Select[Any]:
    """Waits per step and operating system, with the limit of each."""
    waits = select_waits(query.filter, query.step).subquery("waits")
    limit = wait_limits.c
    return select(waits, limit.seconds.label("limit_seconds")).outerjoin(
        wait_limits, limit.runner_os == waits.c.runner_os
    )


def _ledger(connection: Connection, query: ListQuery, _today: date) -> Select[Any]:
    """What the plan left out and what became of it, per step and ecosystem."""
    table = plan_days.c
    prices = spending_rules.fetch_prices(connection)
    cost = sum(
        (table[f"left_out_{name}_milliseconds"] - table[f"not_followed_{name}_milliseconds"])
        * _price(name, prices, table.day)
        for name in RUNNER_OS
    )
    start = step_start(query.step, table.day).label("day")
    counts = [column for column in table if column.name not in ("day", "ecosystem")]
    sums = (
        select(
            start,
            table.ecosystem,
            *(ledger_sums.summed(column).label(column.name) for column in counts),
            (func.sum(cost) / MILLISECONDS_PER_MINUTE).label("cost"),
        )
        .where(*run_conditions(query.filter, plan_days))
        .group_by(start, table.ecosystem)
        .subquery("d")
    )
    row = sums.c

    def avoided(suffix: str) -> ColumnElement[int]:
        return row[f"left_out{suffix}"] - row[f"not_followed{suffix}"]

    def known(value: ColumnElement[Any], unknown: str) -> ColumnElement[Any]:
        return case((or_(avoided(unknown) != avoided(""), avoided("") == 0), value))

    minutes = cast(avoided("_milliseconds"), DOUBLE) / MILLISECONDS_PER_MINUTE
    return select(
        row.day,
        row.ecosystem,
        row.requests,
        row.advised,
        row.left_out,
        row.not_followed,
        avoided("").label("avoided"),
        known(minutes, "_unknown_durations").label("avoided_minutes"),
        avoided("_unknown_durations").label("unknown_durations"),
        known(row.cost, "_unknown_costs").label("avoided_cost"),
        avoided("_unknown_costs").label("unknown_costs"),
        row.late_passes,
        row.max_delay_seconds,
    )


# The query of each resource that is stored as rows, by its name; the others are computed.
SELECT: dict[str, Callable[[Connection, ListQuery, date], Select[Any]]] = {
    "batch_runs": _batch_runs,
    "recipe_results": _results,
    "attempts": _attempts,
    "jobs": _jobs,
    "minutes": _days,
    "job_minutes": _job_minutes,
    "queue_waits": _queue_waits,
    "ledger": _ledger,
    "failure_rates": _days,
    "failure_groups": _failure_groups,
    "recipes": _recipes,
    "failure_counts": _failure_counts,
    "failure_group_recipes": _failure_group_recipes,
    "comparison": _comparison,
    "compared_runs": _compared_runs,
    "excluded_batch_runs": _excluded_batch_runs,
    "incidents": _incidents,
    "known_issues": _known_issues,
    "circuit_breakers": _circuit_breakers,
}
