"""A token that is limited to an ecosystem sees nothing of another one, at any address there is."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.routing.converters import NumberConverter
from werkzeug.test import TestResponse

from batch_dashboard.model.access.tokens import Scope
from batch_dashboard.model.api.operations import OPERATIONS
from batch_dashboard.model.catalogue import FILES
from batch_dashboard.services.access import tokens
from batch_dashboard.services.administration.changes import changing
from batch_dashboard.services.alerts.alerts import check
from batch_dashboard.settings import Settings
from batch_dashboard.store.engine import Store
from tests.factories import NOW, batch_run, failed_result, ingest, recipe_result
from tests.visitors import SOMEBODY

KEY = "k" * 32
# Stands in every text of the other ecosystem; its minutes are a number that nothing else has.
SECRET, SECRET_MINUTES = "hidden", 777.25
# What a limited token does not open at all. No incident of this test is of its ecosystem.
OF_ALL_ECOSYSTEMS = {
    f"api.list_{name}"
    for name in ("failure_groups", "findings", "budgets", "budget_changes", "burn_up")
}
QUERIES = ("", "ecosystem=homebrew", "last=all&ecosystem=homebrew", f"ecosystem={SECRET}")
OPTIONS = (
    "show=rate",
    "show=minutes",
    "format=env",
    "by=week",
    "before=1&after=7",
    "batch_run=1",
    "batch_run=7",
    f"recipe_name={SECRET}-recipe",
)


@pytest.fixture(params=[False, True], ids=["closed pages", "public pages"])
def client(
    app: Flask, settings: Settings, store: Store, request: pytest.FixtureRequest
) -> FlaskClient:
    app.extensions["settings"] = replace(settings, public=request.param)
    app.extensions["clock"] = lambda: NOW
    secret = {"recipe_name": f"{SECRET}-recipe", "ecosystem": SECRET}
    message = {"error_message": f"Error: {SECRET} file is missing"}
    for number in range(6):
        ingest(
            store,
            batch_run(
                batch_id=f"{SECRET}-{number}",
                ecosystem=SECRET,
                macos_minutes=SECRET_MINUTES,
                results=[failed_result(**secret, **message)],
            ),
        )
    # A run of the token's ecosystem can list results of another one.
    mixed = [recipe_result(), failed_result(recipe_name="wget"), failed_result(**secret, **message)]
    ingest(store, batch_run(results=mixed))
    check(store, [], None, NOW)
    return app.test_client()


@pytest.fixture
def secrets(store: Store) -> dict[str, str]:
    """A token for everything, and one that is limited."""
    with changing(store, SOMEBODY, NOW) as change:
        return {
            "all": tokens.create(change, KEY, "all", [Scope.READ]).secret,
            "limited": tokens.create(change, KEY, "some", [Scope.READ], ["homebrew"]).secret,
        }


def paths(app: Flask) -> list[tuple[str, str]]:
    """Every path that can be read, with its endpoint; several where a part of it is a name."""
    adapter = app.url_map.bind("localhost")
    found = []
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()):
            continue
        for values in product(*(_values(rule, name) for name in sorted(rule.arguments))):
            path = adapter.build(
                rule.endpoint, dict(zip(sorted(rule.arguments), values, strict=True))
            )
            found.append((path, rule.endpoint))
    return found


def _values(rule: Rule, name: str) -> Sequence[object]:
    """What may stand in a path: names and numbers of both ecosystems."""
    if rule.endpoint == "exports.download":
        return list(FILES)
    if isinstance(rule._converters[name], NumberConverter):
        return [1, 2, 7]
    return ["homebrew", "ripgrep", SECRET, f"{SECRET}-recipe"]


def ask(client: FlaskClient, path: str, token: str) -> TestResponse:
    return client.get(path, headers={"Authorization": f"Bearer {token}"})


def test_a_limited_token_sees_nothing_of_other_ecosystems(
    app: Flask, client: FlaskClient, secrets: dict[str, str]
) -> None:
    opened, shown = set(), set()
    for path, endpoint in paths(app):
        with client.get(path) as answer:
            is_open = answer.status_code == 200
        if is_open or ask(client, path, secrets["all"]).status_code != 200:
            continue
        opened.add(endpoint)
        for query in (*QUERIES, *OPTIONS, *(f"ecosystem=homebrew&{one}" for one in OPTIONS)):
            asked = f"{path}?{query}"
            limited = ask(client, asked, secrets["limited"])
            assert limited.status_code in (200, 400, 403, 404), asked
            if limited.status_code != 200:
                continue
            shown.add(endpoint)
            assert SECRET not in limited.text, asked
            # The one exception: a decision is based on the minutes of all ecosystems together.
            if endpoint != "decision.show":
                assert str(SECRET_MINUTES) not in limited.text, asked
    is_public = app.extensions["settings"].public
    closed = {"exports.download", "badges.show", "incidents.feed"}
    of_api = {f"api.{operation.name}" for operation in OPERATIONS}
    found = {endpoint for endpoint in opened if endpoint.startswith("api.")}
    assert opened - found == {"decision.show"} | (set() if is_public else closed)
    # Numbers of failure groups and what needs parameters are not known here.
    assert found == set() if is_public else len(of_api - found) <= 6
    assert shown == opened - {"incidents.feed", "api.get_incident"} - OF_ALL_ECOSYSTEMS


@pytest.mark.parametrize("client", [False], ids=["closed pages"], indirect=True)
def test_what_is_about_all_ecosystems_is_refused_with_the_reason(
    client: FlaskClient, secrets: dict[str, str]
) -> None:
    for path in (
        "/badges/homebrew.svg?show=minutes",
        "/exports/failure_groups.csv?ecosystem=homebrew",
    ):
        answer = ask(client, path, secrets["limited"])
        assert answer.status_code == 403
        assert "covers all ecosystems" in answer.text
    rows = ask(client, "/exports/recipe_results.csv?ecosystem=homebrew", secrets["limited"]).text
    assert "ripgrep" in rows
    assert "wget" in rows
