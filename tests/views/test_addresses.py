"""Links begin with BATCH_DASHBOARD_URL, whatever host a request asks for; others are refused."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from batch_dashboard.application import create_app
from batch_dashboard.services.alerts.alerts import check
from batch_dashboard.settings import Settings
from batch_dashboard.store.engine import Store
from tests.clients import count_runs, json_of, post
from tests.factories import NOW, TOKEN, batch_run, failed_result, ingest

OWN = "https://dash.example.org"
NewClient = Callable[..., FlaskClient]


class AskingClient(FlaskClient):
    """A client that asks for another host name than the test client does by itself."""

    host = ""

    def open(self, *args: Any, **options: Any) -> TestResponse:
        """Send a request."""
        headers = {"Host": self.host, **(options.pop("headers", None) or {})}
        return super().open(*args, headers=headers, **options)


@pytest.fixture
def client_of(settings: Settings) -> Iterator[NewClient]:
    """Makes a client of a dashboard with an address of its own."""
    stores = []

    def make(url: str, host: str, **changes: object) -> FlaskClient:
        app = create_app(replace(settings, url=url, **changes))  # type: ignore[arg-type]
        stores.append(app.extensions["store"])
        app.test_client_class = AskingClient
        client = app.test_client()
        assert isinstance(client, AskingClient)
        client.host = host
        return client

    yield make
    for store in stores:
        store.close()


@pytest.mark.parametrize("asked", ["dash.example.org", "DASH.example.org:8000", "inside:8000"])
def test_links_are_built_from_the_address(client_of: NewClient, store: Store, asked: str) -> None:
    client = client_of(OWN, asked, allowed_hosts=("inside",), proxies=1)
    stuck = [failed_result(recipe_name="wget")]
    for number in range(8):
        ingest(store, batch_run(batch_id=str(number), results=stuck), NOW)
    check(store, [], OWN, NOW)
    forwarded = {"X-Forwarded-Proto": "http"}
    stored = post(client, batch_run(), **forwarded)
    assert stored.status_code == 201
    assert json_of(stored)["url"] == f"{OWN}/batch-runs/{json_of(stored)['batch_run_id']}"
    feed = client.get("/incidents.atom", headers=forwarded).text
    assert f'<link href="{OWN}/incidents/1"/>' in feed
    assert feed.count("http") == feed.count(f"{OWN}/") + 1  # and the name space of feeds
    assert client.get("/batch-runs//1").location == f"{OWN}/batch-runs/1"


def test_a_foreign_host_is_refused_with_the_reason(client_of: NewClient, store: Store) -> None:
    client = client_of(OWN, "evil.example")
    for path in ("/", "/incidents.atom", "/exports", "/badges/homebrew.svg", "/nowhere"):
        answer = client.get(path)
        assert answer.status_code == 421, path
        assert OWN in answer.text
        assert "//evil.example" not in answer.text + str(answer.headers)
    answer = post(client, batch_run())
    assert answer.status_code == 421
    assert answer.mimetype == "application/problem+json"
    assert "BATCH_DASHBOARD_ALLOWED_HOSTS" in json_of(answer)["detail"]
    assert count_runs(store) == (0, 0)


@pytest.mark.parametrize("asked", ["", "[", "dash.example.org.evil.example", "xdash.example.org"])
def test_what_only_resembles_the_host_is_foreign(client_of: NewClient, asked: str) -> None:
    answer = client_of(OWN, asked).get("/")
    assert answer.status_code in (400, 421)


def test_a_forwarded_host_is_foreign_too(client_of: NewClient) -> None:
    client = client_of(OWN, "dash.example.org", proxies=1)
    assert client.get("/", headers={"X-Forwarded-Host": "evil.example"}).status_code == 421


def test_probes_may_ask_by_ip_address(client_of: NewClient) -> None:
    client = client_of(OWN, "10.0.0.7:8000", metrics_public=True)
    for path in ("/healthz", "/readyz", "/metrics"):
        assert client.get(path).status_code == 200, path


@pytest.mark.parametrize("sent", ["/dash", ""], ids=["kept by the proxy", "removed by the proxy"])
def test_a_path_in_the_address_begins_every_link(client_of: NewClient, sent: str) -> None:
    client = client_of("https://example.org/dash", "example.org")
    stored = client.post(
        f"{sent}/batch-metrics", json=batch_run(), headers={"Authorization": f"Bearer {TOKEN}"}
    )
    assert json_of(stored)["url"] == "https://example.org/dash/batch-runs/1"
    page = client.get(f"{sent}/batch-runs/1").text
    assert 'href="/dash/recipes' in page
    moved = client.get(f"{sent}/batch-runs//1").location
    assert moved == "https://example.org/dash/batch-runs/1"
    assert client.get("/healthz").status_code == 200


def test_without_an_address_links_follow_the_request(client: FlaskClient) -> None:
    assert json_of(post(client, batch_run(), Host="any.example"))["url"].startswith(
        "http://any.example/"
    )
