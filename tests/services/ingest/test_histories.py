"""Whole histories, the real corpus among them: every way in and every way out says the same.

The corpus lies beside the project where it is developed and is not part of it; the demo history
takes the same tests everywhere.
"""

import csv
import gzip
import http.client
import io
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import takewhile
from math import fsum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import escape
from sqlalchemy import text

from batch_dashboard.model.text.wording import minutes
from batch_dashboard.services.administration.rollups import verify_rollups
from batch_dashboard.settings import Settings
from batch_dashboard.store.engine import Store
from tests.clients import count_runs
from tests.conftest import DATABASES, NewDatabase
from tests.factories import NOW, TOKEN
from tests.http.server import running_server
from tests.services.corpus import CORPUS, needs_corpus
from tests.services.ingest.import_files import demo_file, run_import

CORPUS_FAILURES = {
    "install_failed": 727,
    "generation_failed": 165,
    "validation_failed": 99,
    "deterministic_insufficient": 80,
    "recipe_not_found": 74,
    "missing_dep": 64,
}
DEMO_RESULTS = 500
of_the_corpus = pytest.mark.parametrize(
    "history", [pytest.param("corpus", marks=needs_corpus)], indirect=True
)
# What may differ between two ways in: when it was stored, and with which token.
OF_THE_WAY = {"stored_at", "ingest_token_id"}


