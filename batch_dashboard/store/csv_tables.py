"""The rows of the CSV files of single tables, each one statement. Source: docs/exports.md."""

from collections.abc import Generator

from sqlalchemy import and_, select

from batch_dashboard.model.comparison import UNCHANGED
from batch_dashboard.model.filters import RunFilter
from batch_dashboard.model.periods import Step
from batch_dashboard.model.result_filter import ResultFilter
from batch_dashboard.store import failure_group_list, recipe_results, run_comparison
from batch_dashboard.store.conditions import period_conditions, run_conditions, seen_conditions
from batch_dashboard.store.csv_rows import (
    BY_DAY,
    DAY,
    INTEGER,
    NAME,
    OPTIONAL_INTEGER,
    RECIPE_RESULTS,
    TEXT,
    TIME,
    UNIX_TIME,
    WORD,
    Cell,
    cells_of,
    iter_query,
)
from batch_dashboard.store.engine import Store
from batch_dashboard.store.schema import (
    batch_runs,
    circuit_breaker_changes,
    failure_group_recipes,
    failure_groups,
    incidents,
)
from batch_dashboard.store.schema import recipe_results as results_table

INCIDENTS = cells_of(
    "q",
    id=INTEGER,
    kind=WORD,
    severity=WORD,
    subject=NAME,
    ecosystem=TEXT,
    recipe_name=TEXT,
    failure_group_id=OPTIONAL_INTEGER,
    since=TIME,
    opened_at=TIME,
    opening_sentence=NAME,
    last_sentence=NAME,
    gone_since=TIME,
    closed_at=TIME,
)
CIRCUIT_BREAKERS = cells_of(
    "q",
    ecosystem=NAME,
    at=UNIX_TIME,
    state=WORD,
    reason=WORD,
    batch_run_id=INTEGER,
    started_at=UNIX_TIME,
)
FAILURE_COUNTS = (
    Cell("day", "q.start", DAY),
    *cells_of("q", ecosystem=NAME),
    Cell("failure_group_id", "q.id", INTEGER),
    *cells_of("q", error_category=TEXT, failed=INTEGER),
)
FAILURE_GROUP_RECIPES = cells_of(
    "q",
    ecosystem=NAME,
    recipe_name=NAME,
    failure_group_id=INTEGER,
    error_category=TEXT,
    masked_line=NAME,
    failed=INTEGER,
    first_seen_at=UNIX_TIME,
    last_seen_at=UNIX_TIME,
)
COMPARISON = cells_of(
    "q",
    change=WORD,
    ecosystem=NAME,
    recipe_name=NAME,
    result_before=TEXT,
    category_before=TEXT,
    result_after=TEXT,
    category_after=TEXT,
    reason=TEXT,
)
CHOSEN_RESULTS = tuple(cell._replace(expression=f"q.{cell.name}") for cell in RECIPE_RESULTS)


def iter_incidents(
    store: Store, run_filter: RunFilter, is_open: bool | None = None
) -> Generator[bytes]:
    """The lines of the incidents opened in a period, oldest first; `is_open` None takes all."""
    row = incidents.c
    query = select(incidents).where(*period_conditions(run_filter.period, incidents, "opened_at"))
    if run_filter.ecosystem is not None:
        query = query.where(row.ecosystem == run_filter.ecosystem)
    if is_open is not None:
        query = query.where(row.closed_at.is_(None) if is_open else row.closed_at.is_not(None))
    return iter_query(store, query.subquery("q"), INCIDENTS, ("opened_at", "id"))


def iter_circuit_breakers(store: Store, run_filter: RunFilter) -> Generator[bytes]:
    """The lines of the changes of circuit breakers, by ecosystem, oldest first."""
    query = select(circuit_breaker_changes).where(
        *run_conditions(run_filter, circuit_breaker_changes)
    )
    order = ("ecosystem", "started_at", "batch_run_id")
    return iter_query(store, query.subquery("q"), CIRCUIT_BREAKERS, order)


def iter_failure_counts(
    store: Store, run_filter: RunFilter, failure_group_id: int | None, by: str = BY_DAY
) -> Generator[bytes]:
    """The lines of failed results per step, ecosystem and failure group, oldest first."""
    rows = failure_group_list.select_counts(run_filter, failure_group_id, Step(by)).subquery("q")
    return iter_query(store, rows, FAILURE_COUNTS, ("start", "ecosystem", "id", "error_category"))


def iter_failure_group_recipes(
    store: Store, run_filter: RunFilter, failure_group_id: int | None, recipe_name: str | None
) -> Generator[bytes]:
    """The lines of what failure groups and recipes seen in a period have in common."""
    row = failure_group_recipes.c
    query = select(
        failure_group_recipes, failure_groups.c.error_category, failure_groups.c.masked_line
    ).join(failure_groups, failure_groups.c.id == row.failure_group_id)
    query = query.where(*seen_conditions(run_filter.period, failure_group_recipes))
    if run_filter.ecosystem is not None:
        query = query.where(row.ecosystem == run_filter.ecosystem)
    if failure_group_id is not None:
        query = query.where(row.failure_group_id == failure_group_id)
    if recipe_name is not None:
        query = query.where(row.recipe_name == recipe_name)
    order = ("ecosystem", "recipe_name", "failure_group_id")
    return iter_query(store, query.subquery("q"), FAILURE_GROUP_RECIPES, order)


def iter_comparison(
    store: Store, before_id: int, after_id: int, change: str | None, ecosystem: str | None
) -> Generator[bytes]:
    """The lines of the recipes that changed between two runs, in one way or in any."""
    compared = run_comparison.select_compared(before_id, after_id).subquery()
    row = compared.c
    query = select(compared).where(
        row.change != UNCHANGED if change is None else row.change == change
    )
    if ecosystem is not None:
        query = query.where(row.ecosystem == ecosystem)
    return iter_query(store, query.subquery("q"), COMPARISON, ("ecosystem", "recipe_name"))


def iter_chosen_results(
    store: Store,
    run_filter: RunFilter,
    result_filter: ResultFilter,
    batch_run_id: int | None,
    recipe_name: str | None,
    result_ecosystem: str | None = None,
) -> Generator[bytes]:
    """The lines of the results of one run by `id`, or of one recipe by the start of their runs.

    Of one recipe the ecosystem chosen is its own, else that of the run.
    """
    result, run = results_table.c, batch_runs.c
    conditions = [
        *period_conditions(run_filter.period, batch_runs),
        *recipe_results.result_conditions(result_filter, results_table),
    ]
    if batch_run_id is not None:
        conditions.append(result.batch_run_id == batch_run_id)
    if recipe_name is not None:
        conditions.append(result.recipe_name == recipe_name)
    chosen = (
        ((run if recipe_name is None else result).ecosystem, run_filter.ecosystem),
        (result.ecosystem, result_ecosystem),
        (result.platform, run_filter.platform),
    )
    conditions += [column == value for column, value in chosen if value is not None]
    columns = {
        **result,
        "batch_id": run.batch_id,
        "started_at": run.started_at,
        "reason": failure_groups.c.masked_line.label("reason"),
    }
    query = (
        select(*(columns[cell.name] for cell in RECIPE_RESULTS))
        .join_from(results_table, batch_runs, run.id == result.batch_run_id)
        .outerjoin(failure_groups, failure_groups.c.id == result.failure_group_id)
        .where(and_(*conditions))
    )
    order = ("batch_run_id", "id") if batch_run_id is not None else ("started_at", "id")
    return iter_query(store, query.subquery("q"), CHOSEN_RESULTS, order)
