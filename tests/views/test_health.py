"""What `/readyz` and uploads say while the database cannot be used, and commands with them."""

from pathlib import Path

import pytest
from flask import Flask

from batch_dashboard.store.engine import Store
from tests.clients import json_of, post
from tests.command_line import run
from tests.factories import batch_run

pytestmark = pytest.mark.parametrize("new_database", ["sqlite"], indirect=True)


@pytest.fixture
def file(store: Store) -> Path:
    assert store.database.file
    return store.database.file


def test_a_missing_database_is_named_until_it_is_back(app: Flask, file: Path) -> None:
    client = app.test_client()
    assert client.get("/readyz").status_code == 200
    away = file.with_name("away.db")
    file.rename(away)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert f"The database file {file.name} is missing" in answer.text
    assert str(file.parent) not in answer.text
    upload = post(client, batch_run())
    assert upload.status_code == 503
    assert f"the database file {file.name} is missing" in json_of(upload)["detail"]
    assert client.get("/").status_code == 503
    assert client.get("/healthz").status_code == 200
    away.rename(file)
    assert client.get("/readyz").status_code == 200
    assert post(client, batch_run()).status_code == 201


def test_an_empty_database_is_said_to_have_no_schema(app: Flask, file: Path) -> None:
    client = app.test_client()
    assert client.get("/readyz").status_code == 200
    file.unlink()
    file.touch()
    ready, upload = client.get("/readyz"), post(client, batch_run())
    assert (ready.status_code, upload.status_code) == (503, 503)
    assert "flask --app app database upgrade" in ready.text
    assert "flask --app app database upgrade" in json_of(upload)["detail"]
    assert run(app, "database", "upgrade").exit_code == 0
    assert post(client, batch_run()).status_code == 201


@pytest.mark.parametrize(
    "words",
    [
        ("import", "runs.ndjson"),
        ("rollups", "verify"),
        ("runs", "delete", "1", "--reason", "no reason"),
        ("database", "compact"),
        ("backup", "kept.db"),
    ],
)
def test_commands_do_not_make_a_database(
    app: Flask, file: Path, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("runs.ndjson").write_text('{"batch_id": "b"}\n')
    file.unlink()
    result = run(app, *words)
    assert result.exit_code == 1
    assert "create a new, empty one with `flask --app app setup`" in result.output
    assert f"the database is sqlite:///{file}" in result.output
    assert not file.exists()


def test_set_up_makes_a_database_and_says_so(app: Flask, file: Path) -> None:
    file.unlink()
    said = run(app, "setup")
    assert said.exit_code == 0
    assert f"A new, empty database was created: {file}" in said.output
    assert "A new, empty database" not in run(app, "setup").output
