"""After any payload that the rules accept, every page, file, command and verdict works."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from sqlalchemy import select

from batch_dashboard.model.access.users import Role
from batch_dashboard.model.api.operations import OPERATIONS
from batch_dashboard.model.catalogue import FILES
from batch_dashboard.model.ingest.payload import MAX_COUNT, MAX_MINUTES, MAX_SECONDS
from batch_dashboard.services.administration.rollups import verify_rollups
from batch_dashboard.services.alerts.alerts import check as check_alerts
from batch_dashboard.settings import Settings
from batch_dashboard.store import schema
from batch_dashboard.store.engine import Store
from tests.clients import AUTHORIZED
from tests.conftest import WAIT_SECONDS, NewDatabase
from tests.factories import NOW, TOKEN
from tests.visitors import Visitor, make_user

MAX_ANSWER_BYTES = 400_000
# Answered without any data.
LEFT_OUT = {"static", "asset", "plotly", "favicon"}
COMMANDS = (
    "rollups verify",
    "failures regroup",
    "retention show",
    "runs exclude 1 --reason why",
    "runs restore 1",
    "runs delete 1 --reason why",
    "rollups verify",
)
# Each page as it opens and with all that is stored.
QUERIES = ("", "last=all&by=day")
# What an address does not go without: two runs to compare.
NEEDED = {
    "/batch-runs/compare": "a=1&b=2",
    "/exports/comparison.csv": "before=1&after=2",
    "/exports/compared_runs.csv": "before=1&after=2",
    "/exports/jobs.csv": "batch_run=1",
    "/exports/attempts.csv": "batch_run=1",
    # Lists of one recipe.
    **{
        operation.full_path: "ecosystem=a&recipe_name=a"
        for operation in OPERATIONS
        if operation.needs_ecosystem
    },
}

EDGES = st.sampled_from(
    [
        "a",
        "wget",
        "x" * 100,
        "ä" * 100,
        "💥" * 100,
        "\u202eright-to-left שלום",
        "</script><!--",
        "..",
        "/",
        "a//b/../c",
        " ",
        "\u00a0=1+1",
        "=1+1",
        "~2F%2F%00",
        "\u2028\ufeff\uffff",
        "{{ 7*7 }}",
        "\"'\\",
        "NULL",
    ]
)
NAMES = EDGES | st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=100)
LONG_NAMES = NAMES | st.sampled_from(["r" * 200, "💥" * 200])
# No two characters the same, so that no index can compress it.
LONGEST = "".join(chr(0x1F300 + number) for number in range(500))
TEXTS = st.none() | st.just("") | NAMES
MESSAGES = TEXTS | st.sampled_from(
    [
        "\x1b[31mError: red\x1b[0m\r\nnext",
        "Error: " + "y" * 12_000,
        "\t\n\r\x01",
        "Error: \ufffd 'quoted' /a/b/c 0x1f " * 50,
    ]
)
COUNTS = st.none() | st.sampled_from([0, 1, MAX_COUNT // 4])
MINUTES = st.none() | st.sampled_from([0, 5e-324, 1 / 3, 1e9, MAX_MINUTES])
SECONDS = st.none() | st.sampled_from([0, 5e-324, 12.5, MAX_SECONDS])
TIMES = st.sampled_from(
    [
        "2000-01-01T00:00:00Z",
        "2000-02-29T23:59:60Z",
        "2009-12-31T23:59:59.999+00:00",
        f"{NOW - timedelta(days=3):%Y-%m-%d %H:%M:%S+00}",
        f"{NOW:%Y-%m-%dT%H:%M:%S}",
        f"{NOW + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
    ]
)


def present(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with these fields; one that is None is absent."""
    return st.fixed_dictionaries(fields).map(
        lambda found: {name: value for name, value in found.items() if value is not None}
    )


RESULTS = present(
    recipe_name=LONG_NAMES | st.just(LONGEST),
    ecosystem=NAMES,
    result=st.sampled_from(["passed", "failed", "failed", "skipped"]),
    error_category=TEXTS,
    error_message=MESSAGES,
    duration_seconds=SECONDS,
    platform=TEXTS,
)


@st.composite
def payloads(draw: st.DrawFn) -> dict[str, Any]:
    """Payloads at the bounds of what is accepted."""
    results = draw(st.lists(RESULTS, max_size=4))
    results += results[:1] * draw(st.sampled_from([0, 5]))
    payload = draw(
        present(
            batch_id=LONG_NAMES,
            ecosystem=NAMES,
            started_at=TIMES,
            macos_minutes=MINUTES,
            linux_minutes=MINUTES,
            run_url=TEXTS | st.just("javascript:" + "a" * 1_989),
            commit_sha=TEXTS | st.just("f" * 200),
        )
    )
    if draw(st.booleans()):
        payload["completed_at"] = payload["started_at"]
    for name in ("passed", "failed", "skipped"):
        listed = sum(entry["result"] == name for entry in results)
        count = draw(COUNTS)
        if count is not None:
            payload[name] = max(count, listed)
    return {**payload, "total_recipes": MAX_COUNT, "results": results}


