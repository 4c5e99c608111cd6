"""SQL conditions of the filters, the same for pages, figures and exports."""

from datetime import UTC, date, datetime, time

from sqlalchemy import ColumnElement, FromClause, Table, or_

from batch_dashboard.model.lists.filters import RunFilter
from batch_dashboard.model.lists.periods import Period
from batch_dashboard.store.schema import batch_runs


def run_conditions(run_filter: RunFilter, table: Table) -> list[ColumnElement[bool]]:
    """The conditions on batch runs (`batch_runs`, or their daily sums in `ecosystem_days`).

    For `.where(*conditions)`; without conditions, every row is selected. The period is half-open,
    and a run belongs to the UTC day on which it started. `platform` applies to recipe results only.
    """
    conditions = period_conditions(run_filter.period, table)
    if run_filter.ecosystem is not None:
        conditions.append(table.c.ecosystem == run_filter.ecosystem)
    return conditions


def names_run(text: str) -> ColumnElement[bool]:
    """The condition that the batch id or commit contains a text, ignoring case."""
    columns = (batch_runs.c.batch_id, batch_runs.c.commit_sha)
    return or_(*(column.icontains(text, autoescape=True) for column in columns))


def period_conditions(
    period: Period, table: FromClause, time_column: str = "started_at"
) -> list[ColumnElement[bool]]:
    """The conditions of a period, on the column `day` of a table or else on its time."""
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
    """The conditions that the time from first to last seen overlaps a period."""
    conditions: list[ColumnElement[bool]] = []
    if period.since is not None:
        conditions.append(table.c.last_seen_at >= midnight(period.since))
    if period.until is not None:
        conditions.append(table.c.first_seen_at < midnight(period.until))
    return conditions


def midnight(day: date) -> datetime:
    """The first moment of a UTC day."""
    return datetime.combine(day, time(), UTC)
