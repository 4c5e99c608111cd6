"""Files in, batch runs out: every kind of file, bad entries, and running it again."""

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from batch_dashboard.errors import ImportFileError
from batch_dashboard.services.administration.rollups import verify_rollups
from batch_dashboard.store.engine import Store
from tests.clients import count_runs
from tests.factories import batch_run
from tests.services.ingest.import_files import older_database, run_import


def payloads(count: int) -> list[dict[str, Any]]:
    return [batch_run(started_at=f"2026-11-20T0{hour}:00:00Z") for hour in range(count)]


@pytest.mark.parametrize("packed", [False, True])
def test_payloads_a_line_are_stored_and_bad_lines_named(
    store: Store, tmp_path: Path, packed: bool
) -> None:
    good = [json.dumps(payload) for payload in payloads(3)]
    text = "\n".join([good[0], "{nonsense", good[1], "", json.dumps({"batch_id": "x"}), good[2]])
    path = tmp_path / "runs"
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    report, refused = run_import(store, path)
    assert (report.stored_runs, report.stored_results, report.refused) == (3, 6, 2)
    assert [place for place, _ in refused] == ["line 2", "line 5"]
    assert "invalid JSON" in refused[0][1]
    assert refused[1][1] == "ecosystem is required (and 3 more problems)"
    assert count_runs(store) == (3, 6)
    assert not any(verify_rollups(store).values())


def test_running_an_import_again_doubles_nothing(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "runs.ndjson"
    path.write_text("\n".join(map(json.dumps, payloads(2))))
    run_import(store, path)
    path.write_text("\n".join(map(json.dumps, payloads(4))))
    report, _ = run_import(store, path)
    assert (report.known_runs, report.stored_runs) == (2, 2)
    assert count_runs(store) == (4, 8)


def test_a_sqlite_file_of_the_known_tables_is_stored(store: Store, tmp_path: Path) -> None:
    path = older_database(tmp_path / "older.db")
    report, refused = run_import(store, path)
    assert (report.stored_runs, report.stored_results, refused) == (3, 6, [])
    again, _ = run_import(store, path)
    assert (again.known_runs, again.stored_runs) == (3, 0)
    assert not any(verify_rollups(store).values())


def test_wrong_rows_of_a_sqlite_file_are_named_while_the_rest_goes_in(
    store: Store, tmp_path: Path
) -> None:
    path = older_database(tmp_path / "older.db")
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE batch_runs SET passed = 0 WHERE id = 2")
        database.execute("UPDATE recipe_results SET batch_run_id = 99 WHERE batch_run_id = 3")
        database.commit()
    report, refused = run_import(store, path)
    assert report.stored_runs == 2
    assert refused == [
        ("batch_runs id 2", "results lists 1 passed, more than passed says (0)"),
        ("batch_run_id 99", "2 results belong to no batch run"),
    ]


def test_a_sql_dump_is_stored(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "dump.sql"
    with closing(sqlite3.connect(older_database(tmp_path / "older.db"))) as database:
        statements = list(database.iterdump())
    statements.insert(2, "ATTACH DATABASE 'never.db' AS other;")
    path.write_text("PRAGMA defer_foreign_keys=TRUE;\n" + "\n".join(statements))
    report, refused = run_import(store, path)
    assert (report.stored_runs, report.stored_results, refused) == (3, 6, [])


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"name,value\n", "neither NDJSON"), (b"CREATE TABLE x (y);", "there is no table")],
)
def test_a_file_of_no_known_kind_is_named(
    store: Store, tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(ImportFileError, match=message):
        run_import(store, path)


def test_a_file_that_is_not_there_is_named(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="No such file"):
        run_import(store, tmp_path / "nowhere")