@dataclass(frozen=True)
class House:
    """The application on a database of its own, with what is stored there."""

    app: Flask
    store: Store
    visitor: Visitor

    def addresses(self) -> Iterator[str]:
        """Every page and file, of each kind of thing that is stored up to three."""
        adapter = self.app.url_map.bind("localhost")
        for rule in self.app.url_map.iter_rules():
            if "GET" not in (rule.methods or ()) or rule.endpoint in LEFT_OUT:
                continue
            if rule.endpoint == "exports.download":
                yield from (f"/exports/{name}" for name in sorted(FILES))
            elif rule.arguments:
                for values in self._values(frozenset(rule.arguments)):
                    yield adapter.build(rule.endpoint, values)
            else:
                yield adapter.build(rule.endpoint)

    def _values(self, arguments: frozenset[str]) -> list[dict[str, Any]]:
        columns = {
            frozenset({"ecosystem"}): (schema.batch_runs.c.ecosystem,),
            frozenset({"ecosystem", "recipe_name"}): (
                schema.recipes.c.ecosystem,
                schema.recipes.c.recipe_name,
            ),
            frozenset({"batch_run_id"}): (schema.batch_runs.c.id.label("batch_run_id"),),
            frozenset({"failure_group_id"}): (
                schema.failure_groups.c.id.label("failure_group_id"),
            ),
            frozenset({"incident_id"}): (schema.incidents.c.id.label("incident_id"),),
        }.get(arguments)
        if columns is None:
            # Of everything else nothing is stored here.
            return []
        with self.store.read() as connection:
            rows = connection.execute(select(*columns).distinct().limit(3))
            return [dict(row._mapping) for row in rows]


@pytest.mark.slow
# Of a failing example, which is shown whole.
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
def test_everything_works_after_any_payload(
    app: Flask, settings: Settings, new_database: NewDatabase
) -> None:
    app.extensions["clock"] = lambda: NOW
    app.extensions["settings"] = replace(settings, metrics_public=True)

    @hypothesis_settings(
        max_examples=4,
        deadline=None,
        # Making a failing example smaller takes minutes: it is read as it is.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(payloads(), min_size=6, max_size=6))
    def holds(sent: list[dict[str, Any]]) -> None:
        with new_database() as url:
            store = Store(url, WAIT_SECONDS)
            app.extensions["store"] = store
            try:
                make_user(store, "ada", Role.ADMINISTRATOR)
                visitor = Visitor(app)
                visitor.sign_in("ada")
                hold_after(House(app, store, visitor), sent)
            finally:
                store.close()

    holds()


def hold_after(house: House, sent: list[dict[str, Any]]) -> None:
    """Send the payloads, then ask for everything there is."""
    for number, payload in enumerate(sent):
        # No two have the same content.
        payload["total_recipes"] -= number
        answer = house.app.test_client().post("/batch-metrics", json=payload, headers=AUTHORIZED)
        assert answer.status_code == 201, answer.text
    check_alerts(house.store, [], None, NOW)
    for path in house.addresses():
        for query in QUERIES:
            assert_answered(house, f"{path}?{NEEDED.get(path, '')}&{query}")
    assert not any(verify_rollups(house.store).values())
    for command in COMMANDS:
        result = house.app.test_cli_runner().invoke(args=command.split())
        assert result.exit_code == 0, (command, result.output)
    assert_answered(house, "/?last=all")


def assert_answered(house: House, address: str) -> None:
    """Hold an answer to being right in form and of a bounded size."""
    headers = {"Authorization": f"Bearer {TOKEN}"} if "/api/" in address else {}
    answer = house.visitor.client.get(address, headers={"Accept": "text/html", **headers})
    # The API refuses values and parameters that a page passes over.
    refused = answer.status_code == 400 and re.search(
        "must be one of|is not a parameter", answer.text
    )
    assert answer.status_code == 200 or refused, (address, answer.status_code, answer.text[-500:])
    assert len(answer.data) < MAX_ANSWER_BYTES, (address, len(answer.data))
    for figure in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', answer.text):
        json.loads(figure, parse_constant=pytest.fail)
    if answer.is_json:
        json.loads(answer.text, parse_constant=pytest.fail)
