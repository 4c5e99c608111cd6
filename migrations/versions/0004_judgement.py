"""Judgement: circuit breakers, rules and pauses of ecosystems, incidents and their notifications.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

from batch_dashboard.store.dialects.columns import DOUBLE, RowId, UtcTime
from batch_dashboard.store.schema import UnixTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ATTEMPTED = "passed + failed > 0"


def upgrade() -> None:
    op.create_index(
        "ix_batch_runs_attempted",
        "batch_runs",
        ["ecosystem", "started_at", "id"],
        sqlite_where=sa.text(ATTEMPTED),
        postgresql_where=sa.text(ATTEMPTED),
    )
    op.create_table(
        "circuit_breaker_changes",
        sa.Column("ecosystem", sa.Text, primary_key=True),
        sa.Column("started_at", UnixTime, primary_key=True, autoincrement=False),
        sa.Column("batch_run_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("at", UnixTime, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ecosystem_rules",
        sa.Column("ecosystem", sa.Text, primary_key=True),
        sa.Column("has_target", sa.Boolean, nullable=False),
        sa.Column("success_rate_target", DOUBLE),
        sa.Column("min_attempts", sa.BigInteger),
        sa.Column("expected_interval_seconds", sa.BigInteger),
    )
    op.create_table(
        "ecosystem_pauses",
        sa.Column("ecosystem", sa.Text, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("link", sa.Text),
        sa.Column("paused_at", UtcTime, nullable=False),
        sa.Column("expected_resume_at", UtcTime),
    )
    op.create_table(
        "incidents",
        sa.Column("id", RowId, primary_key=True),
        sa.Column("finding_key", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("ecosystem", sa.Text),
        sa.Column("recipe_name", sa.Text),
        sa.Column("failure_group_id", sa.BigInteger),
        sa.Column("since", UtcTime, nullable=False),
        sa.Column("opened_at", UtcTime, nullable=False),
        sa.Column("opening_sentence", sa.Text, nullable=False),
        sa.Column("last_sentence", sa.Text, nullable=False),
        sa.Column("gone_since", UtcTime),
        sa.Column("closed_at", UtcTime),
        sa.Column("told_severity", sa.Text),
        sa.Column("told_closed", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_incidents_opened_at", "incidents", ["opened_at", "id"])
    is_open = sa.text("closed_at IS NULL")
    op.create_index(
        "ix_incidents_open",
        "incidents",
        ["finding_key"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_table(
        "alert_snoozes",
        sa.Column("finding_key", sa.Text, primary_key=True),
        sa.Column("until", UtcTime, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_table(
        "alert_destinations",
        sa.Column("id", RowId, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("sealed_url", sa.LargeBinary, nullable=False),
        sa.Column("least_severity", sa.Text, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.UniqueConstraint("name", name="uq_alert_destinations_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "alert_deliveries",
        sa.Column("id", RowId, primary_key=True),
        sa.Column("destination", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("next_attempt_at", UtcTime),
        sa.Column("sent_at", UtcTime),
        sa.Column("last_error", sa.Text),
        sqlite_autoincrement=True,
    )
    due = sa.text("next_attempt_at IS NOT NULL")
    op.create_index(
        "ix_alert_deliveries_due",
        "alert_deliveries",
        ["next_attempt_at"],
        sqlite_where=due,
        postgresql_where=due,
    )
    op.create_table(
        "alert_watch",
        sa.Column("id", RowId, primary_key=True),
        sa.Column("holder", sa.Text),
        sa.Column("lease_until", UtcTime),
        sa.Column("last_batch_run_id", sa.BigInteger, nullable=False),
        sa.Column("last_check_at", UtcTime),
        sa.Column("last_digest_at", UtcTime),
    )


def downgrade() -> None:
    for table in (
        "alert_watch",
        "alert_deliveries",
        "alert_destinations",
        "alert_snoozes",
        "incidents",
        "ecosystem_pauses",
        "ecosystem_rules",
        "circuit_breaker_changes",
    ):
        op.drop_table(table)
    op.drop_index("ix_batch_runs_attempted", "batch_runs")
