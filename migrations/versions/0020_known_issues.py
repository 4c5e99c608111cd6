"""Operators can declare failures that are expected until a day.

Revision ID: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

STILL_OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "known_issues",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("failure_group_id", sa.BigInteger),
        sa.Column("ecosystem", sa.Text),
        sa.Column("recipe_name", sa.Text),
        sa.Column("platform", sa.Text),
        sa.Column("link", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("expires_on", sa.Date, nullable=False),
        sa.Column("is_synced", sa.Boolean, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("outcome", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_known_issues"),
        sqlite_autoincrement=True,
    )
    for name, columns in (
        ("recipe", ["ecosystem", "recipe_name"]),
        ("group", ["failure_group_id"]),
    ):
        op.create_index(
            f"ix_known_issues_{name}",
            "known_issues",
            columns,
            sqlite_where=STILL_OPEN,
            postgresql_where=STILL_OPEN,
        )


def downgrade() -> None:
    op.drop_table("known_issues")
