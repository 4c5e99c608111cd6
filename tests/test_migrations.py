"""The schema's history, on both databases, empty and filled."""

import re
import shutil
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Table, create_engine, select
from sqlalchemy.pool import StaticPool

from batch_dashboard.services.administration.database import upgrade_database
from batch_dashboard.services.administration.rollups import verify_rollups
from batch_dashboard.store import migrations
from batch_dashboard.store.engine import Store
from batch_dashboard.store.schema import metadata
from tests.factories import batch_run, failed_result, ingest, recipe_result


def rows(store: Store) -> dict[str, list[tuple[object, ...]]]:
    def table_rows(table: Table) -> list[tuple[object, ...]]:
        return sorted(map(tuple, connection.execute(select(table))), key=repr)

    with store.read() as connection:
        tables = metadata.tables.items()
        # Versions are random.
        return {name: table_rows(table) for name, table in tables if name != "plan_versions"}


def is_table_of_the_schema(name: str | None, kind: str, _parents: object) -> bool:
    """Whether it is described in schema.py; the full-text index has a form of its own in each."""
    return kind != "table" or name is None or not name.startswith("failure_words")


# What SQLAlchemy does not read back is held by the test after this one.
@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_the_history_ends_at_the_schema(store: Store) -> None:
    with store.read() as connection:
        assert migrations.current_revision(connection) == migrations.latest_revision()
        context = MigrationContext.configure(
            connection, opts={"include_name": is_table_of_the_schema}
        )
        assert compare_metadata(context, metadata) == []


def test_the_history_ends_at_the_indexes_of_the_schema(sqlite_template: Path) -> None:
    def definitions(url: str) -> dict[str, str]:
        engine = create_engine(url, poolclass=StaticPool)
        with engine.begin() as connection:
            if url == "sqlite://":
                metadata.create_all(connection)
            found = connection.exec_driver_sql(
                "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
            ).all()
        engine.dispose()
        return {name: re.sub(r'["\s]|\w+\.', "", sql) for name, sql in found}

    migrated = definitions(f"sqlite:///{sqlite_template}")
    assert "ix_batch_runs_macos_minutes" in migrated
    assert migrated == definitions("sqlite://")


def test_going_back_and_forward_loses_nothing(store: Store) -> None:
    for hour in range(4):
        ingest(
            store,
            batch_run(
                started_at=f"2026-11-20T{hour:02}:00:00Z",
                macos_minutes=None if hour else 1 / 3,
                results=[recipe_result(), failed_result(error_message=f"Error: exit {hour}")],
            ),
        )
    before = rows(store)
    migrations.downgrade(store, "0001")
    with store.read() as connection:
        assert migrations.current_revision(connection) == "0001"
    assert upgrade_database(store) is True
    assert not any(verify_rollups(store).values())
    assert rows(store) == before


def test_going_back_to_the_beginning_and_forward_again(store: Store) -> None:
    ingest(store, batch_run())
    migrations.downgrade(store, "base")
    assert upgrade_database(store) is False
    assert ingest(store, batch_run()).replayed is False


def test_a_migration_that_loses_parents_is_undone(sqlite_template: Path, tmp_path: Path) -> None:
    file = shutil.copyfile(sqlite_template, tmp_path / "own.db")
    store = Store(f"sqlite:///{file}", 5)
    ingest(store, batch_run())

    def lose_parents() -> None:
        with migrations.migrating(store) as (_config, connection):
            connection.exec_driver_sql("DELETE FROM batch_runs")

    with pytest.raises(RuntimeError, match="2 rows without parent"):
        lose_parents()
    assert len(rows(store)["batch_runs"]) == 1
    store.close()
