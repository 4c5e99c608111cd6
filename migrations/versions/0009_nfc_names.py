"""Names in Unicode NFC: what was stored as two names because of its spelling becomes one.

Sums are made again afterwards (services/administration/database). Going back changes nothing: the
names of an upload are not known to older versions in another spelling either.

Revision ID: 0009
"""

import json
from collections.abc import Callable, Iterator
from typing import Any
from unicodedata import normalize

import sqlalchemy as sa
from alembic import context, op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

RUNS = ("batch_id", "ecosystem")
RESULTS = ("recipe_name", "ecosystem", "platform", "error_category")
# Where the names of each column are read from: a summary where there is one, for it is shorter.
COLUMNS = {
    "batch_runs": dict.fromkeys(RUNS, "batch_runs"),
    "excluded_runs": dict.fromkeys(RUNS, "excluded_runs"),
    "recipe_results": dict(
        zip(RESULTS, ("recipes", "recipes", "recipe_results", "recipe_results"), strict=True)
    ),
    "excluded_results": dict.fromkeys(RESULTS, "excluded_results"),
    "pruned_failure_groups": {"error_category": "pruned_failure_groups"},
    "incidents": {"ecosystem": "incidents", "recipe_name": "incidents"},
}
# One row for each name: of two that become one, the row that has it already stays.
SETTINGS = ("ecosystem_rules", "ecosystem_pauses")
# The names in the key of each table of pruned sums.
PRUNED = {
    "pruned_ecosystem_days": ("ecosystem",),
    "pruned_recipes": ("ecosystem", "recipe_name"),
    "pruned_failure_group_days": ("ecosystem",),
    "pruned_failure_group_recipes": ("ecosystem", "recipe_name"),
}
# How two pruned rows become one; a column that is not here keeps what the row in NFC has.
MERGED: dict[str, Callable[[Any, Any], Any]] = {
    "first_seen_at": min,
    "last_seen_at": max,
    **dict.fromkeys(
        (
            *("runs", "total_recipes", "passed", "failed", "skipped", "empty_runs"),
            *("macos_minutes", "linux_minutes", "macos_unknown_runs", "linux_unknown_runs"),
            *("result_count", "failed_milliseconds"),
        ),
        lambda one, other: one + other,
    ),
}


def upgrade() -> None:
    connection = op.get_bind()
    changed = 0
    for table, sources in COLUMNS.items():
        for column, source in sources.items():
            for old, new in _names(connection, source, column):
                changed += _execute(
                    connection,
                    f"UPDATE {table} SET {column} = :new WHERE {column} = :old",
                    old=old,
                    new=new,
                )
    for table in SETTINGS:
        for old, new in _names(connection, table, "ecosystem"):
            unless = f"NOT EXISTS (SELECT 1 FROM {table} WHERE ecosystem = :new)"
            _execute(
                connection,
                f"UPDATE {table} SET ecosystem = :new WHERE ecosystem = :old AND {unless}",
                old=old,
                new=new,
            )
            _execute(connection, f"DELETE FROM {table} WHERE ecosystem = :old", old=old)
    for table, names in PRUNED.items():
        changed += _merge(connection, table, names)
    _rename_in_tokens(connection)
    if changed:
        context.config.attributes["summed_rows_changed"] = True


def downgrade() -> None:
    pass


def _names(connection: sa.Connection, table: str, column: str) -> Iterator[tuple[str, str]]:
    """The names of a column that are not in NFC, each with how it is spelt there."""
    rows = connection.execute(
        sa.text(f"SELECT DISTINCT {column} FROM {table} WHERE {_odd(connection, column)}")
    )
    for name in rows.scalars().all():
        if normalize("NFC", name) != name:
            yield name, normalize("NFC", name)


def _odd(connection: sa.Connection, column: str) -> str:
    """A condition on names with other characters than ASCII has."""
    if connection.dialect.name == "sqlite":
        return f"{column} GLOB '*[^ -~]*'"
    return f"{column} ~ '[^ -~]'"


def _merge(connection: sa.Connection, table: str, names: tuple[str, ...]) -> int:
    keys = sa.inspect(connection).get_pk_constraint(table)["constrained_columns"]
    where = " AND ".join(f"{key} = :{key}" for key in keys)
    odd = " OR ".join(_odd(connection, name) for name in names)
    rows = connection.execute(sa.text(f"SELECT * FROM {table} WHERE {odd}")).mappings().all()
    changed = 0
    for row in rows:
        old = {key: row[key] for key in keys}
        new = {key: normalize("NFC", old[key]) if key in names else old[key] for key in keys}
        if new == old:
            continue
        found = connection.execute(sa.text(f"SELECT * FROM {table} WHERE {where}"), new)
        there = found.mappings().one_or_none()
        if there is None:
            values = {f"new_{name}": new[name] for name in names}
            sets = ", ".join(f"{name} = :new_{name}" for name in names)
            _execute(connection, f"UPDATE {table} SET {sets} WHERE {where}", **values, **old)
        else:
            values = {
                f"new_{name}": merge(there[name], row[name])
                for name, merge in MERGED.items()
                if name in row
            }
            sets = ", ".join(f"{name.removeprefix('new_')} = :{name}" for name in values)
            _execute(connection, f"UPDATE {table} SET {sets} WHERE {where}", **values, **new)
            _execute(connection, f"DELETE FROM {table} WHERE {where}", **old)
        changed += 1
    return changed


def _rename_in_tokens(connection: sa.Connection) -> None:
    rows = connection.execute(
        sa.text("SELECT id, ecosystems FROM ingest_tokens WHERE ecosystems IS NOT NULL")
    )
    for token_id, ecosystems in rows.all():
        names = [normalize("NFC", name) for name in json.loads(ecosystems)]
        text = json.dumps(list(dict.fromkeys(names)))
        if text != ecosystems:
            _execute(
                connection,
                "UPDATE ingest_tokens SET ecosystems = :text WHERE id = :id",
                text=text,
                id=token_id,
            )


def _execute(connection: sa.Connection, statement: str, **values: Any) -> int:
    return connection.execute(sa.text(statement), values).rowcount
