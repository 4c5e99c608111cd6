"""Ecosystems have parameters of the plan.

Revision ID: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

PARAMETERS = ("plan_failures", "plan_base_seconds", "plan_cap_seconds")


def upgrade() -> None:
    for name in PARAMETERS:
        op.add_column("ecosystem_rules", sa.Column(name, sa.BigInteger))


def downgrade() -> None:
    for name in PARAMETERS:
        op.drop_column("ecosystem_rules", name)
