"""Batch runs have CI jobs; results have the version that was tried and a failure class.

Revision ID: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

RESULT_TABLES = ("recipe_results", "excluded_results")
NEW_COLUMNS = ("recipe_version", "failure_class")


def upgrade() -> None:
    for table in RESULT_TABLES:
        for column in NEW_COLUMNS:
            op.add_column(table, sa.Column(column, sa.Text))
    row_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "ci_jobs",
        sa.Column("id", row_id, nullable=False),
        sa.Column("batch_run_id", row_id, nullable=False),
        *_job_columns(),
        sa.PrimaryKeyConstraint("id", name="pk_ci_jobs"),
        sa.ForeignKeyConstraint(
            ["batch_run_id"],
            ["batch_runs.id"],
            name="fk_ci_jobs_batch_run_id_batch_runs",
            ondelete="CASCADE",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_ci_jobs_batch_run", "ci_jobs", ["batch_run_id"])
    op.create_table(
        "excluded_ci_jobs",
        sa.Column("id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("batch_run_id", row_id, nullable=False),
        *_job_columns(),
        sa.PrimaryKeyConstraint("id", name="pk_excluded_ci_jobs"),
    )
    op.create_index("ix_excluded_ci_jobs_batch_run", "excluded_ci_jobs", ["batch_run_id"])


def downgrade() -> None:
    op.drop_table("excluded_ci_jobs")
    op.drop_table("ci_jobs")
    for table in RESULT_TABLES:
        for column in NEW_COLUMNS:
            op.drop_column(table, column)


def _job_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("runner_os", sa.Text, nullable=False),
        sa.Column("queued_at", sa.BigInteger),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("completed_at", sa.BigInteger),
    ]
