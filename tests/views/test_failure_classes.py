"""Failure classes on pages, in files and in the API, and the rules of operators."""

import csv
import io
import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from batch_dashboard.store.engine import Store
from tests.factories import NOW, batch_run, failed_result, ingest
from tests.visitors import Visitor

DISK = "tar: a.so: Cannot write: No space left on device"
COMPILER = "a.c:3:1: error: unknown type name 'foo_t'"
CHECKSUM = "Error: checksum of the archive does not match"
RULES = "/admin/failure-classes"

pytestmark = pytest.mark.usefixtures("filled")


@pytest.fixture(autouse=True)
def clock(app: Flask) -> None:
    app.extensions["clock"] = lambda: NOW


@pytest.fixture
def filled(store: Store) -> Store:
    """Three failures of an infrastructure group, one of them reported as the package's; others."""
    reported = [
        *[(DISK, None), (DISK, None), (DISK, "package")],
        *[(COMPILER, None), (CHECKSUM, None), (CHECKSUM, "infrastructure")],
    ]
    for day in ("19", "20"):
        results = [
            failed_result(recipe_name=f"r{number}", error_message=message, failure_class=name)
            for number, (message, name) in enumerate(reported)
        ]
        started = f"2026-11-{day}T08:00:00Z"
        ingest(store, batch_run(started_at=started, completed_at=None, results=results))
    return store


def words_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def groups_of(client: FlaskClient, query: str) -> dict[str, int]:
    rows = client.get(f"/api/v1/failure-groups?{query}").get_json()["items"]
    return {row["masked_line"]: row["failed"] for row in rows}


def test_the_failures_page_states_how_many_failures_were_infrastructure(
    client: FlaskClient,
) -> None:
    page = words_of(client.get("/failures?last=7d").text)
    assert (
        "Of 12 failures (last 7 days), 6 were infrastructure and 4 package; the class of 2 is"
        " unknown. Clients reported the class of 4." in page
    )


@pytest.mark.parametrize("period", ["last=90d", "last=all", "last=all&ecosystem=homebrew"])
def test_a_class_counts_what_clients_reported_and_else_the_class_of_the_group(
    client: FlaskClient, period: str
) -> None:
    disk, checksum, compiler = (
        "tar: *: Cannot write: No space left on device",
        "Error: checksum of the archive does not match",
        "*: error: unknown type name *",
    )

    def counted(failure_class: str) -> dict[str, int]:
        return groups_of(client, f"{period}&failure_class={failure_class}")

    assert counted("infrastructure") == {disk: 4, checksum: 2}
    assert counted("package") == {disk: 2, compiler: 2}
    assert counted("unknown") == {checksum: 2}
    assert groups_of(client, period) == {disk: 6, checksum: 4, compiler: 2}


def test_the_page_lists_one_class_and_keeps_it_in_its_links(client: FlaskClient) -> None:
    page = client.get("/failures?failure_class=package").text
    assert "2 failure groups" in page
    assert "failure_groups.csv?failure_class=package" in page
    assert "unknown type name" in page
    assert "checksum of the archive" not in page
    complaint = words_of(client.get("/failures?failure_class=cosmic").text)
    assert "must be one of package, infrastructure, unknown, not “cosmic”" in complaint


def test_a_class_that_failed_before_the_period_is_found_there(client: FlaskClient) -> None:
    page = words_of(client.get("/failures?since=2026-11-22&failure_class=infrastructure").text)
    assert "The last infrastructure failure was on 2026-11-20" in page


def test_files_and_results_name_the_class(client: FlaskClient) -> None:
    for query in ("batch_run=1", "since=2026-11-19&until=2026-11-20"):
        text = client.get(f"/exports/recipe_results.csv?{query}").text
        assert [row["failure_class"] for row in csv.DictReader(io.StringIO(text))] == [
            *("infrastructure", "infrastructure", "package"),
            *("package", "unknown", "infrastructure"),
        ]


def test_an_operator_previews_adds_and_removes_a_rule(administrator: Visitor) -> None:
    rule = {"text": "Checksum of", "failure_class": "infrastructure", "note": "the mirror lags"}
    preview = words_of(administrator.send(RULES, **rule, preview="1").text)
    assert "decide the class of 1 stored failure group with 4 failures; 1 would change" in preview
    assert "0 rules" in preview
    added = administrator.said(administrator.send(RULES, **rule))
    assert added == "The rule was added: 1 failure group changed class."
    listed = administrator.open("/failures?text=checksum").text
    group = re.search(r'class="group-link" href="([^"]+)"', listed)
    assert group
    page = administrator.open(group[1]).text
    assert "class infrastructure by a rule for “ Checksum of ”" in words_of(page)
    assert f"{RULES}?text=Error:+checksum" in page
    removed = administrator.said(administrator.send(f"{RULES}/1/remove", RULES))
    assert removed == "The rule was removed: 1 failure group changed class."
    log = words_of(administrator.open("/admin/audit").text)
    assert log.index("remove failure class") < log.index("set failure class")
    assert "the mirror lags" in log


def test_a_rule_that_cannot_be_used_is_refused(administrator: Visitor) -> None:
    rule = {"text": "checksum of", "failure_class": "package", "note": ""}
    administrator.send(RULES, **rule)
    for changes, complaint in (
        ({"text": "abc"}, "Enter 5 to 500 characters on one line"),
        ({"text": ""}, "Enter the text."),
        ({"failure_class": "cosmic"}, "Not a valid choice"),
        ({"note": "x" * 301}, "Enter at most 300 characters"),
        ({"text": "CHECKSUM of"}, "There is a rule for this text"),
    ):
        answer = administrator.send(RULES, **{**rule, **changes})
        assert answer.status_code == 422
        assert complaint in words_of(answer.text)
