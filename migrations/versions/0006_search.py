"""Runs found by the first characters of their batch id or commit.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_batch_runs_batch_id", "batch_runs")
    set_collation("C")
    op.create_index("ix_batch_runs_batch_id", "batch_runs", ["batch_id", "id"])
    with_commit = sa.text("commit_sha IS NOT NULL")
    op.create_index(
        "ix_batch_runs_commit_sha",
        "batch_runs",
        ["commit_sha", "id"],
        sqlite_where=with_commit,
        postgresql_where=with_commit,
    )


def downgrade() -> None:
    op.drop_index("ix_batch_runs_commit_sha", "batch_runs")
    op.drop_index("ix_batch_runs_batch_id", "batch_runs")
    set_collation("default")
    op.create_index("ix_batch_runs_batch_id", "batch_runs", ["batch_id"])


def set_collation(collation: str) -> None:
    """SQLite orders texts byte by byte anyway; PostgreSQL does in the collation "C"."""
    if op.get_bind().dialect.name == "sqlite":
        return
    for table in ("batch_runs", "excluded_runs"):
        for column in ("batch_id", "commit_sha"):
            op.execute(f'ALTER TABLE {table} ALTER {column} TYPE text COLLATE "{collation}"')
