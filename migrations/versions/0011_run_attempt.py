"""Batch runs say which attempt of the same CI run they are.

Revision ID: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

RUN_TABLES = ("batch_runs", "excluded_runs")


def upgrade() -> None:
    for table in RUN_TABLES:
        op.add_column(table, sa.Column("run_attempt", sa.BigInteger))


def downgrade() -> None:
    for table in RUN_TABLES:
        op.drop_column(table, "run_attempt")
