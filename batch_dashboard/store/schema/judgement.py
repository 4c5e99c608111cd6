"""Circuit breakers, and rules of operators for ecosystems. Source: docs/data-model.md."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text

from batch_dashboard.store.dialects.columns import DOUBLE, ROWS_BY_KEY, UtcTime
from batch_dashboard.store.schema.columns import UnixTime, metadata

# What each batch run with attempts says of its recipes to the circuit breaker.
circuit_breaker_runs = Table(
    "circuit_breaker_runs",
    metadata,
    Column("ecosystem", Text, primary_key=True),
    Column("started_at", UnixTime, primary_key=True, autoincrement=False),
    Column("batch_run_id", BigInteger, primary_key=True, autoincrement=False),
    Column("trial_at", UnixTime, nullable=False),  # the start of the first run of its trial
    Column("batch_id", Text, nullable=False),
    Column("ended_at", UnixTime, nullable=False),
    # Recipes that are only counted; 0 where they are named.
    Column("passed", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    # JSON: [name, whether it passed], null for one that is known to fail; empty: none.
    Column("named", Text, nullable=False),
    # Finds the runs of a trial.
    Index("ix_circuit_breaker_runs_batch", "ecosystem", "batch_id", "started_at"),
    **ROWS_BY_KEY,
)

# A row for each trial that opened, reopened or closed the circuit breaker of its ecosystem.
circuit_breaker_changes = Table(
    "circuit_breaker_changes",
    metadata,
    Column("ecosystem", Text, primary_key=True),
    Column("started_at", UnixTime, primary_key=True, autoincrement=False),  # of its first run
    Column("batch_run_id", BigInteger, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),  # open or closed
    Column("at", UnixTime, nullable=False),  # the end of the trial
    Column("reason", Text, nullable=False),  # the reason: rate or probe
    Column("wait_seconds", BigInteger),  # until it is half-open; NULL: it closed
    Column("half_open_at", UnixTime),  # NULL: it closed
    **ROWS_BY_KEY,
)

# The rules of operators; an ecosystem without a row has the defaults.
ecosystem_rules = Table(
    "ecosystem_rules",
    metadata,
    Column("ecosystem", Text, primary_key=True),
    Column("has_target", Boolean, nullable=False),
    Column("success_rate_target", DOUBLE),  # NULL: the default
    Column("min_attempts", BigInteger),  # NULL: the default
    Column("expected_interval_seconds", BigInteger),  # NULL: the usual interval of its runs
    # The parameters of the plan; NULL: the default
    Column("plan_failures", BigInteger),
    Column("plan_base_seconds", BigInteger),
    Column("plan_cap_seconds", BigInteger),
)

# The ecosystems that are paused now.
ecosystem_pauses = Table(
    "ecosystem_pauses",
    metadata,
    Column("ecosystem", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("link", Text),
    Column("paused_at", UtcTime, nullable=False),
    Column("expected_resume_at", UtcTime),  # NULL: not known
)
