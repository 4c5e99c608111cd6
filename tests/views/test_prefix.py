"""Behind a proxy that serves the dashboard under a path of its host."""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from batch_dashboard.application import create_app
from batch_dashboard.model.access.users import Role
from batch_dashboard.services.alerts.alerts import check
from batch_dashboard.settings import Settings
from batch_dashboard.store.engine import Store
from tests.clients import AUTHORIZED, json_of
from tests.factories import NOW, batch_run, failed_result, ingest
from tests.visitors import PASSWORD, Visitor, make_user

HOST = "https://ci.example"
FORWARDED = {
    "X-Forwarded-Prefix": "/dash",
    "X-Forwarded-Host": "ci.example",
    "X-Forwarded-Proto": "https",
}


class Proxy:
    """Forwards what is asked for under /dash, with headers of its own."""

    def __init__(self, app: Flask, headers: dict[str, str], strips: bool) -> None:
        self.application = app.wsgi_app
        self.headers = {f"HTTP_{name.upper().replace('-', '_')}": headers[name] for name in headers}
        self.strips = strips

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        assert environ["PATH_INFO"].startswith("/dash/"), environ["PATH_INFO"]
        if self.strips:
            environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix("/dash")
        return self.application({**environ, **self.headers}, start_response)


class HostClient(FlaskClient):
    """A browser that goes to the host of the proxy."""

    def open(self, *args: Any, **options: Any) -> TestResponse:
        """Send a request."""
        return super().open(*args, base_url=HOST, **options)


NewApp = Callable[..., Flask]


@pytest.fixture
def app_of(settings: Settings) -> Iterator[NewApp]:
    """Makes an application behind a proxy."""
    stores = []

    def make(headers: dict[str, str], strips: bool = True, **changes: Any) -> Flask:
        app = create_app(replace(settings, **changes))
        stores.append(app.extensions["store"])
        app.extensions["clock"] = lambda: NOW
        app.testing = False
        app.wsgi_app = Proxy(app, headers, strips)  # type: ignore[method-assign]
        app.test_client_class = HostClient
        return app

    yield make
    for store in stores:
        store.close()


def links(text: str) -> Iterator[str]:
    for link in re.findall(r'(?:href|action|src|data-[a-z-]+)="(/[^"]*)"', text):
        yield html.unescape(link)


@pytest.mark.parametrize(
    ("headers", "strips", "changes"),
    [
        (FORWARDED, True, {"proxies": 1}),
        ({**FORWARDED, "X-Forwarded-Prefix": "/dash/"}, True, {"proxies": 1}),
        (FORWARDED, False, {"proxies": 1}),
        ({}, True, {"url": f"{HOST}/dash"}),
        ({}, False, {"url": f"{HOST}/dash"}),
    ],
    ids=["forwarded", "with a slash", "not removed", "setting", "setting, not removed"],
)
def test_everything_is_under_the_path(
    app_of: NewApp, store: Store, headers: dict[str, str], strips: bool, changes: dict[str, Any]
) -> None:
    app = app_of(headers, strips, **changes)
    client = app.test_client()
    stuck = [failed_result(recipe_name=name) for name in ("wget", "a/b")]
    for hour in range(6):
        ingest(
            store,
            batch_run(started_at=f"2026-11-20T0{hour}:00:00Z", completed_at=None, results=stuck),
        )
    check(store, [], None, NOW)
    make_user(store, "ada", Role.ADMINISTRATOR)
    sent = client.post("/dash/batch-metrics", json=batch_run(), headers=AUTHORIZED)
    assert json_of(sent)["url"] == f"{HOST}/dash/batch-runs/7"

    visitor = Visitor(app)
    answer = visitor.send(
        "/dash/sign-in", name="ada", password=PASSWORD, next="/dash/minutes?last=7d"
    )
    assert answer.headers["Location"] == "/dash/minutes?last=7d"
    assert {part.strip() for part in answer.headers["Set-Cookie"].split(";")} >= {"Path=/dash"}

    waiting, seen = ["/dash/"], set[str]()
    while waiting and len(seen) < 60:
        path = waiting.pop(0)
        page = visitor.open(path)
        assert page.status_code in (200, 404), (path, page.status_code)
        if page.mimetype != "text/html":
            continue
        for link in links(page.text):
            assert link.startswith("/dash/"), (path, link)
            address = urlsplit(link).path
            if address not in seen and "/assets/" not in link:
                seen.add(address)
                waiting.append(link.split("#")[0])
    assert {"/dash/minutes", "/dash/recipes", "/dash/exports/", "/dash/admin"} <= seen
    asset = re.search(r'src="(/dash/assets/[^"]*[.]js)"', visitor.open("/dash/").text)
    assert asset is not None
    with visitor.open(asset[1]) as script:
        assert script.status_code == 200
    feed = visitor.open("/dash/incidents.atom").text
    assert f"{HOST}/dash/incidents/1" in feed
    assert f"{HOST}/incidents" not in feed


def test_a_form_goes_on_under_the_path_and_its_message_is_kept_there(
    app_of: NewApp, store: Store
) -> None:
    app = app_of(FORWARDED, proxies=1)
    ingest(store, batch_run())
    make_user(store, "ada", Role.ADMINISTRATOR)
    visitor = Visitor(app)
    signed_in = visitor.send("/dash/sign-in", name="ada", password=PASSWORD)
    assert signed_in.headers["Location"] == "/dash/"
    answer = visitor.send(
        "/dash/admin/batch-runs/1/exclude", page="/dash/admin/batch-runs/1", reason="why"
    )
    assert answer.headers["Location"].startswith("/dash/admin/batch-runs")
    assert "Path=/dash" in answer.headers["Set-Cookie"]
    assert "excluded from the statistics" in visitor.said(answer)
    left = visitor.send("/dash/sign-out", page="/dash/account")
    assert left.headers["Location"] == "/dash/sign-in"
    assert "Path=/dash" in left.headers["Set-Cookie"]
    assert visitor.open("/dash/admin").status_code == 401


@pytest.mark.parametrize(
    "prefix", ["//evil.example", "/a//b", "javascript:alert(1)", "/a b", "/<b>", "dash", "/dash?x"]
)
def test_a_path_that_could_lead_elsewhere_is_not_believed(
    app_of: NewApp, store: Store, prefix: str
) -> None:
    ingest(store, batch_run())
    client = app_of({"X-Forwarded-Prefix": prefix}, proxies=1).test_client()
    found = list(links(client.get("/dash/").text))
    assert found
    assert all(re.match(r"/[a-z-]*(?:/|$|\?)", link) for link in found)
    assert not any(link.startswith(prefix) for link in found)


def test_without_a_proxy_the_header_is_not_believed(app_of: NewApp, store: Store) -> None:
    ingest(store, batch_run())
    client = app_of(FORWARDED).test_client()
    assert not any(link.startswith("/dash") for link in links(client.get("/dash/").text))
    signed = app_of(FORWARDED, url=HOST, proxies=1).test_client()
    assert not any(link.startswith("/dash") for link in links(signed.get("/dash/").text))


@pytest.mark.parametrize("following", ["/minutes", "//evil.example/dash/", "https://evil.example"])
def test_a_sign_in_never_leads_out_of_the_path(
    app_of: NewApp, store: Store, following: str
) -> None:
    make_user(store, "ada", Role.ADMINISTRATOR)
    visitor = Visitor(app_of(FORWARDED, proxies=1))
    answer = visitor.send("/dash/sign-in", name="ada", password=PASSWORD, next=following)
    assert answer.headers["Location"] == "/dash/"
