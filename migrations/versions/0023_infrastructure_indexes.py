"""Failures of the infrastructure are found by indexes, as they do not count in the SLO.

Revision ID: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

INDEXES = {
    "failure_groups": ("last_seen_at",),
    "failure_group_weeks": ("ecosystem", "week"),
}
OF_INFRASTRUCTURE = sa.text("failure_class = 'infrastructure'")


def upgrade() -> None:
    for table, columns in INDEXES.items():
        op.create_index(
            f"ix_{table}_infrastructure",
            table,
            list(columns),
            sqlite_where=OF_INFRASTRUCTURE,
            postgresql_where=OF_INFRASTRUCTURE,
        )


def downgrade() -> None:
    for table in INDEXES:
        op.drop_index(f"ix_{table}_infrastructure", table)
