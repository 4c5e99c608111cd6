"""The audit log, background jobs and facts about the installation. Source: docs/data-model.md."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text

from batch_dashboard.store.dialects.columns import IDS_NEVER_REUSED, RowId, UtcTime
from batch_dashboard.store.schema.columns import metadata

# Who changed what; rows are inserted, and deleted when too old, but never changed.
audit_log = Table(
    "audit_log",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("address", Text, nullable=False),  # from where; "command line" for commands
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("before", Text),  # JSON; NULL: it did not exist
    Column("after", Text),  # JSON; NULL: it no longer exists
    Index("ix_audit_log_at", "at", "id"),
    **IDS_NEVER_REUSED,
)

# How long rows are kept; a kind without a row has the default.
retention_rules = Table(
    "retention_rules",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("days", BigInteger),  # NULL: unlimited
)

# Background jobs; the process `alerts watch` runs them.
jobs = Table(
    "jobs",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("parameters", Text, nullable=False),  # JSON
    Column("actor", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("started_at", UtcTime),  # NULL: it waits
    Column("finished_at", UtcTime),  # NULL: it waits or runs
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("outcome", Text),  # the outcome as a sentence
    Column("has_failed", Boolean, nullable=False),
    **IDS_NEVER_REUSED,
)

# Facts about the installation, such as the time of the last backup.
system_facts = Table(
    "system_facts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("value", Text, nullable=False),  # JSON
)

# The latest responses with 500 and the latest slow statements; the oldest are deleted.
request_errors = Table(
    "request_errors",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("place", Text, nullable=False),  # the type of the error and its lines of code
    **IDS_NEVER_REUSED,
)
slow_queries = Table(
    "slow_queries",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("milliseconds", BigInteger, nullable=False),
    Column("statement", Text, nullable=False),  # without its values
    **IDS_NEVER_REUSED,
)
