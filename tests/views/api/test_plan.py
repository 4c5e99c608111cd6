"""Which recipes CI is advised to run, over HTTP."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import jsonschema
import pytest
from flask import Flask
from flask.testing import FlaskClient

from batch_dashboard.errors import NotFound
from batch_dashboard.model.access.tokens import Scope
from batch_dashboard.model.api.openapi import openapi_document
from batch_dashboard.model.judgement.targets import RuleOverride
from batch_dashboard.services.access import tokens
from batch_dashboard.services.administration.changes import changing
from batch_dashboard.services.plan import ledger
from batch_dashboard.services.plan.planning import try_now
from batch_dashboard.settings import Settings
from batch_dashboard.store.engine import Store
from batch_dashboard.store.judgement import ecosystem_rules
from tests.factories import NOW, TOKEN, batch_run, failed_result, ingest, recipe_result
from tests.statements import counted_statements
from tests.visitors import SOMEBODY

PLAN = "/api/v1/plan/homebrew"


@pytest.fixture(autouse=True)
def clock(app: Flask) -> None:
    app.extensions["clock"] = lambda: NOW


def fail(store: Store, name: str, times: int, last_hours_ago: float, **changes: Any) -> None:
    """Upload hourly runs in which a recipe fails, the last one so many hours ago."""
    for number in range(times):
        started_at = NOW - timedelta(hours=last_hours_ago + times - 1 - number)
        upload(store, started_at.isoformat(), [failed_result(recipe_name=name, **changes)])


def upload(store: Store, started_at: str, results: list[dict[str, Any]]) -> None:
    ingest(
        store,
        batch_run(batch_id=started_at, started_at=started_at, completed_at=None, results=results),
    )


def names(entries: list[dict[str, Any]]) -> list[str]:
    return [entry["recipe_name"] for entry in entries]


def ask(client: FlaskClient, query: str = "", candidates: Any = None) -> Any:
    answer = (
        client.get(f"{PLAN}{query}")
        if candidates is None
        else client.post(f"{PLAN}{query}", json=candidates)
    )
    assert answer.status_code == 200, answer.text
    return answer.json


def test_everything_runs_where_nothing_is_known(client: FlaskClient) -> None:
    plan = ask(client)
    assert (plan["decision"], plan["skip"], plan["retry"], plan["expected"]) == (
        *("proceed", [], []),
        [],
    )
    chosen = ask(client, candidates=[{"recipe_name": "b"}, {"recipe_name": "a"}])
    assert (names(chosen["run"]), chosen["skip"]) == (["b", "a"], [])


def test_a_recipe_waits_after_five_failures_for_one_reason(
    client: FlaskClient, store: Store
) -> None:
    fail(store, "wget", 5, last_hours_ago=1)
    fail(store, "jq", 4, last_hours_ago=1)
    [waiting] = ask(client)["skip"]
    assert waiting["recipe_name"] == "wget"
    assert waiting["streak"] == 5
    assert "checksum" in waiting["reason"]
    assert waiting["last_attempt_at"] == "2026-11-23T11:00:00Z"
    assert waiting["next_attempt_at"] == "2026-11-24T11:00:00Z"
    assert waiting["url"].endswith("/recipes/homebrew/wget")
    chosen = ask(client, candidates=[{"recipe_name": n} for n in ("new", "wget", "jq")])
    assert (names(chosen["run"]), names(chosen["skip"])) == (["new", "jq"], ["wget"])
    assert client.get(f"{PLAN}?format=text").text == "jq\n"


def test_what_is_due_comes_first_and_then_what_changed(client: FlaskClient, store: Store) -> None:
    fail(store, "late", 5, last_hours_ago=30, recipe_version="1")
    fail(store, "later", 5, last_hours_ago=40, recipe_version="1")
    fail(store, "bumped", 5, last_hours_ago=1, recipe_version="1")
    plan = ask(client)
    assert (names(plan["retry"]), names(plan["skip"])) == (["later", "late"], ["bumped"])
    candidates = [
        {"recipe_name": "new"},
        {"recipe_name": "bumped", "recipe_version": "2"},
        {"recipe_name": "late", "recipe_version": "1"},
        {"recipe_name": "later", "recipe_version": "1"},
    ]
    chosen = ask(client, candidates=candidates)
    assert names(chosen["run"]) == ["later", "late", "bumped", "new"]
    text = client.post(f"{PLAN}?format=text", json=candidates).text
    assert text == "later\nlate\nbumped\nnew\n"


def test_a_recipe_waits_only_on_the_platform_on_which_it_fails(
    client: FlaskClient, store: Store
) -> None:
    for hour in range(6):
        upload(
            store,
            f"2026-11-23T0{hour}:00:00Z",
            [
                failed_result(recipe_name="wget", platform="darwin-arm64"),
                recipe_result(recipe_name="wget", platform="linux-glibc-x86_64"),
            ],
        )
    assert [entry["platform"] for entry in ask(client)["skip"]] == ["darwin-arm64"]
    wget = [{"recipe_name": "wget"}]
    assert names(ask(client, "?platform=darwin-arm64", wget)["skip"]) == ["wget"]
    assert names(ask(client, "?platform=linux-glibc-x86_64", wget)["run"]) == ["wget"]
    # Where it would run is not known: in case of doubt it runs.
    assert names(ask(client, candidates=wget)["run"]) == ["wget"]


def test_a_recipe_that_seldom_fails_on_one_platform_runs_where_none_is_stated(
    client: FlaskClient, store: Store
) -> None:
    fail(store, "wget", 6, last_hours_ago=2, platform="darwin-arm64")
    fail(store, "wget", 1, last_hours_ago=1, platform="linux")
    assert names(ask(client, candidates=["wget"])["run"]) == ["wget"]
    assert names(ask(client, "?platform=darwin-arm64", ["wget"])["skip"]) == ["wget"]


def test_the_rule_of_the_ecosystem_applies(client: FlaskClient, store: Store) -> None:
    fail(store, "wget", 2, last_hours_ago=1)
    assert ask(client)["skip"] == []
    with store.write() as connection:
        rule = RuleOverride(plan_failures=2, plan_base=timedelta(hours=3))
        ecosystem_rules.replace_rule(connection, "homebrew", rule)
    plan = ask(client)
    assert plan["rule"] == {"failures": 2, "base_seconds": 10_800, "cap_seconds": 604_800}
    [waiting] = plan["skip"]
    assert waiting["next_attempt_at"] == "2026-11-23T14:00:00Z"


def test_the_plan_is_empty_where_the_decision_is_to_skip(client: FlaskClient, store: Store) -> None:
    fail(store, "wget", 5, last_hours_ago=30)
    with store.write() as connection:
        ecosystem_rules.replace_pause(connection, "homebrew", "it moves", None, NOW, None)
    plan = ask(client)
    assert (plan["decision"], plan["retry"]) == ("skip", [])
    assert "it moves" in plan["reasons"][0]
    assert ask(client, candidates=["wget", "jq"])["run"] == []
    assert client.get(f"{PLAN}?format=text").text == ""


@pytest.mark.parametrize(
    ("scopes", "ecosystems", "status"),
    [
        (None, None, 401),
        ([Scope.READ], ["homebrew"], 200),
        ([Scope.READ], ["npm"], 403),
        ([Scope.INGEST], None, 403),
    ],
)
def test_where_pages_are_closed_a_plan_needs_a_token_for_reading_the_ecosystem(
    app: Flask,
    settings: Settings,
    store: Store,
    scopes: list[str] | None,
    ecosystems: list[str] | None,
    status: int,
) -> None:
    app.extensions["settings"] = replace(settings, public=False)
    client = app.test_client()
    headers = {}
    if scopes is not None:
        with changing(store, SOMEBODY, NOW) as change:
            token = tokens.create(change, "k" * 32, "token", scopes, ecosystems)
        headers["Authorization"] = f"Bearer {token.secret}"
    assert client.get(PLAN, headers=headers).status_code == status
    assert client.post(PLAN, json=[], headers=headers).status_code == status


@pytest.mark.parametrize(
    ("candidates", "path"),
    [
        ({"recipe_name": "wget"}, ""),
        ([{"recipe_name": "wget"}, {}], "[1].recipe_name"),
        ([1], "[0]"),
        ([{"recipe_name": "a\nb"}], "[0].recipe_name"),
        ([{"recipe_name": "wget", "recipe_version": 7}], "[0].recipe_version"),
        ([{"recipe_name": "wget", "recipe_version": ["7"]}], "[0].recipe_version"),
        ([{"recipe_name": "wget", "recipe_version": "7\n"}], "[0].recipe_version"),
        ([""], "[0]"),
        ([{"recipe_name": "x" * 501}], "[0].recipe_name"),
    ],
)
def test_candidates_that_cannot_be_used_are_named(
    client: FlaskClient, candidates: Any, path: str
) -> None:
    answer = client.post(PLAN, json=candidates)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert answer.json is not None
    assert answer.json["errors"][0]["path"] == path


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("format=yaml", "format"),
        ("platform=" + "x" * 101, "platform"),
        ("batch_id=a%0Ab", "batch_id"),
    ],
)
def test_options_that_cannot_be_used_are_named(
    client: FlaskClient, query: str, complaint: str
) -> None:
    answer = client.get(f"{PLAN}?{query}")
    assert answer.status_code == 400
    assert complaint in answer.text


def test_a_name_counts_once_however_it_is_spelt(client: FlaskClient, store: Store) -> None:
    fail(store, "caf\u00e9", 5, last_hours_ago=1)
    chosen = ask(client, candidates=["cafe\u0301", "caf\u00e9", "jq", {"recipe_name": "jq"}])
    assert (names(chosen["run"]), names(chosen["skip"])) == (["jq"], ["caf\u00e9"])
    assert chosen["skip"][0]["url"].endswith("/recipes/homebrew/caf%C3%A9")


def test_an_empty_version_and_other_fields_count_as_absent(
    client: FlaskClient, store: Store
) -> None:
    fail(store, "wget", 5, last_hours_ago=1, recipe_version="1")
    wget = {"recipe_name": "wget", "recipe_version": "", "tier": 7}
    other = {"recipe_name": "jq", "recipe_version": None, "tier": 7}
    chosen = ask(client, candidates=[wget, other])
    assert (chosen["run"], names(chosen["skip"])) == ([{"recipe_name": "jq"}], ["wget"])


def test_plans_are_what_the_openapi_document_describes(client: FlaskClient, store: Store) -> None:
    fail(store, "late", 5, last_hours_ago=30)
    fail(store, "wget", 5, last_hours_ago=1, platform=None)
    paths = openapi_document("https://dashboard.example.org")["paths"]["/api/v1/plan/{ecosystem}"]
    for method, answer in (("get", ask(client)), ("post", ask(client, candidates=["wget", "x"]))):
        content = paths[method]["responses"]["200"]["content"]["application/json"]
        validator = jsonschema.Draft202012Validator(content["schema"])
        assert [error.message for error in validator.iter_errors(answer)] == []
        known = content["schema"]["properties"]["skip"]["items"]["properties"]
        assert [entry.keys() for entry in answer["skip"]] == [known.keys()]


@pytest.mark.parametrize("count", [1, 30])
def test_the_number_of_statements_does_not_depend_on_the_number_of_recipes(
    client: FlaskClient, store: Store, count: int
) -> None:
    for number in range(count):
        fail(store, f"recipe-{number}", 5, last_hours_ago=1)
    with counted_statements(store) as statements:
        assert len(ask(client)["skip"]) == count
    assert len(statements) <= 13


def test_a_plan_follows_what_changes_between_requests(client: FlaskClient, store: Store) -> None:
    assert ask(client)["skip"] == []
    fail(store, "wget", 5, last_hours_ago=1)
    assert names(ask(client)["skip"]) == ["wget"]
    fail(store, "jq", 5, last_hours_ago=2)
    assert names(ask(client)["skip"]) == ["jq", "wget"]
    with store.write() as connection:
        ecosystem_rules.replace_rule(connection, "homebrew", RuleOverride(plan_failures=6))
    assert ask(client)["skip"] == []
    with store.write() as connection:
        ecosystem_rules.delete_rule(connection, "homebrew")
    upload(store, (NOW - timedelta(minutes=1)).isoformat(), [recipe_result(recipe_name="jq")])
    assert names(ask(client)["skip"]) == ["wget"]


def test_time_alone_makes_a_recipe_due(app: Flask, client: FlaskClient, store: Store) -> None:
    fail(store, "wget", 5, last_hours_ago=1)
    for hours, due in ((22.9, False), (23, True)):
        app.extensions["clock"] = lambda hours=hours: NOW + timedelta(hours=hours)
        plan = ask(client)
        assert (names(plan["retry"]) == ["wget"], names(plan["skip"]) == []) == (due, due)
    assert plan["retry"][0]["because"] == "its wait is over"


def test_an_operator_lets_a_recipe_run_at_once(client: FlaskClient, store: Store) -> None:
    fail(store, "wget", 5, last_hours_ago=1)
    assert names(ask(client)["skip"]) == ["wget"]
    with changing(store, SOMEBODY, NOW) as change:
        try_now(change, "homebrew", "wget")
    [due] = ask(client)["retry"]
    assert due["because"] == "an operator asked for it"
    with changing(store, SOMEBODY, NOW) as change, pytest.raises(NotFound):
        try_now(change, "homebrew", "jq")


LEDGER = "/api/v1/ledger?last=all"
JOB = {"Authorization": f"Bearer {TOKEN}"}


def ledger_of(client: FlaskClient) -> list[tuple[int, int, int, int]]:
    """The requests, recipes to run, attempts left out and not followed of each day."""
    names_ = ("requests", "advised", "left_out", "not_followed")
    answer: Any = client.get(LEDGER).json
    return [tuple(row[name] for name in names_) for row in answer["items"]]


@pytest.mark.parametrize("query", ["", "&format=text"])
def test_advice_to_a_job_is_counted_once_for_each_batch(
    client: FlaskClient, store: Store, query: str
) -> None:
    fail(store, "wget", 5, last_hours_ago=1)
    candidates = [{"recipe_name": "wget"}, {"recipe_name": "jq"}]
    for batch_id in ("a", "a", "b"):
        with client.post(f"{PLAN}?batch_id={batch_id}{query}", json=candidates, headers=JOB):
            pass
    assert ledger_of(client) == [(3, 3, 2, 0)]
    with client.get(f"{PLAN}?batch_id=c{query}", headers=JOB):
        pass
    assert ledger_of(client) == [(4, 3, 3, 0)]
    ingest(
        store,
        batch_run(
            batch_id="b",
            started_at=NOW.isoformat(),
            completed_at=None,
            results=[failed_result(recipe_name="wget")],
        ),
    )
    assert ledger_of(client) == [(4, 3, 3, 1)]


def test_requests_that_only_look_are_not_counted(client: FlaskClient, store: Store) -> None:
    fail(store, "wget", 5, last_hours_ago=1)
    with client.get(PLAN, headers=JOB):
        pass
    for batch_id in ("", "a"):
        with client.get(f"{PLAN}?batch_id={batch_id}"), client.post(PLAN, json=[]):
            pass
    assert ledger_of(client) == []


def test_a_plan_is_sent_though_the_ledger_is_busy(
    client: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(store, "wget", 5, last_hours_ago=1)
    monkeypatch.setattr(ledger, "WAIT_SECONDS", 0.01)
    with store.write(), client.get(f"{PLAN}?batch_id=a", headers=JOB) as answer:
        document: Any = answer.json
        assert names(document["skip"]) == ["wget"]
    assert ledger_of(client) == []


def test_a_name_that_is_not_possible_is_not_found_by_either_method(client: FlaskClient) -> None:
    for method in ("GET", "POST"):
        answer = client.open("/api/v1/plan/a%18b", method=method)
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
