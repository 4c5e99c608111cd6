"""`/metrics`: closed by default, in the format of Prometheus, and right."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from batch_dashboard.services.access.throttle import MAX_FAILURES
from batch_dashboard.services.administration.rollups import check_rollups
from batch_dashboard.settings import Settings
from batch_dashboard.store.engine import Store
from tests.clients import post
from tests.factories import batch_run

OWN = "a-token-of-the-metrics-alone"


@pytest.fixture
def public(app: Flask, settings: Settings) -> FlaskClient:
    app.extensions["settings"] = replace(settings, metrics_public=True)
    return app.test_client()


def numbers(client: FlaskClient) -> dict[tuple[str, str], float]:
    """Every sample by its name and the values of its labels."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    return {
        (
            sample.name.removeprefix("batch_dashboard_"),
            "/".join(sample.labels.values()),
        ): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_it_is_closed_but_to_its_own_token(
    app: Flask, client: FlaskClient, settings: Settings
) -> None:
    assert client.get("/metrics").status_code == 401
    app.extensions["settings"] = replace(settings, metrics_token=OWN)
    for shown in ("", "Bearer", "Bearer wrong", f"Basic {OWN}", f"Bearer {settings.ingest_token}"):
        assert client.get("/metrics", headers={"Authorization": shown}).status_code == 401
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {OWN}"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")


def test_bad_tokens_are_counted_and_a_right_one_never_waits(
    app: Flask, client: FlaskClient, settings: Settings
) -> None:
    app.extensions["settings"] = replace(settings, metrics_token=OWN)
    bad = {"Authorization": "Bearer wrong"}
    statuses = [client.get("/metrics", headers=bad).status_code for _ in range(MAX_FAILURES + 1)]
    assert statuses == [401] * MAX_FAILURES + [429]
    assert client.get("/metrics", headers={"Authorization": f"Bearer {OWN}"}).status_code == 200


@pytest.mark.usefixtures("store")
def test_uploads_are_counted_by_what_became_of_them(public: FlaskClient) -> None:
    before = numbers(public)
    post(public, batch_run())
    post(public, batch_run())
    post(public, batch_run(batch_id=None))
    public.post("/batch-metrics?dry_run=1", json=batch_run(), headers=bearer())
    public.post("/batch-metrics", json=batch_run(), headers={"Authorization": "Bearer no"})
    after = numbers(public)

    def grown(name: str, label: str = "") -> float:
        return after[name, label] - before.get((name, label), 0)

    for outcome in ("stored", "replayed", "refused", "dry run", "unauthorized"):
        assert grown("uploads_total", outcome) == 1, outcome
    assert grown("results_stored_total") == 2
    assert grown("request_duration_seconds_count", "ingest.receive/201") == 2
    assert grown("database_wait_seconds_count") >= 1
    assert after["outbox_length", ""] == 0
    assert after["database_up", ""] == 1


def test_the_last_check_of_rollups_is_told(public: FlaskClient, store: Store) -> None:
    assert not any(name == "rollup_drift_rows" for name, _ in numbers(public))
    post(public, batch_run())
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE ecosystem_days SET runs = 7")
    now = datetime.now(UTC)
    check_rollups(store, now)
    told = numbers(public)
    assert told["rollup_drift_rows", "ecosystem_days"] == 1
    assert told["rollup_drift_rows", "recipes"] == 0
    assert int(told["rollup_check_timestamp_seconds", ""]) == int(now.timestamp())


def bearer() -> dict[str, str]:
    return {"Authorization": "Bearer test-token-of-the-environment"}
