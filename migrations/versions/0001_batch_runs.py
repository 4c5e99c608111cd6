"""Batch runs and their results, ingest tokens, users.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
# Text on SQLite, as clients of the older schema wrote it.
UTC_TIME = sa.DateTime(timezone=True).with_variant(sa.Text, "sqlite")
UNIX_TIME = sa.BigInteger()
DOUBLE: sa.Double[float] = sa.Double().with_variant(sa.REAL, "sqlite")


def count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def upgrade() -> None:
    op.create_table(
        "batch_runs",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("batch_id", sa.Text, nullable=False),
        sa.Column("ecosystem", sa.Text, nullable=False),
        sa.Column("started_at", UTC_TIME, nullable=False),
        sa.Column("completed_at", UTC_TIME),
        count("total_recipes"),
        count("passed"),
        count("failed"),
        count("skipped"),
        sa.Column("success_rate", DOUBLE),
        sa.Column("macos_minutes", DOUBLE),
        sa.Column("linux_minutes", DOUBLE),
        sa.Column("run_url", sa.Text),
        sa.Column("commit_sha", sa.Text),
        sa.Column("content_digest", sa.LargeBinary, nullable=False),
        sa.Column("ingest_token_id", sa.BigInteger),
        sa.Column("stored_at", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_batch_runs"),
        sa.UniqueConstraint("content_digest", name="uq_batch_runs_content_digest"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_batch_runs_started_at", "batch_runs", ["started_at", "id"])
    op.create_index("ix_batch_runs_ecosystem", "batch_runs", ["ecosystem", "started_at", "id"])
    op.create_index("ix_batch_runs_batch_id", "batch_runs", ["batch_id"])

    op.create_table(
        "recipe_results",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("batch_run_id", ROW_ID, nullable=False),
        sa.Column("recipe_name", sa.Text, nullable=False),
        sa.Column("ecosystem", sa.Text, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("error_category", sa.Text),
        sa.Column("error_message", sa.Text),
        sa.Column("duration_seconds", DOUBLE),
        sa.Column("platform", sa.Text),
        sa.Column("started_at", UNIX_TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recipe_results"),
        sa.ForeignKeyConstraint(
            ["batch_run_id"],
            ["batch_runs.id"],
            name="fk_recipe_results_batch_run_id",
            ondelete="CASCADE",
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_recipe_results_batch_run", "recipe_results", ["batch_run_id"])
    op.create_index(
        "ix_recipe_results_recipe", "recipe_results", ["recipe_name", "ecosystem", "started_at"]
    )

    op.create_table(
        "idempotency_keys",
        sa.Column("idempotency_key", sa.Text, nullable=False),
        sa.Column("batch_run_id", ROW_ID, nullable=False),
        sa.PrimaryKeyConstraint("idempotency_key", name="pk_idempotency_keys"),
        sa.ForeignKeyConstraint(
            ["batch_run_id"],
            ["batch_runs.id"],
            name="fk_idempotency_keys_batch_run_id",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_idempotency_keys_batch_run", "idempotency_keys", ["batch_run_id"])

    op.create_table(
        "ingest_tokens",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("token_prefix", sa.Text, nullable=False),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("expires_at", UTC_TIME),
        sa.Column("revoked_at", UTC_TIME),
        sa.Column("last_used_at", UTC_TIME),
        sa.PrimaryKeyConstraint("id", name="pk_ingest_tokens"),
        sa.UniqueConstraint("token_hash", name="uq_ingest_tokens_token_hash"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "users",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    for table in ("users", "ingest_tokens", "idempotency_keys", "recipe_results", "batch_runs"):
        op.drop_table(table)
