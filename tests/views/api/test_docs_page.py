"""The page about the API: every operation, and lines that work."""

import re
import shlex
import subprocess
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from batch_dashboard.model.api.openapi import openapi_document
from batch_dashboard.model.failures.known_issues import IssueSubject
from batch_dashboard.services.administration.changes import changing
from batch_dashboard.services.alerts.alerts import check
from batch_dashboard.services.failures import known_issues
from batch_dashboard.store.engine import Store
from batch_dashboard.store.failures.known_issues import NewIssue
from tests.conftest import NewDatabase
from tests.factories import NOW, TOKEN, batch_run, failed_result, ingest
from tests.http.server import running_server
from tests.statements import counted_statements
from tests.visitors import SOMEBODY


def curl_lines(page: str) -> list[str]:
    return [unescape(line) for line in re.findall(r'<pre id="\w+-curl"[^>]*>(.*?)</pre>', page)]


@pytest.mark.usefixtures("filled")
def test_it_shows_every_operation_and_parameter(client: FlaskClient) -> None:
    page = unescape(client.get("/api/docs").text)
    document = openapi_document("http://localhost")
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert f"<b>{method.upper()}</b> {path}</code>" in page
            section = page.split(f'id="{operation["operationId"]}"')[1].split("</article>")[0]
            for parameter in operation.get("parameters", []):
                assert f"<code>{parameter['name']}</code>" in section, path
            for status in operation["responses"]:
                assert status < "400" or f"<dt>{status}</dt>" in section


def test_it_takes_few_statements_and_is_linked(client: FlaskClient, filled: Store) -> None:
    with counted_statements(filled) as statements:
        assert client.get("/api/docs").status_code == 200
    assert len(statements) == 5
    assert client.get("/exports/").text.count('href="/api/docs"') == 2


def test_without_data_it_is_shown_too(client: FlaskClient) -> None:
    assert "/api/v1/batch-runs/1" in client.get("/api/docs").text


@pytest.mark.usefixtures("filled")
def test_a_closed_dashboard_asks_people_to_sign_in(app: Flask) -> None:
    app.extensions["settings"] = app.extensions["settings"].__class__(
        **{**vars(app.extensions["settings"]), "public": False}
    )
    answer = app.test_client().get("/api/docs", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (401, "text/html")


def test_its_curl_lines_work(new_database: NewDatabase, tmp_path: Path) -> None:
    with new_database() as url:
        store = Store(url, 60)
        failures = [failed_result(recipe_name="owner/wget"), failed_result(recipe_name="~odd name")]
        for number in range(6):
            ingest(store, batch_run(batch_id=str(number), results=failures))
        with changing(store, SOMEBODY, NOW) as change:
            subject = IssueSubject(None, "homebrew", "owner/wget", None)
            known_issues.add(change, NewIssue(subject, "https://example.org/1", "", NOW.date()))
        check(store, [], None, NOW)
        store.close()
        with running_server(url, tmp_path) as address:
            page = run(f"curl {address}/api/docs")[1]
            lines = curl_lines(page)
            assert len(lines) == page.count('<article id="')
            assert "owner" in page
            for line in lines:
                status, body = run(line)
                assert status == "200", (line, body)


def run(line: str) -> tuple[str, str]:
    """The status and the body of a `curl` line in a shell."""
    done = subprocess.run(
        ["sh", "-c", f"{line} -sS -w {shlex.quote(chr(10) + '%{http_code}')}"],
        capture_output=True,
        text=True,
        check=True,
        env={"BATCH_METRICS_TOKEN": TOKEN, "PATH": "/usr/bin:/bin"},
    )
    body, _, status = done.stdout.rpartition("\n")
    return status, body
