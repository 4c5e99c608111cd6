"""CI jobs are summed by day, and queue waits have limits.

Revision ID: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

JOB_SUMS = ("jobs", "unended_jobs", "measured_seconds", "billed_minutes")


def upgrade() -> None:
    # Of a summary SQLite needs no row id; what was pruned is kept in ordinary tables.
    for prefix, options in (("", {"sqlite_with_rowid": False}), ("pruned_", {})):
        op.create_table(
            f"{prefix}ci_job_days",
            sa.Column("day", sa.Date, nullable=False),
            sa.Column("ecosystem", sa.Text, nullable=False),
            sa.Column("runner_os", sa.Text, nullable=False),
            *(sa.Column(name, sa.BigInteger, nullable=False) for name in JOB_SUMS),
            sa.PrimaryKeyConstraint(
                "day", "ecosystem", "runner_os", name=f"pk_{prefix}ci_job_days"
            ),
            **options,
        )
        op.create_table(
            f"{prefix}ci_wait_days",
            sa.Column("ecosystem", sa.Text, nullable=False),
            sa.Column("day", sa.Date, nullable=False),
            sa.Column("runner_os", sa.Text, nullable=False),
            sa.Column("wait_seconds", sa.BigInteger, nullable=False, autoincrement=False),
            sa.Column("jobs", sa.BigInteger, nullable=False),
            sa.PrimaryKeyConstraint(
                "ecosystem", "day", "runner_os", "wait_seconds", name=f"pk_{prefix}ci_wait_days"
            ),
            **options,
        )
    op.create_table(
        "wait_limits",
        sa.Column("runner_os", sa.Text, nullable=False),
        sa.Column("seconds", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("runner_os", name="pk_wait_limits"),
    )


def downgrade() -> None:
    op.drop_table("wait_limits")
    for prefix in ("pruned_", ""):
        op.drop_table(f"{prefix}ci_wait_days")
        op.drop_table(f"{prefix}ci_job_days")
