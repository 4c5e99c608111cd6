"""The ledger of the plan: what it left out, and what became of it.

Revision ID: 0021
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from batch_dashboard.store.dialects.columns import RowId

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

SUFFIXES = (
    "",
    "_unknown_durations",
    "_unknown_costs",
    "_milliseconds",
    "_macos_milliseconds",
    "_linux_milliseconds",
)
NOT_FOLLOWED = tuple(f"not_followed{suffix}" for suffix in SUFFIXES)
LEFT_OUT = tuple(f"left_out{suffix}" for suffix in SUFFIXES)
OUTCOME = (*NOT_FOLLOWED, "late_passes", "max_delay_seconds")


def upgrade() -> None:
    op.create_table(
        "plan_waits",
        _key("ecosystem", sa.Text),
        _key("recipe_name", sa.Text),
        _key("platform", sa.Text),
        sa.Column("since", sa.BigInteger),
        sa.Column("left_out", sa.BigInteger, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.Column("milliseconds", sa.BigInteger),
        sa.Column("requests", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("ecosystem", "recipe_name", "platform", name="pk_plan_waits"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "plan_days",
        _key("day", sa.Date),
        _key("ecosystem", sa.Text),
        *_numbers("requests", "advised", *LEFT_OUT, *OUTCOME, server_default="0"),
        sa.PrimaryKeyConstraint("day", "ecosystem", name="pk_plan_days"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "plan_outcomes",
        _key("batch_run_id", RowId),
        _key("ecosystem", sa.Text),
        sa.Column("day", sa.Date, nullable=False),
        *_numbers(*OUTCOME, server_default="0"),
        sa.PrimaryKeyConstraint("batch_run_id", "ecosystem", name="pk_plan_outcomes"),
        sa.ForeignKeyConstraint(
            ["batch_run_id"],
            ["batch_runs.id"],
            name="fk_plan_outcomes_batch_run_id",
            ondelete="CASCADE",
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_plan_outcomes_day", "plan_outcomes", ["day", "ecosystem"])
    op.create_table(
        "excluded_plan_outcomes",
        _key("batch_run_id", sa.BigInteger),
        _key("ecosystem", sa.Text),
        sa.Column("day", sa.Date, nullable=False),
        *_numbers(*OUTCOME),
        sa.PrimaryKeyConstraint("batch_run_id", "ecosystem", name="pk_excluded_plan_outcomes"),
    )
    op.create_table(
        "pruned_plan_outcomes",
        _key("day", sa.Date),
        _key("ecosystem", sa.Text),
        *_numbers(*OUTCOME),
        sa.PrimaryKeyConstraint("day", "ecosystem", name="pk_pruned_plan_outcomes"),
    )


def downgrade() -> None:
    for table in (
        "pruned_plan_outcomes",
        "excluded_plan_outcomes",
        "plan_outcomes",
        "plan_days",
        "plan_waits",
    ):
        op.drop_table(table)


def _key(name: str, column_type: Any) -> sa.Column[Any]:
    return sa.Column(name, column_type, nullable=False, autoincrement=False)


def _numbers(*names: str, server_default: str | None = None) -> list[sa.Column[Any]]:
    return [
        sa.Column(name, sa.BigInteger, nullable=False, server_default=server_default)
        for name in names
    ]
