"""What pages need to stay quick: orders of runs, failures by week, recent attempts of recipes.

The sums are emptied both ways, so that `database upgrade` sums everything again and groups failed
results by the rule in force.

Revision ID: 0003
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

RUN_ORDERS = {
    "failed": "failed",
    "success_rate": "coalesce(success_rate, -1)",
    "macos_minutes": "coalesce(macos_minutes, -1)",
    "linux_minutes": "coalesce(linux_minutes, -1)",
}


def upgrade() -> None:
    for name, value in RUN_ORDERS.items():
        op.create_index(
            f"ix_batch_runs_{name}",
            "batch_runs",
            [sa.text(value), "started_at", "id", "ecosystem"],
        )
    some_passed = sa.text("passed > 0")
    op.create_index(
        "ix_batch_runs_with_pass",
        "batch_runs",
        ["ecosystem", "started_at"],
        sqlite_where=some_passed,
        postgresql_where=some_passed,
    )
    empty_sums()
    # By ecosystem first: a page asks for one of them, or for all together, over many days.
    op.drop_table("failure_group_days")
    for name, start in (("failure_group_days", "day"), ("failure_group_weeks", "week")):
        create_failure_sums(name, start, ("ecosystem", start, "failure_group_id"))
    op.add_column(
        "recipes", sa.Column("recent_attempts", sa.Text, nullable=False, server_default="")
    )


def downgrade() -> None:
    empty_sums()
    op.drop_column("recipes", "recent_attempts")
    op.drop_table("failure_group_weeks")
    op.drop_table("failure_group_days")
    create_failure_sums("failure_group_days", "day", ("day", "ecosystem", "failure_group_id"))
    op.drop_index("ix_batch_runs_with_pass", "batch_runs")
    for name in reversed(RUN_ORDERS):
        op.drop_index(f"ix_batch_runs_{name}", "batch_runs")


def create_failure_sums(name: str, start: str, key: tuple[str, ...]) -> None:
    columns: dict[str, sa.Column[Any]] = {
        start: sa.Column(start, sa.Date, nullable=False),
        "ecosystem": sa.Column("ecosystem", sa.Text, nullable=False),
        "failure_group_id": sa.Column("failure_group_id", sa.BigInteger, nullable=False),
    }
    op.create_table(
        name,
        *(columns[column] for column in key),
        sa.Column("failed", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"),
        sqlite_with_rowid=False,
    )
    op.create_index(f"ix_{name}_group", name, ["failure_group_id", start])


def empty_sums() -> None:
    """`database upgrade` fills them again: it takes their absence for a schema brought forward."""
    for name in (
        "failure_group_recipes",
        "failure_group_days",
        "failure_groups",
        "recipes",
        "ecosystem_days",
    ):
        op.execute(sa.delete(sa.table(name)))
