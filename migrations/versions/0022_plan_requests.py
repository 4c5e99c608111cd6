"""Operators can ask to try a recipe that waits; plans have versions.

Revision ID: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plan_requests",
        sa.Column("ecosystem", sa.Text, nullable=False),
        sa.Column("recipe_name", sa.Text, nullable=False),
        sa.Column("requested_at", sa.BigInteger, nullable=False),
        sa.Column("requested_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("ecosystem", "recipe_name", name="pk_plan_requests"),
    )
    op.create_table(
        "plan_versions",
        sa.Column("ecosystem", sa.Text, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("ecosystem", name="pk_plan_versions"),
        sqlite_with_rowid=False,
    )
    # The streaks are there already, if only by a few minutes.
    op.execute(
        "INSERT INTO plan_versions (ecosystem, version)"
        " SELECT DISTINCT ecosystem, 0 FROM recipe_streaks"
    )


def downgrade() -> None:
    op.drop_table("plan_versions")
    op.drop_table("plan_requests")
