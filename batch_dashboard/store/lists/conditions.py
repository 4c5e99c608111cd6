"""What a reader chose to see, as conditions on rows: one source for pages, figures and exports."""

from datetime import UTC, date, datetime, time

from sqlalchemy import ColumnElement, Table, or_

from batch_dashboard.model.lists.filters import RunFilter
from batch_dashboard.model.lists.periods import Period
from batch_dashboard.store.schema import batch_runs


def run_conditions(run_filter: RunFilter, table: Table) -> list[ColumnElement[bool]]:
    """The conditions on batch runs (`batch_runs`, or their daily sums in `ecosystem_days`).

    Meant for `.where(*conditions)`: none at all selects every row. The period is half-open, and a
    run belongs to the UTC day it started. `platform` is a matter of recipe results, not of runs.
    """
    conditions = period_conditions(run_filter.period, table)
    if run_filter.ecosystem is not None:
        conditions.append(table.c.ecosystem == run_filter.ecosystem)
    return conditions


def names_run(text: str) -> ColumnElement[bool]:
    """The condition that a batch run's batch id or commit holds a text, in capitals or not."""
    columns = (batch_runs.c.batch_id, batch_runs.c.commit_sha)
    return or_(*(column.icontains(text, autoescape=True) for column in columns))


def period_conditions(
    period: Period, table: Table, time_column: str = "started_at"
) -> list[ColumnElement[bool]]:
    """The conditions that hold rows to a period, on the table's `day`, else its time."""
    if "day" in table.c:
        column = table.c.day
        since: date | None = period.since
        until: date | None = period.until
    else:
        column = table.c[time_column]
        since = None if period.since is None else midnight(period.since)
        until = None if period.until is None else midnight(period.until)
    conditions: list[ColumnElement[bool]] = []
    if since is not None:
        conditions.append(column >= since)
    if until is not None:
        conditions.append(column < until)
    return conditions


def seen_conditions(period: Period, table: Table) -> list[ColumnElement[bool]]:
    """The conditions on what has a first and a last time: not all before or after a period."""
    conditions: list[ColumnElement[bool]] = []
    if period.since is not None:
        conditions.append(table.c.last_seen_at >= midnight(period.since))
    if period.until is not None:
        conditions.append(table.c.first_seen_at < midnight(period.until))
    return conditions


def midnight(day: date) -> datetime:
    """The first moment of a UTC day."""
    return datetime.combine(day, time(), UTC)
