"""Incidents and notifications. Source: docs/data-model.md."""

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, Table, Text

from batch_dashboard.model.alerts.finding_kinds import FindingKind, Severity
from batch_dashboard.store.dialects.columns import IDS_NEVER_REUSED, RowId, UtcTime, only_where
from batch_dashboard.store.schema.columns import OneOf, metadata

# A finding from the time it was first seen until it disappeared.
incidents = Table(
    "incidents",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("finding_key", Text, nullable=False),  # one incident of a key is open at a time
    Column("kind", OneOf(FindingKind), nullable=False),
    Column("severity", OneOf(Severity), nullable=False),  # the highest so far
    Column("subject", Text, nullable=False),
    Column("ecosystem", Text),  # NULL: it does not concern one
    Column("recipe_name", Text),  # NULL: it does not concern one
    Column("failure_group_id", BigInteger),  # NULL: it does not concern one
    Column("since", UtcTime, nullable=False),  # the start of the problem
    Column("opened_at", UtcTime, nullable=False),
    Column("opening_sentence", Text, nullable=False),
    Column("last_sentence", Text, nullable=False),  # the state when last seen
    Column("gone_since", UtcTime),  # NULL: the finding exists
    Column("closed_at", UtcTime),  # NULL: open
    Column("notified_severity", OneOf(Severity)),  # of the last notification; NULL: none was sent
    Column("closed_notified", Boolean, nullable=False),
    Index("ix_incidents_opened_at", "opened_at", "id"),
    **IDS_NEVER_REUSED,
)
Index(
    "ix_incidents_open",
    incidents.c.finding_key,
    unique=True,
    **only_where(incidents.c.closed_at.is_(None)),
)

alert_snoozes = Table(
    "alert_snoozes",
    metadata,
    Column("finding_key", Text, primary_key=True),
    Column("until", UtcTime, nullable=False),
    Column("reason", Text, nullable=False),
)

alert_destinations = Table(
    "alert_destinations",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("encrypted_url", LargeBinary, nullable=False),  # encrypted, because it contains secrets
    Column("min_severity", OneOf(Severity), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    **IDS_NEVER_REUSED,
)

# The outbox: messages are committed together with their incidents, and sent afterwards.
alert_deliveries = Table(
    "alert_deliveries",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("destination", Text, nullable=False),  # the name of a destination
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("attempts", BigInteger, nullable=False),
    Column("next_attempt_at", UtcTime),  # NULL: sent, or given up
    Column("sent_at", UtcTime),  # NULL: not yet, or never
    Column("last_error", Text),
    **IDS_NEVER_REUSED,
)
Index(
    "ix_alert_deliveries_due",
    alert_deliveries.c.next_attempt_at,
    **only_where(alert_deliveries.c.next_attempt_at.is_not(None)),
)

# One row: the process that watches, and its progress.
alert_watch = Table(
    "alert_watch",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("holder", Text),  # NULL: no process
    Column("lease_until", UtcTime),
    Column("last_batch_run_id", BigInteger, nullable=False),
    Column("last_check_at", UtcTime),
    Column("last_digest_at", UtcTime),
)
