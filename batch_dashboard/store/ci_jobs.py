"""The CI jobs of a batch run."""

from sqlalchemy import Connection, select

from batch_dashboard.model.ci_jobs import NewJob
from batch_dashboard.store.schema import ci_jobs, excluded_ci_jobs


def fetch_of_run(
    connection: Connection, batch_run_id: int, is_excluded: bool = False
) -> list[NewJob]:
    """The jobs of one batch run, at most MAX_JOBS, in the order they were sent."""
    table = excluded_ci_jobs if is_excluded else ci_jobs
    query = (
        select(*(table.c[name] for name in NewJob._fields))
        .where(table.c.batch_run_id == batch_run_id)
        .order_by(table.c.id)
    )
    return [NewJob(*row) for row in connection.execute(query)]
