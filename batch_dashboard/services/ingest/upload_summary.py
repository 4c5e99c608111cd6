"""The summary of a batch run in the response to its upload, for the summary of the CI job.

Source: docs/ingest-api.md, "Summary".
"""

from datetime import date
from typing import NamedTuple

from batch_dashboard.model.batch_runs.comparison import Change
from batch_dashboard.model.batch_runs.records import BatchRun
from batch_dashboard.model.spending.prices import list_price
from batch_dashboard.store.batch_runs import batch_runs, run_comparison
from batch_dashboard.store.engine import Connection
from batch_dashboard.store.failures import known_issues
from batch_dashboard.store.spending import spending_rules

MAX_NAMED = 20


class UploadSummary(NamedTuple):
    """A batch run compared with the previous one of its ecosystem, its minutes and its cost."""

    newly_failing: list[str]  # the first recipes by name
    newly_failing_count: int
    fixed_count: int
    expected_count: int  # failed results that known issues expect
    unexpected_count: int  # all others that failed
    previous_batch_run_id: int | None  # None: this is the first run of the ecosystem
    macos_minutes: float | None
    linux_minutes: float | None
    cost_dollars: float | None  # at list price; None: no minutes are known


def find_upload_summary(
    connection: Connection, batch_run_id: int, today: date
) -> UploadSummary | None:
    """The summary of a stored batch run, None for one that an operator has excluded."""
    run = batch_runs.find(connection, batch_run_id)
    if run is None:
        return None
    previous, _ = batch_runs.find_neighbours(connection, run)
    names: list[str] = []
    counts: dict[str, int] = {}
    if previous is not None:
        compared = run_comparison.fetch_comparison(connection, previous.id, run.id, MAX_NAMED)
        names = [recipe.recipe_name for recipe in compared.of(Change.NEWLY_FAILING)]
        counts = compared.counts
    expected = known_issues.count_expected(connection, run.id, today)
    return UploadSummary(
        newly_failing=names,
        newly_failing_count=counts.get(Change.NEWLY_FAILING, 0),
        fixed_count=counts.get(Change.FIXED, 0),
        expected_count=expected,
        unexpected_count=run.failed - expected,
        previous_batch_run_id=previous and previous.id,
        macos_minutes=run.macos_minutes,
        linux_minutes=run.linux_minutes,
        cost_dollars=_cost(connection, run),
    )


def _cost(connection: Connection, run: BatchRun) -> float | None:
    if run.macos_minutes is None and run.linux_minutes is None:
        return None
    price = list_price(run.started_at.date(), spending_rules.fetch_prices(connection))
    return (run.macos_minutes or 0.0) * price.macos + (run.linux_minutes or 0.0) * price.linux
