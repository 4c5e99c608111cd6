"""CSV files: what is stored is what a CSV reader reads back."""

import csv
import gzip
import io
import unicodedata
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from batch_dashboard.errors import StoreUnavailable
from batch_dashboard.model.catalogue import FILES, RECIPE_RESULTS
from batch_dashboard.model.lists.filters import RunFilter
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.periods import Period
from batch_dashboard.model.text.spreadsheets import guarded as guarded_text
from batch_dashboard.model.text.wording import CONTROL_CHARACTER
from batch_dashboard.store.engine import Store
from batch_dashboard.store.lists import csv_rows
from batch_dashboard.store.schema import batch_runs, recipe_results
from tests.factories import NOW, batch_run, failed_result, ingest, recipe_result

STARTED_AT = datetime(2026, 2, 3, 4, 58, 7, tzinfo=UTC)
EVERYTHING = RunFilter(Period(None, None))
ONE_DAY = RunFilter(Period(STARTED_AT.date(), None))

texts = st.text(
    st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cf"])
    | st.sampled_from('=+-@\t\r\n",; \v\x1f\x85\xa0\u2003\u2028\u3000\xad\u200b\u2066\ufeff'),
    max_size=30,
)
doubles = st.floats(min_value=0, allow_nan=False, allow_infinity=False)


def all_of(run_filter: RunFilter) -> ListQuery:
    """A query of all results of some runs."""
    return ListQuery.of({}, RECIPE_RESULTS, run_filter)[0]


def read(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


def guarded(value: str | None) -> str:
    """A cell as docs/exports.md has it: what Python calls white space or a format goes before."""
    value = value or ""
    first = next(
        (c for c in value if c in "\t\r\n" or not (c.isspace() or unicodedata.category(c) == "Cf")),
        "",
    )
    return f"'{value}" if first and first in "=+-@\t\r\n" else value


def results(*names: str, **changes: object) -> list[dict[str, object]]:
    return [
        {"recipe_name": name, "ecosystem": "homebrew", "result": "passed", **changes}
        for name in names
    ]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.tuples(texts, texts | st.none(), doubles | st.none()), max_size=8))
def test_what_a_csv_reader_reads_back_is_what_is_stored(
    store: Store, rows: list[tuple[str, str | None, float | None]]
) -> None:
    with store.write() as connection:
        connection.execute(delete(recipe_results))
        connection.execute(delete(batch_runs))
        run = {
            "id": 1,
            "batch_id": "-b",
            "ecosystem": "homebrew",
            "started_at": STARTED_AT,
            "total_recipes": 0,
            "passed": 0,
            "failed": 0,
            "skipped": 0,
            "content_digest": b"1",
            "stored_at": STARTED_AT,
            "result_count": len(rows),
        }
        connection.execute(insert(batch_runs), run)
        for number, (name, message, seconds) in enumerate(rows, 1):
            result = {
                "id": number,
                "batch_run_id": 1,
                "recipe_name": name,
                "ecosystem": "homebrew",
                "result": "failed",
                "error_message": message,
                "duration_seconds": seconds,
                "started_at": STARTED_AT,
            }
            connection.execute(insert(recipe_results), result)
    names = [field.name for field in RECIPE_RESULTS.fields]
    for chosen in (EVERYTHING, ONE_DAY):
        lines = b"".join(
            csv_rows.iter_rows(store, RECIPE_RESULTS, all_of(chosen), NOW.date())
        ).decode()
        found = list(csv.DictReader(io.StringIO(lines, newline=""), names))
        assert [row["recipe_name"] for row in found] == [guarded(name) for name, _, _ in rows]
        assert [row["error_message"] for row in found] == [guarded(text) for _, text, _ in rows]
        seconds_found = [
            float(row["duration_seconds"]) if row["duration_seconds"] else None for row in found
        ]
        assert seconds_found == [seconds for _, _, seconds in rows]
        assert all(row["started_at"] == "2026-02-03T04:58:07Z" for row in found)
        assert all(row["batch_id"] == "'-b" for row in found)


FORMULAS = [
    "=1+1",
    " =1+1",
    "\n=1+1",
    "\u00a0=1+1",
    "\u3000 \u2003@SUM(A1)",
    "\ufeff\u200b-1",
    "  \tx",
    "\nx",
]
PLAIN = ["x = 1", "1+1", "é=1", "\u00a0x", "  x", "'=1"]


def test_a_formula_gets_an_apostrophe_whatever_blanks_stand_before_it(
    client: FlaskClient, store: Store
) -> None:
    texts = [*FORMULAS, *PLAIN]
    written = [f"'{text}" for text in FORMULAS] + PLAIN
    assert [guarded_text(text) for text in texts] == written
    entries = [failed_result(error_message=text) for text in texts]
    names = [text for text in texts if not CONTROL_CHARACTER.search(text)]
    entries += [recipe_result(recipe_name=name, platform=name) for name in names]
    ingest(store, batch_run(batch_id=" =b", results=entries))
    rows = read(client.get("/exports/recipe_results.csv?last=all").data)
    assert [row["error_message"] for row in rows[: len(texts)]] == written
    of_names = [text for text in written if not CONTROL_CHARACTER.search(text)]
    assert [row["recipe_name"] for row in rows[len(texts) :]] == of_names
    assert [row["platform"] for row in rows[len(texts) :]] == of_names
    assert {row["batch_id"] for row in rows} == {"' =b"}
    assert {row["duration_seconds"] for row in rows} == {"12.5"}


