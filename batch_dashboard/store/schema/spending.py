"""CI jobs, and budgets, prices and wait limits of operators. Source: docs/data-model.md."""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Table, Text

from batch_dashboard.store.dialects.columns import DOUBLE, IDS_NEVER_REUSED, ROWS_BY_KEY, RowId
from batch_dashboard.store.schema.columns import UnixTime, metadata

# The CI jobs of a batch run.
ci_jobs = Table(
    "ci_jobs",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("batch_run_id", RowId, ForeignKey("batch_runs.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("runner_os", Text, nullable=False),  # macos, linux, windows or other
    Column("queued_at", UnixTime),  # NULL: unknown
    Column("started_at", UnixTime, nullable=False),
    Column("completed_at", UnixTime),  # NULL: it had not ended
    Index("ix_ci_jobs_batch_run", "batch_run_id"),
    **IDS_NEVER_REUSED,
)

# Daily rollups of ci_jobs: a job belongs to the UTC day on which its batch run started.
ci_job_days = Table(
    "ci_job_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("ecosystem", Text, primary_key=True),
    Column("runner_os", Text, primary_key=True),
    Column("jobs", BigInteger, nullable=False),
    Column("unended_jobs", BigInteger, nullable=False),  # these are not part of the next two sums
    Column("measured_seconds", BigInteger, nullable=False),
    Column("billed_minutes", BigInteger, nullable=False),  # each job rounded up to a whole minute
    **ROWS_BY_KEY,
)
# The number of jobs per wait for a runner, also for all ecosystems together.
ci_wait_days = Table(
    "ci_wait_days",
    metadata,
    Column("ecosystem", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("runner_os", Text, primary_key=True),
    # Rounded by `kept_wait`.
    Column("wait_seconds", BigInteger, primary_key=True, autoincrement=False),
    Column("jobs", BigInteger, nullable=False),
    **ROWS_BY_KEY,
)

# Budgets set by operators: minutes per UTC week, from a Monday on.
minute_budgets = Table(
    "minute_budgets",
    metadata,
    Column("runner_os", Text, primary_key=True),
    Column("since", Date, primary_key=True),
    Column("minutes", DOUBLE, nullable=False),
)

# List prices set by operators: dollars per minute, from a day on.
list_prices = Table(
    "list_prices",
    metadata,
    Column("since", Date, primary_key=True),
    Column("macos", DOUBLE, nullable=False),
    Column("linux", DOUBLE, nullable=False),
)

# How long jobs may wait for a runner, set by operators; without a row there is no limit.
wait_limits = Table(
    "wait_limits",
    metadata,
    Column("runner_os", Text, primary_key=True),
    Column("seconds", BigInteger, nullable=False),
)
