"""Rollups of batch runs, summaries of recipes and of failure groups.

All of it is computed from the rows of revision 0001: going back loses nothing, and after going
forward on a filled database `rollups rebuild` fills it (the `database upgrade` command does so).

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UNIX_TIME = sa.BigInteger()
DOUBLE: sa.Double[float] = sa.Double().with_variant(sa.REAL, "sqlite")


def count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def upgrade() -> None:
    for name in ("result_count", "failed_milliseconds"):
        op.add_column(
            "batch_runs", sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
        )
    op.add_column("recipe_results", sa.Column("failure_group_id", sa.BigInteger))
    failed_only = sa.text("failure_group_id IS NOT NULL")
    op.create_index(
        "ix_recipe_results_failure_group",
        "recipe_results",
        ["failure_group_id", "started_at"],
        sqlite_where=failed_only,
        postgresql_where=failed_only,
    )

    op.create_table(
        "ecosystem_days",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("ecosystem", sa.Text, nullable=False),
        count("runs"),
        count("total_recipes"),
        count("passed"),
        count("failed"),
        count("skipped"),
        count("empty_runs"),
        sa.Column("macos_minutes", DOUBLE, nullable=False),
        sa.Column("linux_minutes", DOUBLE, nullable=False),
        count("macos_unknown_runs"),
        count("linux_unknown_runs"),
        count("result_count"),
        count("failed_milliseconds"),
        sa.PrimaryKeyConstraint("day", "ecosystem", name="pk_ecosystem_days"),
        sqlite_with_rowid=False,
    )

    op.create_table(
        "recipes",
        sa.Column("ecosystem", sa.Text, nullable=False),
        sa.Column("recipe_name", sa.Text, nullable=False),
        count("passed"),
        count("failed"),
        count("skipped"),
        count("failed_milliseconds"),
        count("failure_streak"),
        sa.Column("failing_since", UNIX_TIME),
        sa.Column("first_seen_at", UNIX_TIME, nullable=False),
        sa.Column("last_seen_at", UNIX_TIME, nullable=False),
        sa.Column("last_passed_at", UNIX_TIME),
        sa.Column("last_failed_at", UNIX_TIME),
        sa.PrimaryKeyConstraint("ecosystem", "recipe_name", name="pk_recipes"),
        sqlite_with_rowid=False,
    )
    in_a_streak = sa.text("failure_streak != 0")
    op.create_index(
        "ix_recipes_failure_streak",
        "recipes",
        ["failure_streak"],
        sqlite_where=in_a_streak,
        postgresql_where=in_a_streak,
    )

    op.create_table(
        "failure_groups",
        sa.Column("id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("error_category", sa.Text),
        sa.Column("masked_line", sa.Text, nullable=False),
        sa.Column("sample_message", sa.Text),
        count("failed"),
        sa.Column("first_seen_at", UNIX_TIME, nullable=False),
        sa.Column("last_seen_at", UNIX_TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_failure_groups"),
    )
    op.create_table(
        "failure_group_days",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("ecosystem", sa.Text, nullable=False),
        sa.Column("failure_group_id", sa.BigInteger, nullable=False),
        count("failed"),
        sa.PrimaryKeyConstraint(
            "day", "ecosystem", "failure_group_id", name="pk_failure_group_days"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_failure_group_days_group", "failure_group_days", ["failure_group_id", "day"]
    )
    op.create_table(
        "failure_group_recipes",
        sa.Column("ecosystem", sa.Text, nullable=False),
        sa.Column("recipe_name", sa.Text, nullable=False),
        sa.Column("failure_group_id", sa.BigInteger, nullable=False),
        count("failed"),
        sa.Column("first_seen_at", UNIX_TIME, nullable=False),
        sa.Column("last_seen_at", UNIX_TIME, nullable=False),
        sa.PrimaryKeyConstraint(
            "ecosystem", "recipe_name", "failure_group_id", name="pk_failure_group_recipes"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_failure_group_recipes_group", "failure_group_recipes", ["failure_group_id"])


def downgrade() -> None:
    for table in (
        "failure_group_recipes",
        "failure_group_days",
        "failure_groups",
        "recipes",
        "ecosystem_days",
    ):
        op.drop_table(table)
    op.drop_index("ix_recipe_results_failure_group", "recipe_results")
    op.drop_column("recipe_results", "failure_group_id")
    op.drop_column("batch_runs", "failed_milliseconds")
    op.drop_column("batch_runs", "result_count")
