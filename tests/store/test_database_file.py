"""SQLite's file is moved, replaced, removed and put back while it is in use. Real files only."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from batch_dashboard.errors import StoreUnavailable
from batch_dashboard.services.administration.database import upgrade_database
from batch_dashboard.services.administration.rollups import verify_rollups
from batch_dashboard.store import migrations
from batch_dashboard.store.dialects.sqlite.dialect import INCREMENTAL
from batch_dashboard.store.engine import Store
from tests.factories import batch_run, ingest

pytestmark = pytest.mark.usefixtures("no_thread_left")


@pytest.fixture
def file(sqlite_template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copyfile(sqlite_template, tmp_path / "batch_dashboard.db"))


@pytest.fixture
def other(sqlite_template: Path, tmp_path: Path) -> Path:
    """A database to put in the place of the first, with a run of its own."""
    path = Path(shutil.copyfile(sqlite_template, tmp_path / "other.db"))
    theirs = Store(f"sqlite:///{path}", 5)
    ingest(theirs, batch_run(batch_id="of the other file"))
    theirs.close()
    return path


@pytest.fixture
def store(file: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{file}", 5)
    ingest(store, batch_run(batch_id="first"))
    yield store
    store.close()


def batch_ids(store: Store) -> set[str]:
    with store.read() as connection:
        rows = connection.exec_driver_sql("SELECT batch_id FROM batch_runs").scalars()
        return set(rows)


def ids_in(file: Path) -> set[str]:
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return {row[0] for row in connection.execute("SELECT batch_id FROM batch_runs")}
    finally:
        connection.close()


def log_of(file: Path) -> Path:
    return Path(f"{file}-wal")


def test_a_file_renamed_over_the_database_is_used_from_then_on(
    store: Store, file: Path, other: Path
) -> None:
    other.replace(file)
    assert batch_ids(store) == {"of the other file"}
    ingest(store, batch_run(batch_id="second"))
    assert not any(verify_rollups(store).values())
    store.close()
    assert ids_in(file) == {"of the other file", "second"}


def test_the_log_of_the_replaced_file_is_kept_beside_the_new_one(
    store: Store, file: Path, other: Path
) -> None:
    kept = file.with_name("kept.db")
    file.rename(kept)
    other.replace(file)
    assert batch_ids(store) == {"of the other file"}
    [log] = file.parent.glob(f"{file.name}.replaced-*-wal")
    store.close()
    # What was stored last in the old file is only in its log.
    log.rename(log_of(kept))
    assert ids_in(kept) == {"first"}


def test_two_processes_take_the_log_away_once(store: Store, file: Path, other: Path) -> None:
    second = Store(f"sqlite:///{file}", 5)
    assert batch_ids(second) == {"first"}
    other.replace(file)
    assert batch_ids(store) == {"of the other file"}
    ingest(store, batch_run(batch_id="through the first process"))
    assert batch_ids(second) == {"of the other file", "through the first process"}
    ingest(second, batch_run(batch_id="through the second process"))
    assert len(list(file.parent.glob("*.replaced-*-wal"))) == 1
    second.close()
    store.close()
    assert len(ids_in(file)) == 3


def test_what_was_written_into_a_replaced_file_is_not_acknowledged(
    store: Store, file: Path, other: Path
) -> None:
    def write() -> None:
        with store.write() as connection:
            connection.exec_driver_sql("DELETE FROM batch_runs")
            other.replace(file)

    with pytest.raises(StoreUnavailable, match="replaced or removed"):
        write()
    assert batch_ids(store) == {"of the other file"}


def test_a_removed_file_is_missed_and_not_made_again(store: Store, file: Path) -> None:
    file.unlink()
    for _ in range(2):
        with pytest.raises(
            StoreUnavailable,
            match=r"database file batch_dashboard.db is missing.*flask --app app setup",
        ):
            ingest(store, batch_run(batch_id="lost"))
        with pytest.raises(StoreUnavailable, match="is missing"):
            batch_ids(store)
    assert store.database.trim_log(most_bytes=0) == 0
    assert not file.exists()


def test_a_file_that_is_moved_away_and_back_has_lost_nothing(store: Store, file: Path) -> None:
    away = file.with_name("away.db")
    file.rename(away)
    with pytest.raises(StoreUnavailable):
        ingest(store, batch_run(batch_id="lost"))
    away.rename(file)
    ingest(store, batch_run(batch_id="second"))
    assert batch_ids(store) == {"first", "second"}
    store.close()
    assert ids_in(file) == {"first", "second"}


def test_a_file_put_in_the_place_of_a_removed_one_is_used(
    store: Store, file: Path, other: Path
) -> None:
    file.unlink()
    with pytest.raises(StoreUnavailable):
        batch_ids(store)
    other.rename(file)
    assert batch_ids(store) == {"of the other file"}
    store.close()
    assert ids_in(file) == {"of the other file"}


def test_without_its_log_a_database_is_not_written_until_the_service_starts_again(
    store: Store, file: Path
) -> None:
    log_of(file).unlink()
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match=r"-wal was removed .* stopped and started"):
            ingest(store, batch_run(batch_id="lost"))
        with pytest.raises(StoreUnavailable, match="-wal was removed"):
            batch_ids(store)
    store.close()
    again = Store(f"sqlite:///{file}", 5)
    assert batch_ids(again) == {"first"}
    again.close()
    assert ids_in(file) == {"first"}


def test_a_log_removed_during_a_transaction_is_not_trusted(store: Store, file: Path) -> None:
    def write() -> None:
        with store.write() as connection:
            connection.exec_driver_sql("DELETE FROM batch_runs")
            log_of(file).unlink()

    with pytest.raises(StoreUnavailable, match="replaced or removed"):
        write()


def test_an_empty_file_has_no_schema_until_it_is_upgraded(store: Store, file: Path) -> None:
    file.unlink()
    file.touch()
    with pytest.raises(StoreUnavailable, match="database upgrade"):
        ingest(store, batch_run())
    upgrade_database(store)
    ingest(store, batch_run(batch_id="second"))
    assert batch_ids(store) == {"second"}


def test_an_older_schema_is_said_to_be_old(store: Store, file: Path) -> None:
    old = Store(f"sqlite:///{file.with_name('old.db')}", 5)
    migrations.upgrade(old, "0001")
    old.close()
    file.with_name("old.db").replace(file)
    with pytest.raises(StoreUnavailable, match="database upgrade"):
        ingest(store, batch_run())


def test_a_file_that_is_no_database_is_said_to_be_none(store: Store, file: Path) -> None:
    other = file.with_name("text")
    other.write_text("This is not a database. " * 1_000)
    other.replace(file)
    with pytest.raises(StoreUnavailable, match="not a SQLite file"):
        ingest(store, batch_run())


def test_a_database_that_was_never_made_is_not_made_by_reading(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/nowhere/batch_dashboard.db", 5)
    with pytest.raises(StoreUnavailable, match="flask --app app setup"), store.read():
        pass
    assert os.listdir(tmp_path) == []
    upgrade_database(store)
    assert batch_ids(store) == set()
    store.close()


def test_connections_that_all_closed_leave_nothing_to_complain_of(file: Path) -> None:
    store = Store(f"sqlite:///{file}", 5)
    migrations.upgrade(store)  # over a connection of its own, whose log goes with it
    assert batch_ids(store) == set()
    store.close()
    assert batch_ids(store) == set()
    store.close()


def test_a_new_file_can_shrink_and_writes_ahead(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/new.db", 5)
    upgrade_database(store)
    with store.read() as connection:
        assert connection.exec_driver_sql("PRAGMA auto_vacuum").scalar_one() == INCREMENTAL
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    store.close()


def test_a_connection_opens_while_another_one_writes(file: Path) -> None:
    writing, reading = Store(f"sqlite:///{file}", 5), Store(f"sqlite:///{file}", 0.1)
    with writing.write():
        assert batch_ids(reading) == set()
    writing.close()
    reading.close()
