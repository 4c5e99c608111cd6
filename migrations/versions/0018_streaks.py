"""Streaks of failures by recipe and platform, and a circuit breaker that counts recipes.

What the tables hold is computed afterwards from the stored runs
(services/administration/database.py).

Revision ID: 0018
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

RESULT_TABLES = ("recipe_results", "excluded_results")
STREAK_TABLES = ("recipe_streaks", "pruned_recipe_streaks")
ADDED = ("wait_seconds", "half_open_at")


def upgrade() -> None:
    for table in RESULT_TABLES:
        op.add_column(table, sa.Column("known_to_fail", sa.Boolean))
    for table in STREAK_TABLES:
        op.create_table(
            table,
            *_key(
                sa.Column("ecosystem", sa.Text),
                sa.Column("recipe_name", sa.Text),
                sa.Column("platform", sa.Text),
            ),
            sa.Column("failed", sa.BigInteger, nullable=False),
            sa.Column("same_reason", sa.BigInteger, nullable=False),
            sa.Column("failure_group_id", sa.BigInteger),
            sa.Column("recipe_version", sa.Text),
            sa.Column("began_at", sa.BigInteger, nullable=False),
            sa.Column("last_failed_at", sa.BigInteger, nullable=False),
            sa.PrimaryKeyConstraint("ecosystem", "recipe_name", "platform", name=f"pk_{table}"),
            sqlite_with_rowid=table.startswith("pruned"),
        )
    op.create_table(
        "circuit_breaker_runs",
        *_key(
            sa.Column("ecosystem", sa.Text),
            sa.Column("started_at", sa.BigInteger),
            sa.Column("batch_run_id", sa.BigInteger),
        ),
        sa.Column("trial_at", sa.BigInteger, nullable=False),
        sa.Column("batch_id", sa.Text, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=False),
        sa.Column("passed", sa.BigInteger, nullable=False),
        sa.Column("failed", sa.BigInteger, nullable=False),
        sa.Column("named", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint(
            "ecosystem", "started_at", "batch_run_id", name="pk_circuit_breaker_runs"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_circuit_breaker_runs_batch",
        "circuit_breaker_runs",
        ["ecosystem", "batch_id", "started_at"],
    )
    for name in ADDED:
        op.add_column("circuit_breaker_changes", sa.Column(name, sa.BigInteger))


def downgrade() -> None:
    for name in ADDED:
        op.drop_column("circuit_breaker_changes", name)
    for table in ("circuit_breaker_runs", *STREAK_TABLES):
        op.drop_table(table)
    for table in RESULT_TABLES:
        op.drop_column(table, "known_to_fail")


def _key(*columns: sa.Column[Any]) -> tuple[sa.Column[Any], ...]:
    for column in columns:
        column.nullable = False
        column.autoincrement = False
    return columns
