"""Columns of notifications and forms get the names that the field uses.

Revision ID: 0017
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

RENAMED_COLUMNS = (
    ("incidents", "told_severity", "notified_severity"),
    ("incidents", "told_closed", "closed_notified"),
    ("alert_destinations", "sealed_url", "encrypted_url"),
    ("alert_destinations", "least_severity", "min_severity"),
    ("used_forms", "spent_at", "used_at"),
)


def upgrade() -> None:
    op.rename_table("spent_forms", "used_forms")
    for table, old, new in RENAMED_COLUMNS:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    op.drop_index("ix_spent_forms_spent_at", "used_forms")
    op.create_index("ix_used_forms_used_at", "used_forms", ["used_at"])


def downgrade() -> None:
    op.drop_index("ix_used_forms_used_at", "used_forms")
    for table, old, new in RENAMED_COLUMNS:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {new} TO {old}")
    op.rename_table("used_forms", "spent_forms")
    op.create_index("ix_spent_forms_spent_at", "spent_forms", ["spent_at"])
