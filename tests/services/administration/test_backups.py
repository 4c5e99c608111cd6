"""Backups: taken while uploads come in, checked, restored."""

import os
import shutil
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from batch_dashboard.errors import InputError
from batch_dashboard.services.administration.backups import back_up, compact, restore
from batch_dashboard.services.administration.rollups import verify_rollups
from batch_dashboard.store.administration import system
from batch_dashboard.store.engine import Store
from tests.clients import count_runs
from tests.conftest import WAIT_SECONDS
from tests.factories import NOW, batch_run, ingest
from tests.visitors import SOMEBODY


@pytest.fixture
def store(sqlite_template: Path, tmp_path: Path) -> Store:
    file = shutil.copyfile(sqlite_template, tmp_path / "own.db")
    return Store(f"sqlite:///{file}", WAIT_SECONDS)


def test_a_backup_holds_one_moment_though_uploads_go_on(store: Store, tmp_path: Path) -> None:
    stopped = threading.Event()
    stored = 0

    def upload() -> None:
        nonlocal stored
        while not stopped.is_set():
            ingest(store, batch_run(batch_id=f"run {stored}"))
            stored += 1

    uploader = threading.Thread(target=upload)
    uploader.start()
    try:
        seen = []
        for number in range(5):
            file = tmp_path / f"backup-{number}.db"
            contents = back_up(store, SOMEBODY, file, NOW)
            copy = Store(f"sqlite:///{file}", WAIT_SECONDS)
            assert not any(verify_rollups(copy).values())
            assert count_runs(copy) == (contents.batch_runs, contents.recipe_results)
            copy.close()
            seen.append(contents.batch_runs)
            assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    finally:
        stopped.set()
        uploader.join()
    assert seen == sorted(seen)
    assert stored > 0
    with store.read() as connection:
        fact = system.find_fact(connection, system.LAST_BACKUP)
    assert fact is not None
    assert fact.value["batch_runs"] == seen[-1]
    assert sorted(path.name for path in tmp_path.glob(".*")) == []
    store.close()


def test_what_was_backed_up_comes_back(store: Store, tmp_path: Path) -> None:
    ingest(store, batch_run())
    back_up(store, SOMEBODY, tmp_path / "kept.db", NOW)
    ingest(store, batch_run(batch_id="after"))
    done = restore(store, SOMEBODY, tmp_path / "kept.db", NOW)
    assert done.contents.batch_runs == 1
    assert count_runs(store) == (1, 2)
    assert not any(verify_rollups(store).values())
    assert ingest(store, batch_run(batch_id="after")).replayed is False
    before = Store(f"sqlite:///{done.before}", WAIT_SECONDS)
    assert count_runs(before)[0] == 2
    before.close()
    store.close()
    assert sorted(path.name for path in tmp_path.glob(".*")) == []


@pytest.mark.parametrize("damage", ["overwritten", "missing"])
def test_a_backup_takes_the_place_of_a_database_that_cannot_be_read(
    store: Store, tmp_path: Path, damage: str
) -> None:
    ingest(store, batch_run())
    back_up(store, SOMEBODY, tmp_path / "kept.db", NOW)
    store.close()
    database = Path(str(store.url.database))
    if damage == "missing":
        database.unlink()
        Path(f"{database}-wal").write_bytes(b"the log of another database")
    else:
        database.write_bytes(b"no database " * 10_000)
    done = restore(store, SOMEBODY, tmp_path / "kept.db", NOW)
    assert count_runs(store) == (1, 2)
    assert done.was_readable is False
    assert done.before is not None
    if damage == "missing":
        assert Path(f"{done.before}-wal").read_bytes() == b"the log of another database"
    else:
        assert done.before.read_bytes().startswith(b"no database")
    store.close()


def test_a_damaged_or_foreign_file_is_not_restored(store: Store, tmp_path: Path) -> None:
    for hour in range(24):
        ingest(store, batch_run(batch_id=f"run {hour}"))
    whole = tmp_path / "whole.db"
    back_up(store, SOMEBODY, whole, NOW)
    damaged = tmp_path / "damaged.db"
    content = bytearray(whole.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 9_000] = b"\xaa" * 9_000
    damaged.write_bytes(content)
    foreign = tmp_path / "foreign.db"
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE something (x)")
    connection.close()
    text = tmp_path / "text.db"
    text.write_text("not a database at all " * 100)
    newer = Path(shutil.copyfile(whole, tmp_path / "newer.db"))
    with sqlite3.connect(newer) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    for file, words in (
        (damaged, "damaged"),
        (foreign, "not a database of this application"),
        (text, "not a database of this application"),
        (newer, "newer version"),
    ):
        with pytest.raises(InputError, match=words):
            restore(store, SOMEBODY, file, NOW)
    assert count_runs(store)[0] == 24
    store.close()


def test_a_file_that_is_there_is_not_overwritten(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "precious"
    file.write_text("mine")
    with pytest.raises(InputError, match="already exists"):
        back_up(store, SOMEBODY, file, NOW)
    assert file.read_text() == "mine"
    with pytest.raises(InputError, match="cannot be written"):
        back_up(store, SOMEBODY, tmp_path / "nowhere" / "x.db", NOW)
    store.close()


@pytest.mark.usefixtures("tmp_path")
def test_a_file_of_an_older_version_is_rewritten_so_that_it_can_shrink(store: Store) -> None:
    file = Path(str(store.url.database))
    store.close()
    with sqlite3.connect(file, isolation_level=None) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA auto_vacuum = NONE")
        connection.execute("VACUUM")
    connection.close()
    compact(store, SOMEBODY, NOW)
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA auto_vacuum").fetchone() == (2,)
    connection.close()
    store.close()


def test_postgresql_is_told_of_its_own_tools(tmp_path: Path) -> None:
    store = Store("postgresql+psycopg://nobody@127.0.0.1:1/nothing", 1)
    for refuse in (
        lambda: back_up(store, SOMEBODY, tmp_path / "x", NOW),
        lambda: restore(store, SOMEBODY, tmp_path / "x", NOW),
        lambda: compact(store, SOMEBODY, NOW),
    ):
        with pytest.raises(InputError, match="PostgreSQL"):
            refuse()
    store.close()
