"""Failure groups have a class, and sums of failures are kept by the class that clients reported.

Revision ID: 0015
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import context, op

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None

SUMS = {"failure_group_days": "day", "failure_group_weeks": "week"}
PRUNED_DAYS = "pruned_failure_group_days"
NEW_KEY = "failure_class"


def upgrade() -> None:
    # Every group gets its class when the schema is there (services/administration/database.py).
    op.add_column(
        "failure_groups", sa.Column(NEW_KEY, sa.Text, nullable=False, server_default="unknown")
    )
    for name, start in (*SUMS.items(), (PRUNED_DAYS, "day")):
        key = f"ecosystem, {start}, failure_group_id, error_category"
        with _replaced(name):
            _create_sums(name, start, NEW_KEY)
            op.execute(
                f"INSERT INTO {name} ({key}, {NEW_KEY}, failed)"
                f" SELECT {key}, '', failed FROM replaced"
            )
    op.create_table(
        "failure_class_rules",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("failure_class", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_failure_class_rules"),
        sqlite_autoincrement=True,
    )
    reported = op.get_bind().exec_driver_sql(
        "SELECT 1 FROM recipe_results"
        " WHERE failure_group_id IS NOT NULL AND failure_class IS NOT NULL LIMIT 1"
    )
    if reported.first():
        context.config.attributes["summed_rows_changed"] = True


def downgrade() -> None:
    op.drop_table("failure_class_rules")
    for name, start in (*SUMS.items(), (PRUNED_DAYS, "day")):
        key = f"ecosystem, {start}, failure_group_id, error_category"
        with _replaced(name):
            _create_sums(name, start)
            op.execute(
                f"INSERT INTO {name} ({key}, failed)"
                f" SELECT {key}, CAST(sum(failed) AS BIGINT) FROM replaced GROUP BY {key}"
            )
    op.drop_column("failure_groups", NEW_KEY)


@contextmanager
def _replaced(name: str) -> Iterator[None]:
    """A table's rows wait in `replaced` while it is made again: SQLite cannot change a key."""
    op.execute(f"CREATE TABLE replaced AS SELECT * FROM {name}")
    op.drop_table(name)
    yield
    op.drop_table("replaced")


def _create_sums(name: str, start: str, *more: str) -> None:
    key: list[sa.Column[Any]] = [
        sa.Column("ecosystem", sa.Text, nullable=False),
        sa.Column(start, sa.Date, nullable=False),
        sa.Column("failure_group_id", sa.BigInteger, nullable=False, autoincrement=False),
        *(sa.Column(column, sa.Text, nullable=False) for column in ("error_category", *more)),
    ]
    is_pruned = name == PRUNED_DAYS
    op.create_table(
        name,
        *key,
        sa.Column("failed", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint(*(column.name for column in key), name=f"pk_{name}"),
        sqlite_with_rowid=is_pruned,
    )
    if not is_pruned:
        op.create_index(f"ix_{name}_group", name, ["failure_group_id", start])