def test_pages_are_cut_inside_a_large_run_without_loss(
    client: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_rows, "FIRST_PAGE_ROWS", 3)
    names = [f"recipe-{number:03}" for number in range(120)]
    ingest(store, batch_run(batch_id="large", total_recipes=120, results=results(*names)))
    ingest(store, batch_run(batch_id="small", total_recipes=1, results=results("last")))
    for query in ("last=all", "since=2000-01-01"):
        rows = read(client.get(f"/exports/recipe_results.csv?{query}").data)
        assert [row["recipe_name"] for row in rows] == [*names, "last"]
        assert [int(row["id"]) for row in rows] == sorted(int(row["id"]) for row in rows)


def test_results_are_chosen_by_result_and_platform(client: FlaskClient, store: Store) -> None:
    chosen = results("a", platform="darwin-arm64") + results("b", result="skipped")
    ingest(store, batch_run(total_recipes=2, results=chosen))
    for period in ("last=all", "since=2000-01-01"):
        address = f"/exports/recipe_results.csv?{period}"
        rows = read(client.get(f"{address}&platform=darwin-arm64").data)
        assert [row["recipe_name"] for row in rows] == ["a"]
        rows = read(client.get(f"{address}&result=skipped").data)
        assert [row["recipe_name"] for row in rows] == ["b"]


def test_days_and_weeks_sum_the_runs_they_hold(client: FlaskClient, store: Store) -> None:
    for day, minutes in (("2026-02-01", 1.5), ("2026-02-02", 2.25), ("2026-02-08", None)):
        ingest(
            store,
            batch_run(
                batch_id=day,
                ecosystem="npm",
                started_at=f"{day}T23:59:59Z",
                completed_at=None,
                total_recipes=1,
                macos_minutes=minutes,
                results=results(day),
            ),
        )
    days = read(client.get("/exports/minutes.csv?last=all").data)
    assert [row["day"] for row in days] == ["2026-02-01", "2026-02-02", "2026-02-08"]
    weeks = read(client.get("/exports/minutes.csv?last=all&by=week").data)
    found = [
        (row["week_start"], float(row["macos_minutes"]), row["macos_unknown_runs"]) for row in weeks
    ]
    assert found == [("2026-01-26", 1.5, "0"), ("2026-02-02", 2.25, "1")]
    months = read(client.get("/exports/minutes.csv?last=all&by=month").data)
    assert [(row["month_start"], float(row["macos_minutes"])) for row in months] == [
        ("2026-02-01", 3.75)
    ]


def test_time_lost_to_failed_results_is_in_seconds(client: FlaskClient, store: Store) -> None:
    failed = results("a", "b", result="failed", duration_seconds=1.25)
    ingest(store, batch_run(results=failed))
    (row,) = read(client.get("/exports/minutes.csv?last=all").data)
    assert float(row["failed_seconds"]) == 2.5


def test_a_day_without_attempts_has_no_failure_rate(client: FlaskClient, store: Store) -> None:
    ingest(store, batch_run(total_recipes=1, results=results("a", result="skipped")))
    (row,) = read(client.get("/exports/failure_rates.csv?last=all").data)
    assert (row["attempts"], row["failure_rate"]) == ("0", "")


@pytest.mark.parametrize("name", [name for name, file in FILES.items() if file.has_period])
def test_nothing_that_matches_gives_the_header_only(client: FlaskClient, name: str) -> None:
    answer = client.get(f"/exports/{name}?since=2026-01-01&until=2026-02-01")
    assert answer.status_code == 200
    assert answer.data.count(b"\r\n") == 1
    assert f"{name[:-4]}_2026-01-01_2026-01-31.csv" in answer.headers["Content-Disposition"]
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("name", FILES)
def test_gzip_holds_the_same_bytes(
    app: Flask, client: FlaskClient, store: Store, name: str
) -> None:
    app.extensions["clock"] = lambda: NOW
    ingest(store, batch_run())
    url = f"/exports/{name}?last=all&bom=1&before=1&after=2&batch_run=1"
    plain = client.get(url)
    packed = client.get(url, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert plain.data.startswith(b"\xef\xbb\xbf")


def test_a_filter_that_cannot_be_used_is_refused_with_every_problem(client: FlaskClient) -> None:
    answer = client.get("/exports/recipe_results.csv?since=yesterday&result=good&bom=maybe")
    assert answer.status_code == 400
    assert answer.text.splitlines() == [
        "“since” must be a UTC day such as 2026-01-31, not “yesterday”.",
        "“result” must be one of passed, failed, skipped, not “good”.",
        "“bom” must be one of 0, 1, not “maybe”.",
    ]


def test_a_database_that_is_away_is_said_before_the_file_begins(
    client: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(csv_rows, "_fetch", away)
    ingest(store, batch_run())
    assert client.get("/exports/batch_runs.csv?last=all").status_code == 503


def test_the_page_explains_every_column(client: FlaskClient) -> None:
    page = client.get("/exports/").text
    for file in FILES.values():
        assert file.file_name in page
        assert all(f"<code>{column.name}</code>" in page for column in file.fields)
