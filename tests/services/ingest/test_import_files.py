"""Files as other programs write them: byte order marks, arrays, dumps, old schemas, hostile SQL."""

import gzip
import io
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from batch_dashboard.errors import ImportFileError
from batch_dashboard.services.administration.database import upgrade_database
from batch_dashboard.services.ingest import import_dumps, import_payloads
from batch_dashboard.services.ingest.import_dumps import load_dump, statements
from batch_dashboard.services.ingest.import_entries import Entry
from batch_dashboard.services.ingest.import_sources import open_source
from batch_dashboard.services.ingest.import_tables import TABLES
from batch_dashboard.store.engine import Store
from batch_dashboard.store.schema import (
    batch_runs,
    ci_job_days,
    ci_jobs,
    ci_wait_days,
    recipe_results,
)
from batch_dashboard.store.spending.ci_jobs import fetch_of_run
from tests.factories import batch_run, ci_job, failed_result, ingest, recipe_result
from tests.services.ingest.import_files import OLDER_SCHEMA, older_database, run_import

BOM = b"\xef\xbb\xbf"
ONE = batch_run(started_at="2026-11-20T01:00:00Z")
TWO = batch_run(started_at="2026-11-20T02:00:00Z", batch_id="naïve 💥 ]},{[")


def entries_of(path: Path, content: str | bytes) -> list[Entry]:
    """What a file of some content holds."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with open_source(path) as source:
        return list(source.entries)


def payloads_of(path: Path, content: str | bytes) -> list[Any]:
    entries = entries_of(path, content)
    assert [entry.problem for entry in entries] == [None] * len(entries)
    return [entry.payload for entry in entries]


def dumps(*payloads: Any, **options: Any) -> str:
    return "\n".join(json.dumps(payload, **options) for payload in payloads)


@pytest.mark.parametrize("bom", [b"", BOM])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    "content",
    [
        dumps(ONE, TWO),
        dumps(ONE, TWO, indent=2),
        dumps([ONE, TWO]),
        f"\n {dumps([ONE, TWO], indent=1, ensure_ascii=False)}\n\n",
    ],
    ids=["lines", "pretty", "array", "pretty array"],
)
def test_payloads_are_read_however_they_are_laid_out(
    tmp_path: Path, content: str, pack: Any, bom: bytes
) -> None:
    assert payloads_of(tmp_path / "runs", pack(bom + content.encode())) == [ONE, TWO]


def test_an_array_of_any_length_is_read_a_piece_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = [batch_run(batch_id="x" * (number % 7)) for number in range(30)]
    for characters in (1, 7, 100, 5_000):
        monkeypatch.setattr(import_payloads, "CHUNK_CHARACTERS", characters)
        assert payloads_of(tmp_path / "runs", dumps(wanted, indent=1)) == wanted
    assert payloads_of(tmp_path / "runs", "[]") == []


def test_a_bad_element_is_named_while_the_rest_goes_in(tmp_path: Path) -> None:
    content = f'[{dumps(ONE)}, {{"a": 1, "a": 2}}, {{"a": NaN}}, 5, {dumps(TWO)}]'
    entries = entries_of(tmp_path / "runs", content)
    assert [(entry.place, entry.problem) for entry in entries] == [
        ("payload 1", None),
        ("payload 2", "invalid JSON: the key “a” is given twice"),
        ("payload 3", "invalid JSON: NaN is not a JSON number"),
        ("payload 4", None),
        ("payload 5", None),
    ]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (f"[{dumps(ONE)}, ", "the end"),
        (f"[{dumps(ONE)} {dumps(TWO)}]", "expected “,”, not “{”"),
        (f"[{dumps(ONE)}][{dumps(TWO)}]", "there is more than one array"),
        (f'[{dumps(ONE)}, {{"a": nonsense, "b": [1, 2, 3, 4, 5]}}]', "payload 2: not JSON"),
        (f"[{dumps(ONE)}, " + '{"a": "', "payload 2: not JSON: Unterminated string"),
        ("[" + "[" * 100_000, "nested too deeply"),
        (f"[{dumps(ONE)}, ".encode() + b'"\xff"]', "not UTF-8, in or after payload 1"),
    ],
)
def test_an_array_that_is_no_json_is_named_with_its_place(
    tmp_path: Path, content: str | bytes, complaint: str
) -> None:
    with pytest.raises(ImportFileError, match=re.escape(complaint)):
        entries_of(tmp_path / "runs", content)


def test_a_payload_that_does_not_end_is_not_read_to_the_end_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_payloads, "MAX_PAYLOAD_BYTES", 1_000)
    monkeypatch.setattr(import_payloads, "CHUNK_CHARACTERS", 100)
    with pytest.raises(ImportFileError, match="no payload ends within 1,000 characters"):
        entries_of(tmp_path / "runs", '[{"a": "' + "x" * 10_000)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (dumps(ONE).encode("utf-16"), "UTF-16"),
        (dumps(ONE).encode("utf-16-be"), "UTF-16"),
        (b"\x28\xb5\x2f\xfdpacked", "zstd"),
        (b"PK\x03\x04packed", "a ZIP archive"),
        (b"<html></html>", "HTML or XML"),
    ],
)
def test_a_file_of_another_kind_is_named(tmp_path: Path, content: bytes, kind: str) -> None:
    with pytest.raises(ImportFileError, match=f"looks like {kind}"):
        entries_of(tmp_path / "runs", content)


def test_what_was_left_out_is_reported(app: Flask, store: Store, tmp_path: Path) -> None:
    long = failed_result(error_message="y" * 12_000, cost=3)
    runs = [
        batch_run(batch_id="1", trace=2**70, results=[long, long]),
        batch_run(batch_id="2", trace=1, results=[recipe_result()]),
    ]
    path = tmp_path / "runs.ndjson"
    path.write_text(dumps(*runs))
    report, _ = run_import(store, path)
    assert report.shortened_messages == 2
    assert report.ignored_fields == {"trace": 2, "results[].cost": 1}
    said = app.test_cli_runner().invoke(args=["import", str(path)]).output
    assert "2 messages shortened because they are too long" in said
    assert "ignored fields: “trace” (of 2 batch runs), “results[].cost” (of 1 batch run)" in said


def test_times_in_seconds_and_any_success_rate_are_read_from_tables(
    store: Store, tmp_path: Path
) -> None:
    path = older_database(tmp_path / "older.db")
    with closing(sqlite3.connect(path)) as database:
        database.execute("ALTER TABLE batch_runs ADD colour TEXT")
        database.execute("UPDATE batch_runs SET success_rate = 50.0, completed_at = 1763633100.5")
        for run_id, time in ((1, 1763632800), (2, "1763632801"), (3, 1763632802999)):
            database.execute("UPDATE batch_runs SET started_at = ? WHERE id = ?", (time, run_id))
        database.execute("UPDATE recipe_results SET error_message = CAST(x'ff41' AS TEXT)")
        database.commit()
    report, refused = run_import(store, path)
    assert (report.stored_runs, refused) == (3, [])
    assert report.ignored_fields == {"colour": 3}
    with store.read() as connection:
        runs = connection.execute(select(batch_runs).order_by(batch_runs.c.id)).all()
        messages = set(connection.execute(select(recipe_results.c.error_message)).scalars())
    assert [f"{run.started_at:%FT%TZ}" for run in runs] == [
        f"2025-11-20T10:00:0{second}Z" for second in range(3)
    ]
    assert {f"{run.completed_at:%FT%TZ}" for run in runs} == {"2025-11-20T10:05:00Z"}
    assert {run.success_rate for run in runs} == {0.5}
    assert messages == {"\ufffdA"}


def test_a_time_of_the_wrong_kind_is_named(store: Store, tmp_path: Path) -> None:
    path = older_database(tmp_path / "older.db")
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE batch_runs SET started_at = 1e300 WHERE id = 1")
        database.execute("UPDATE batch_runs SET started_at = 17 WHERE id = 2")
        database.commit()
    _, refused = run_import(store, path)
    assert [place for place, _ in refused] == ["batch_runs id 1", "batch_runs id 2"]
    assert "e+300”" in refused[0][1]
    assert "must not be before 2000-01-01, not “1970-01-01T00:00:17Z”" in refused[1][1]


def test_a_view_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "views.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE recipe_results (id, batch_run_id)")
        database.execute(
            "CREATE VIEW batch_runs AS WITH RECURSIVE n(id) AS"
            " (SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT id FROM n"
        )
    with pytest.raises(ImportFileError, match="there is no table batch_runs"):
        run_import(None, path)  # type: ignore[arg-type]


DUMP = f"""BEGIN TRANSACTION;
{OLDER_SCHEMA}
INSERT INTO "batch_runs" VALUES(1,'a','npm','2026-11-20 10:00:00',NULL,2,1,1,0,50.0,NULL,1e1),
 (2,'it''s; "b"
;','npm','1763632800',NULL,0,0,0,0,NULL,NULL,NULL);
INSERT INTO recipe_results VALUES(1,1,'jq','npm','failed',NULL,replace('a\\nb','\\n',char(10)),1.5);
INSERT INTO recipe_results VALUES(2,1,'-- x','npm','passed',NULL,unistr('\\u00e9\\\\'),NULL);
/* a comment; */ CREATE TABLE other (x); -- and 'another
INSERT INTO other VALUES ('INSERT INTO batch_runs');
COMMIT;
"""


@pytest.mark.parametrize("bom", [b"", BOM])
def test_a_dump_is_read_with_its_line_breaks(tmp_path: Path, bom: bytes) -> None:
    first, second = payloads_of(tmp_path / "dump.sql", bom + DUMP.encode())
    assert first["batch_id"] == "a"
    assert [entry.get("error_message") for entry in first["results"]] == ["a\nb", "é\\"]
    assert second == {
        "batch_id": 'it\'s; "b"\n;',
        "ecosystem": "npm",
        "started_at": "2025-11-20T10:00:00Z",
        "total_recipes": 0,
        "passed": 0,
        "failed": 0,
        "skipped": 0,
        "results": [],
    }


ROW = "(1,'a','npm','2026-11-20',NULL,1,1,0,0,NULL,NULL,NULL)"
LARGE = "(SELECT 1 x " + "UNION ALL SELECT 1 " * 200 + ")"


@pytest.mark.usefixtures("tmp_path")
@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        (
            "INSERT INTO batch_runs(batch_id) WITH RECURSIVE n(x) AS"
            " (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n",
            "only literal values are allowed",
        ),
        ("INSERT INTO batch_runs SELECT * FROM batch_runs", "it reads or changes batch_runs"),
        ("INSERT INTO batch_runs(batch_id) VALUES (zeroblob(900000000))", "it calls zeroblob()"),
        ("INSERT INTO batch_runs(batch_id) VALUES (hex(randomblob(9)))", "it calls hex()"),
        ("INSERT INTO batch_runs(batch_id) VALUES (printf('%*d', 9, 1))", "it calls printf()"),
        ("INSERT INTO batch_runs(batch_id) VALUES (replace('aa','a','bb'))", "raised exception"),
        ("INSERT INTO batch_runs(batch_id) VALUES (char(65))", "raised exception"),
        ("INSERT INTO batch_runs(batch_id) VALUES ('a' LIKE 'b')", "it calls like()"),
        ("INSERT INTO batch_runs(batch_id) VALUES ((SELECT 1 FROM batch_runs))", "batch_runs"),
        (
            f"INSERT INTO batch_runs(batch_id) VALUES ({'replace(' * 22}'a'"
            + r",'\n',char(10))" * 22
            + ")",
            "maximum depth",
        ),
        ("CREATE TABLE batch_runs_2 (x)", None),
        ("INSERT INTO nowhere VALUES (1)", None),
        ("PRAGMA writable_schema = ON", None),
        ("ATTACH DATABASE '/tmp/never.db' AS never", None),
    ],
)
def test_a_statement_that_computes_is_refused(statement: str, complaint: str | None) -> None:
    content = f"{OLDER_SCHEMA}INSERT INTO batch_runs VALUES {ROW};\n{statement};\n"
    with load_dump(io.BufferedReader(io.BytesIO(content.encode()))) as (database, problems):
        [[rows]] = database.execute("SELECT count(*) FROM batch_runs")
    assert [entry.problem for entry in problems if complaint is None] == []
    if complaint is not None:
        [problem] = problems
        assert complaint in str(problem.problem)
        assert rows == 1


def test_a_statement_that_takes_too_long_ends_the_import(tmp_path: Path) -> None:
    content = (
        f"{OLDER_SCHEMA}INSERT INTO recipe_results SELECT NULL, 1, 'a', 'a', 'a', NULL, NULL, 1"
        f" FROM {LARGE} a, {LARGE} b, {LARGE} c;\n"
    )
    with pytest.raises(ImportFileError, match="line 11 is too complex"):
        entries_of(tmp_path / "dump.sql", content)


def test_a_table_whose_checks_compute_is_refused(tmp_path: Path) -> None:
    schema = OLDER_SCHEMA.replace(
        "recipe_name TEXT NOT NULL", "recipe_name TEXT CHECK (length(hex(zeroblob(9))) > 0)"
    )
    content = f"{schema}INSERT INTO recipe_results VALUES(1,1,'a','a','a',NULL,NULL,1);\n"
    with pytest.raises(ImportFileError, match="no table recipe_results"):
        entries_of(tmp_path / "dump.sql", content)


def test_a_statement_has_a_bound_and_so_have_those_that_cannot_be_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_dumps, "MAX_PROBLEMS", 5)
    path = tmp_path / "dump.sql"
    with pytest.raises(
        ImportFileError, match="over 5 statements cannot be run; the last one, in line"
    ):
        entries_of(path, OLDER_SCHEMA + "INSERT INTO batch_runs VALUES (1);\n" * 10)
    monkeypatch.setattr(import_dumps, "MAX_STATEMENT_BYTES", 600)
    with pytest.raises(ImportFileError, match="the statement of line 2 is over 600 bytes"):
        entries_of(path, "BEGIN;\nINSERT INTO batch_runs VALUES ('" + "x;\n" * 1_000)


def test_looking_for_the_end_of_a_statement_takes_each_line_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at = []
    inside = import_dumps._inside

    def look(line: str, before: str) -> str:
        looked_at.append(len(line))
        return inside(line, before)

    monkeypatch.setattr(import_dumps, "_inside", look)
    content = "INSERT INTO batch_runs VALUES ('" + "x;\n" * 5_000 + "');\n"
    found = statements(io.BufferedReader(io.BytesIO(content.encode())))
    assert [number for number, _ in found] == [1]
    assert sum(looked_at) == len(content)


def jobs_of(store: Store) -> list[list[tuple[Any, ...]]]:
    with store.read() as connection:
        return [
            [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in (ci_jobs, ci_job_days, ci_wait_days)
        ]


@pytest.mark.parametrize("as_dump", [False, True])
def test_a_copy_of_our_database_brings_its_jobs_along(
    store: Store, tmp_path: Path, as_dump: bool
) -> None:
    path = tmp_path / "copy.db"
    copied = Store(f"sqlite:///{path}", 10)
    upgrade_database(copied)
    jobs = [ci_job("macos", 30, 61), ci_job("linux", None, 5), ci_job("windows", 0, None)]
    for run in ({**ONE, "jobs": jobs}, TWO, {**ONE, "batch_id": "third", "jobs": jobs[:1]}):
        ingest(copied, run)
    expected = jobs_of(copied)
    copied.close()
    if as_dump:
        with closing(sqlite3.connect(":memory:")) as database:
            database.execute("ATTACH ? AS copy", (str(path),))
            for table in TABLES:
                database.execute(f"CREATE TABLE {table} AS SELECT * FROM copy.{table}")
            database.execute("DETACH copy")
            dump = "\n".join(database.iterdump())
        path = tmp_path / "copy.sql"
        path.write_text(dump)
    report, refused = run_import(store, path)
    assert (report.stored_runs, refused) == (3, [])
    assert jobs_of(store) == expected


def test_jobs_without_their_batch_run_are_named(store: Store, tmp_path: Path) -> None:
    path = older_database(tmp_path / "older.db")
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            "CREATE TABLE ci_jobs (id INTEGER PRIMARY KEY, batch_run_id, name, runner_os,"
            " started_at, completed_at, colour)"
        )
        for run_id, started_at in ((None, 1), (2, "2026-11-02 10:01:00"), (7, 1), (7, 2)):
            database.execute(
                "INSERT INTO ci_jobs VALUES (NULL, ?, 'build', 'macos', ?, NULL, 'red')",
                (run_id, started_at),
            )
        database.commit()
    report, refused = run_import(store, path)
    assert report.stored_runs == 3
    assert refused == [
        ("batch_run_id None", "1 jobs belong to no batch run"),
        ("batch_run_id 7", "2 jobs belong to no batch run"),
    ]
    assert report.ignored_fields == {"jobs[].colour": 3}
    with store.read() as connection:
        [job] = fetch_of_run(connection, 2)
    assert f"{job.started_at:%FT%TZ}" == "2026-11-02T10:01:00Z"
