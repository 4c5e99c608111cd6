"""Trusted publishers: CI workflows that upload with an identity token.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

from batch_dashboard.store.dialects.columns import RowId, UtcTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

RUN_TABLES = ("batch_runs", "excluded_runs")
RUN_COLUMNS = {"trusted_publisher_id": sa.BigInteger, "publisher_claims": sa.Text}


def upgrade() -> None:
    op.create_table(
        "trusted_publishers",
        sa.Column("id", RowId, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("audience", sa.Text),
        sa.Column("claims", sa.Text, nullable=False),
        sa.Column("first_repository_id", sa.Text),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("ecosystems", sa.Text),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("removed_at", UtcTime),
        sa.Column("last_used_at", UtcTime),
        sa.Column("uploads", sa.BigInteger, nullable=False, server_default="0"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "issuer_keys",
        sa.Column("issuer", sa.Text, primary_key=True),
        sa.Column("keys", sa.Text, nullable=False),
        sa.Column("fetched_at", UtcTime, nullable=False),
    )
    for table in RUN_TABLES:
        for name, kind in RUN_COLUMNS.items():
            op.add_column(table, sa.Column(name, kind))


def downgrade() -> None:
    for table in RUN_TABLES:
        for name in RUN_COLUMNS:
            op.drop_column(table, name)
    op.drop_table("issuer_keys")
    op.drop_table("trusted_publishers")
