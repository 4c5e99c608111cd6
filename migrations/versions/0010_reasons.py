"""Failure groups by their reason alone: categories beside them, messages searched by word.

Sums are only copied here. Which group a stored result belongs to, and the index of the words in
stored messages, are updated afterwards, a little at a time (services/failures/regrouping.py).

Revision ID: 0010
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import context, op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SUMS = {"failure_group_days": "day", "failure_group_weeks": "week"}
PRUNED_DAYS = "pruned_failure_group_days"
GROUP = "id, error_category, masked_line, sample_message, failed, first_seen_at, last_seen_at"


def upgrade() -> None:
    for name in ("batch_runs", "excluded_runs"):
        op.add_column(name, sa.Column("truncated_at", sa.BigInteger))
    for name in ("recipe_results", "excluded_results"):
        op.add_column(name, sa.Column("telling_line", sa.Text))
    for name, start in (*SUMS.items(), (PRUNED_DAYS, "day")):
        with _replaced(name):
            _create_sums(name, start, category=True)
            op.execute(
                f"INSERT INTO {name} (ecosystem, {start}, failure_group_id, error_category, failed)"
                f" SELECT o.ecosystem, o.{start}, o.failure_group_id,"
                " coalesce(g.error_category, ''), o.failed"
                f" FROM replaced o JOIN {_groups_of(name)} g ON g.id = o.failure_group_id"
            )
    op.create_table(
        "failure_group_categories",
        sa.Column("failure_group_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("error_category", sa.Text, primary_key=True),
        sa.Column("failed", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO failure_group_categories (failure_group_id, error_category, failed)"
        " SELECT id, coalesce(error_category, ''), failed FROM failure_groups"
    )
    with _replaced("failure_groups"):
        _create_groups(with_numbers=True)
        op.execute(
            f"INSERT INTO failure_groups ({GROUP}, is_truncated, number, last_message)"
            f" SELECT {GROUP}, {_false()}, row_number() OVER (ORDER BY id), 0 FROM replaced"
        )
    _create_index_of_lines()
    op.add_column(
        "pruned_failure_groups",
        sa.Column("is_truncated", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "failure_messages",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("results", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("digest", name="uq_failure_messages_digest"),
    )
    _create_words()
    # The failures that have to be grouped again (services/failures/regrouping.py): those of before.
    now = "strftime('%Y-%m-%dT%H:%M:%SZ', 'now')" if _is_sqlite() else "now()"
    op.execute(
        f"INSERT INTO system_facts (name, at, value) SELECT 'failure groups', {now}, "
        "'{\"rule\": 0}' WHERE EXISTS (SELECT 1 FROM failure_groups)"
    )

    _sum_again_after_going_back()


def downgrade() -> None:
    for name in ("failure_words", "failure_messages", "failure_group_categories"):
        op.drop_table(name)
    op.execute("DELETE FROM system_facts WHERE name = 'failure groups'")
    op.drop_column("pruned_failure_groups", "is_truncated")
    op.drop_index("ix_failure_groups_line", "failure_groups")
    with _replaced("failure_groups"):
        _create_groups(with_numbers=False)
        op.execute(f"INSERT INTO failure_groups ({GROUP}) SELECT {GROUP} FROM replaced")
    for name, start in (*SUMS.items(), (PRUNED_DAYS, "day")):
        with _replaced(name):
            _create_sums(name, start, category=False)
            op.execute(
                f"INSERT INTO {name} (ecosystem, {start}, failure_group_id, failed)"
                f" SELECT ecosystem, {start}, failure_group_id, CAST(sum(failed) AS BIGINT)"
                " FROM replaced GROUP BY 1, 2, 3"
            )
    for name in ("recipe_results", "excluded_results"):
        op.drop_column(name, "telling_line")
    for name in ("batch_runs", "excluded_runs"):
        op.drop_column(name, "truncated_at")


def _sum_again_after_going_back() -> None:
    """Have sums made again where a group has results of several categories.

    That is so only where this revision was there before: sums by category were given up then.
    """
    found = op.get_bind().exec_driver_sql(
        "SELECT 1 FROM recipe_results r JOIN failure_groups g ON g.id = r.failure_group_id"
        " WHERE coalesce(r.error_category, '') != coalesce(g.error_category, '') LIMIT 1"
    )
    if found.first():
        context.config.attributes["summed_rows_changed"] = True


@contextmanager
def _replaced(name: str) -> Iterator[None]:
    """A table's rows wait in `replaced` while it is dropped and made anew.

    SQLite cannot change a primary key, and on PostgreSQL names of keys would stay behind.
    """
    op.execute(f"CREATE TABLE replaced AS SELECT * FROM {name}")
    op.drop_table(name)
    yield
    op.drop_table("replaced")


def _groups_of(name: str) -> str:
    return "pruned_failure_groups" if name == PRUNED_DAYS else "failure_groups"


def _create_sums(name: str, start: str, category: bool) -> None:
    key: list[sa.Column[Any]] = [
        sa.Column("ecosystem", sa.Text, primary_key=True),
        sa.Column(start, sa.Date, primary_key=True),
        sa.Column("failure_group_id", sa.BigInteger, primary_key=True, autoincrement=False),
    ]
    if category:
        key.append(sa.Column("error_category", sa.Text, primary_key=True))
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


def _create_groups(with_numbers: bool) -> None:
    columns: list[Any] = [
        sa.Column("id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("error_category", sa.Text),
        sa.Column("masked_line", sa.Text, nullable=False),
        sa.Column("sample_message", sa.Text),
        sa.Column("failed", sa.BigInteger, nullable=False),
        sa.Column("first_seen_at", sa.BigInteger, nullable=False),
        sa.Column("last_seen_at", sa.BigInteger, nullable=False),
    ]
    if with_numbers:
        columns += [
            sa.Column("is_truncated", sa.Boolean, nullable=False),
            sa.Column("number", sa.BigInteger, nullable=False),
            sa.Column("last_message", sa.BigInteger, nullable=False),
            sa.UniqueConstraint("number", name="uq_failure_groups_number"),
        ]
    op.create_table(
        "failure_groups", *columns, sa.PrimaryKeyConstraint("id", name="pk_failure_groups")
    )


def _create_index_of_lines() -> None:
    line = sa.text("substr(masked_line, 1, 100)")
    if _is_sqlite():
        op.create_index("ix_failure_groups_line", "failure_groups", [line])
        return
    op.execute(
        "CREATE INDEX ix_failure_groups_line ON failure_groups"
        " (substr(masked_line, 1, 100) text_pattern_ops)"
    )


def _create_words() -> None:
    if not _is_sqlite():
        op.execute("CREATE TABLE failure_words (id BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)")
        op.execute("CREATE INDEX ix_failure_words_words ON failure_words USING gin (words)")
        return
    # Which words a message holds is asked for, never where and how often.
    op.execute(
        "CREATE VIRTUAL TABLE failure_words USING fts5("
        "words, content='', columnsize=0, detail=none, tokenize=\"ascii tokenchars '_'\")"
    )
    # Merging later spares uploads more than it costs searches (docs/performance.md).
    op.execute("INSERT INTO failure_words (failure_words, rank) VALUES ('automerge', 16)")


def _false() -> str:
    return "0" if _is_sqlite() else "false"


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