@pytest.fixture(scope="module", params=["demo", pytest.param("corpus", marks=needs_corpus)])
def history(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if request.param == "corpus":
        return CORPUS
    return demo_file(tmp_path_factory.mktemp("history"), DEMO_RESULTS)


@pytest.fixture(scope="module", params=DATABASES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def store(kind: str, history: Path, databases: Callable[[str], NewDatabase]) -> Iterator[Store]:
    """A database with a history, which is imported once; tests only read it."""
    with databases(kind)() as url:
        store = Store(url, 60)
        _, refused = run_import(store, history)
        assert refused == []
        yield store
        store.close()


@pytest.fixture
def settings(settings_of: Callable[[str], Settings], store: Store) -> Settings:
    return settings_of(store.url.render_as_string(hide_password=False))


def lines_of(path: Path) -> list[bytes]:
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).splitlines()


def content_of(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table that holds what was sent or sums of it."""
    content = {}
    with store.read() as connection:
        for table in (
            "batch_runs",
            "recipe_results",
            "ci_jobs",
            "ecosystem_days",
            "ci_job_days",
            "ci_wait_days",
            "recipes",
            "failure_groups",
            "failure_group_days",
            "failure_group_weeks",
            "failure_group_recipes",
        ):
            rows = connection.execute(text(f"SELECT * FROM {table}")).mappings()
            content[table] = sorted(
                ({k: v for k, v in row.items() if k not in OF_THE_WAY} for row in rows),
                key=lambda row: list(map(str, row.values())),
            )
    return content


def rows_of(client: FlaskClient, path: str) -> list[dict[str, str]]:
    with client.get(path) as answer:
        assert answer.status_code == 200
        return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True), newline="")))


@pytest.mark.slow
def test_posted_or_imported_it_is_the_same_content(
    store: Store,
    kind: str,
    history: Path,
    databases: Callable[[str], NewDatabase],
    tmp_path: Path,
) -> None:
    with databases(kind)() as posted_url:
        with running_server(posted_url, tmp_path) as address:
            url = urlsplit(address)
            connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=60)
            for line in lines_of(history):
                connection.request(
                    "POST", "/batch-metrics", line, {"Authorization": f"Bearer {TOKEN}"}
                )
                with connection.getresponse() as answer:
                    assert answer.status == 201, answer.read()
                    answer.read()
            connection.close()
        posted = Store(posted_url, 60)
        assert content_of(posted) == content_of(store)
        posted.close()


def test_pages_rollups_and_files_agree_to_the_last_digit(
    app: Flask, client: FlaskClient, store: Store
) -> None:
    app.extensions["clock"] = lambda: NOW
    assert not any(verify_rollups(store).values())

    runs = rows_of(client, "/exports/batch_runs.csv?last=all")
    known: dict[str, dict[tuple[str, str], list[float]]] = {}
    for name in ("macos_minutes", "linux_minutes"):
        known[name] = defaultdict(list)
        for run in runs:
            day = known[name][run["started_at"][:10], run["ecosystem"]]
            day += [float(run[name])] if run[name] else []
    outcomes = Counter[tuple[str, str, str]]()
    for run in runs:
        for name in ("passed", "failed"):
            outcomes[run["started_at"][:10], run["ecosystem"], name] += int(run[name])

    days = rows_of(client, "/exports/minutes.csv?last=all")
    assert len(days) == len(known["macos_minutes"])
    for row in days:
        for name, by_day in known.items():
            reported = by_day[row["day"], row["ecosystem"]]
            # Of a day on which no run reported minutes they are unknown.
            assert (float(row[name]) == fsum(reported)) if reported else row[name] == ""
    for row in rows_of(client, "/exports/failure_rates.csv?last=all"):
        for name in ("passed", "failed"):
            assert int(row[name]) == outcomes[row["day"], row["ecosystem"], name]

    passed, failed = (sum(int(run[name]) for run in runs) for name in ("passed", "failed"))
    listed = client.get("/batch-runs?last=all").text
    assert f"{len(runs):,} batch runs" in listed
    assert f"{passed:,} passed, {failed:,} failed" in listed
    overview = client.get("/?last=all").text
    assert f"{failed:,} of {passed + failed:,} attempts failed" in overview
    for runner_os, name in (("macOS", "macos_minutes"), ("Linux", "linux_minutes")):
        total = fsum(float(row[name]) for row in days if row[name])
        if total:
            assert f"{runner_os} used {minutes(total)} min" in overview
        elif any(run[name] for run in runs):
            assert f"Every run that reported {runner_os} minutes reported 0." in overview


@of_the_corpus
def test_the_corpus_is_stored_whole_and_once(store: Store) -> None:
    assert count_runs(store) == (757, 1_209)
    again, _ = run_import(store, CORPUS)
    assert (again.stored_runs, again.known_runs) == (0, 757)
    assert count_runs(store) == (757, 1_209)
    with store.read() as connection:
        failures = connection.execute(
            text(
                "SELECT error_category, count(*) FROM recipe_results WHERE result = 'failed'"
                " AND error_category IS NOT NULL GROUP BY error_category"
            )
        ).all()
    assert dict(map(tuple, failures)) == CORPUS_FAILURES


@of_the_corpus
def test_the_overview_says_by_itself_how_old_the_corpus_is(app: Flask, client: FlaskClient) -> None:
    app.extensions["clock"] = lambda: NOW
    page = client.get("/").text
    assert "The last batch run was on 2026-03-15, 253 days ago." in " ".join(page.split())
    assert "the last period of that length that has data" in page


@of_the_corpus
def test_from_the_overview_of_the_corpus_the_whole_error_is_two_clicks_away(
    app: Flask, client: FlaskClient, store: Store
) -> None:
    app.extensions["clock"] = lambda: NOW
    recipes = re.findall(r'href="(/recipes/[^"]+)"', client.get("/").text)
    assert recipes[:4] == [
        "/recipes/homebrew/go-task",
        "/recipes/github/sharkdp/bat",
        "/recipes/crates.io/bindgen-cli",
        "/recipes/pypi/lib3mf",
    ]
    for url in recipes[:8]:
        ecosystem, name = url.removeprefix("/recipes/").split("/", 1)
        page = client.get(url).text
        with store.read() as connection:
            results = connection.execute(
                text(
                    "SELECT result, error_message FROM recipe_results WHERE ecosystem = :e"
                    " AND recipe_name = :n ORDER BY started_at, id"
                ),
                {"e": ecosystem, "n": name},
            ).all()
        streak = len(list(takewhile(lambda row: row.result == "failed", reversed(results))))
        assert f"Has failed {streak} times in a row, since" in page
        message = results[-1].error_message
        assert message is None or str(escape(message)) in page
        group = re.search(r'href="(/failures/\d+)"', page)
        assert group
        assert f'href="{url}"' in client.get(f"{group[1]}?last=all").text
