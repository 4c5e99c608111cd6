"""A full disk is named, and what makes room may use the room that is reserved for it.

`bench/full_disk.py` does the same on a disk that is really full, for which it needs root.
"""

import json
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event

from batch_dashboard.errors import DiskFull
from batch_dashboard.services.administration.changes import Actor, changing
from batch_dashboard.store.administration import system
from batch_dashboard.store.dialects.sqlite import reserve as reserves
from batch_dashboard.store.dialects.sqlite.reserve import Reserve
from batch_dashboard.store.engine import Store
from tests.clients import json_of, post
from tests.command_line import done, run
from tests.databases import is_sqlite
from tests.factories import NOW, batch_run, ingest, recipe_result

MANY = [recipe_result(recipe_name=f"recipe-{number}") for number in range(5_000)]


def fill_disk(store: Store) -> None:
    """Let the database grow no more."""
    if is_sqlite(store):
        event.listen(
            store.database.writer,
            "connect",
            lambda driver, _: driver.execute("PRAGMA max_page_count = 1"),
        )
    else:
        with store.write() as connection:
            connection.exec_driver_sql(
                "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$"
            )
            connection.exec_driver_sql(
                "CREATE TRIGGER no_room BEFORE INSERT ON recipe_results EXECUTE FUNCTION no_room()"
            )
    store.close()


def test_an_upload_on_a_full_disk_is_answered_503_with_the_reason(app: Flask, store: Store) -> None:
    ingest(store, batch_run())
    fill_disk(store)
    answer = post(app.test_client(), batch_run(batch_id="large", results=MANY))
    assert answer.status_code == 503
    assert "disk of the database is full" in json_of(answer)["detail"]
    assert "Retry-After" in answer.headers


def test_a_command_on_a_full_disk_says_so(app: Flask, store: Store, tmp_path: Path) -> None:
    fill_disk(store)
    file = tmp_path / "runs.ndjson"
    file.write_text(json.dumps(batch_run(results=MANY)) + "\n")
    result = run(app, "import", str(file))
    assert result.exit_code == 1
    assert "disk of the database is full" in result.output


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return Path(tmp_path / "batch_dashboard.db")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, file: Path) -> Reserve:
    monkeypatch.setattr(reserves, "RESERVE_BYTES", 8_192)
    monkeypatch.setattr(reserves, "FREE_FOR_RESERVE", 8_192)
    return Reserve(file)


def test_the_reserve_takes_its_room_on_the_disk(small: Reserve) -> None:
    assert not small.is_kept()
    assert small.keep()
    assert small.path.stat().st_blocks * 512 == 8_192
    assert small.keep()


def test_the_reserve_is_not_what_fills_a_disk(
    small: Reserve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reserves, "FREE_FOR_RESERVE", 2**62)
    assert not small.keep()
    assert not small.is_kept()


def test_the_reserve_gives_what_it_has(small: Reserve) -> None:
    assert not small.give(4_096)
    small.keep()
    assert [small.give(4_096) for _ in range(3)] == [True, True, False]
    assert small.path.stat().st_size == 0


def test_only_a_full_disk_gets_the_whole_reserve(
    small: Reserve, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.keep()
    small.give_all_if_full()
    assert small.is_kept()
    monkeypatch.setattr(reserves, "FULL_BYTES", 2**62)
    small.give_all_if_full()
    assert not small.is_kept()


@pytest.mark.parametrize("new_database", ["sqlite"], indirect=True)
def test_deleting_on_a_full_disk_uses_the_reserve_and_an_upload_does_not(
    app: Flask, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert store.database.reserve
    monkeypatch.setattr(reserves, "RESERVE_BYTES", 8_192)
    store.keep_reserve()
    monkeypatch.setattr(reserves, "FULL_BYTES", 2**62)
    ingest(store, batch_run())
    assert store.database.reserve.is_kept()
    client = app.test_client()
    ready = client.get("/readyz")
    assert (ready.status_code, "disk of the database is full" in ready.text) == (503, True)
    assert client.get("/").status_code == 200
    done(app, "runs", "delete", "1", "--reason", "the disk is full")
    assert not store.database.reserve.is_kept()


@pytest.mark.parametrize("new_database", ["sqlite"], indirect=True)
def test_a_backup_is_made_although_it_cannot_be_noted(
    app: Flask, store: Store, tmp_path: Path
) -> None:
    ingest(store, batch_run())
    fill_disk(store)
    for length in (3_000, 300, 30, 1):
        with pytest.raises(DiskFull):
            fill_audit_log(store, length)
    said = done(app, "backup", str(tmp_path / "kept.db"))
    assert "1 batch runs, 2 results" in said
    with store.read() as connection:
        assert system.find_fact(connection, system.LAST_BACKUP) is None


def fill_audit_log(store: Store, length: int) -> None:
    for _ in range(10_000):
        with changing(store, Actor("somebody", "here"), NOW) as change:
            change.record("fill", "x" * length)
