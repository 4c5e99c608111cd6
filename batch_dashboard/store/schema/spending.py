"""CI jobs, and what operators set for minutes, prices and waits. Source: docs/data-model.md."""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Table, Text

from batch_dashboard.store.dialects.columns import DOUBLE, IDS_NEVER_REUSED, ROWS_BY_KEY, RowId
from batch_dashboard.store.schema.columns import UnixTime, metadata

# The CI jobs that a batch run consisted of.
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
    Column("unended_jobs", BigInteger, nullable=False),  # which are in neither of the next sums
    Column("measured_seconds", BigInteger, nullable=False),
    Column("billed_minutes", BigInteger, nullable=False),  # each job rounded up to a whole minute
    **ROWS_BY_KEY,
)
# How many jobs waited how long for a runner, also for all ecosystems together.
ci_wait_days = Table(
    "ci_wait_days",
    metadata,
    Column("ecosystem", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("runner_os", Text, primary_key=True),
    # As `kept_wait` rounds it.
    Column("wait_seconds", BigInteger, primary_key=True, autoincrement=False),
    Column("jobs", BigInteger, nullable=False),
    **ROWS_BY_KEY,
)

# What operators set in place of the default budgets: minutes a UTC week, from a Monday on.
minute_budgets = Table(
    "minute_budgets",
    metadata,
    Column("runner_os", Text, primary_key=True),
    Column("since", Date, primary_key=True),
    Column("minutes", DOUBLE, nullable=False),
)

# What operators set in place of the default list prices: dollars a minute, from a day on.
list_prices = Table(
    "list_prices",
    metadata,
    Column("since", Date, primary_key=True),
    Column("macos", DOUBLE, nullable=False),
    Column("linux", DOUBLE, nullable=False),
)

# How long jobs may wait for a runner by what an operator set; without a row there is no limit.
wait_limits = Table(
    "wait_limits",
    metadata,
    Column("runner_os", Text, primary_key=True),
    Column("seconds", BigInteger, nullable=False),
)
