"""Attempts that must fail: by role, by cross-site form, by replay, by token, by header, by path."""

import logging
import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.routing.converters import NumberConverter

from batch_dashboard.model.access.tokens import Scope
from batch_dashboard.model.access.users import Role
from batch_dashboard.services.access import tokens
from batch_dashboard.services.access.sign_in import IDLE_SESSION, MAX_SESSION
from batch_dashboard.services.administration.changes import changing
from batch_dashboard.settings import Settings
from batch_dashboard.store import schema
from batch_dashboard.store.engine import Store
from batch_dashboard.views.access import OPEN_ENDPOINTS, SESSION_COOKIE
from batch_dashboard.views.forms import PROGRAM_ENDPOINTS
from tests.clients import count_runs, post
from tests.factories import NOW, batch_run, ingest
from tests.visitors import PAGE, PASSWORD, SOMEBODY, Visitor, make_user

KEY = "k" * 32


@pytest.fixture
def moment(app: Flask) -> list[datetime]:
    """What time it is; a test moves it on."""
    now = [NOW]
    app.extensions["clock"] = lambda: now[0]
    return now


@pytest.fixture(autouse=True)
def clock(moment: list[datetime]) -> None:
    """Every test here goes by NOW."""


def requests_of(app: Flask) -> list[tuple[str, str, Rule]]:
    """Every method and path there is, with something in each part of the path."""
    adapter = app.url_map.bind("localhost")
    found = []
    for rule in app.url_map.iter_rules():
        values = {
            name: "1" if isinstance(converter, NumberConverter) else "homebrew"
            for name, converter in rule._converters.items()
        }
        path = adapter.build(rule.endpoint, values)
        found += [(method, path, rule) for method in sorted(rule.methods or ()) if method != "HEAD"]
    return found


def is_admin(rule: Rule) -> bool:
    return rule.rule.startswith("/admin")


def test_a_viewer_is_refused_at_every_admin_address_and_action(
    app: Flask, viewer: Visitor, store: Store
) -> None:
    ingest(store, batch_run())
    before = count_of_everything(store)
    tried = 0
    for method, path, rule in requests_of(app):
        if not is_admin(rule) or method == "OPTIONS":
            continue
        token = viewer.token("/account")
        answer = viewer.client.open(
            path, method=method, data={"form_token": token, "reason": "x"}, headers=PAGE
        )
        assert answer.status_code == 403, (method, path)
        assert "administrators" in answer.text
        tried += 1
    assert tried > 30
    assert count_of_everything(store) == before


def test_nobody_gets_anywhere_in_admin_without_a_sign_in(
    app: Flask, client: FlaskClient, store: Store
) -> None:
    make_user(store, "ada", Role.ADMINISTRATOR)
    for method, path, rule in requests_of(app):
        if (is_admin(rule) or rule.endpoint.startswith("account.")) and method != "OPTIONS":
            answer = client.open(path, method=method, headers=PAGE)
            assert answer.status_code == 401, (method, path)
            assert "Sign in" in answer.text
            assert "Basic" not in answer.headers["WWW-Authenticate"]


def test_every_endpoint_of_admin_is_known_by_its_name(app: Flask) -> None:
    # Access is settled by the endpoint's name: an admin address under another name would be open.
    for _method, _path, rule in requests_of(app):
        assert is_admin(rule) == rule.endpoint.startswith("admin_"), rule.endpoint


def test_every_action_needs_a_form_of_ours(
    app: Flask, administrator: Visitor, store: Store
) -> None:
    ingest(store, batch_run())
    before = count_of_everything(store)
    tried = 0
    for method, path, rule in requests_of(app):
        # Programs send these with a token.
        if method in ("GET", "OPTIONS") or rule.endpoint in PROGRAM_ENDPOINTS:
            continue
        for data in ({}, {"form_token": "made.up.code"}, {"form_token": ""}):
            answer = administrator.client.open(path, method=method, data=data, headers=PAGE)
            assert answer.status_code == 403, (method, path)
        tried += 1
    assert tried > 20
    assert count_of_everything(store) == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "http://localhost.evil.example"},
    ],
)
def test_a_form_from_another_site_does_nothing(
    administrator: Visitor, store: Store, headers: dict[str, str]
) -> None:
    data = {
        "form_token": administrator.token("/admin/users/new"),
        "name": "mallory",
        "role": "administrator",
        "password": PASSWORD,
    }
    answer = administrator.client.post("/admin/users/new", data=data, headers={**PAGE, **headers})
    assert answer.status_code == 403
    assert "another site" in answer.text
    with store.read() as connection:
        assert connection.execute(schema.users.select()).all()[-1].name == "ada"


@pytest.mark.usefixtures("store")
def test_a_form_of_another_browser_does_nothing(app: Flask, administrator: Visitor) -> None:
    stranger = Visitor(app)
    foreign = stranger.token("/sign-in")
    data = {"form_token": foreign, "name": "mallory", "role": "viewer", "password": PASSWORD}
    assert administrator.client.post("/admin/users/new", data=data).status_code == 403
    other = Visitor(app)
    other.sign_in("ada")
    data["form_token"] = other.token("/admin/users/new")
    assert administrator.client.post("/admin/users/new", data=data).status_code == 403


def test_a_form_that_is_too_old_does_nothing(
    administrator: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    token = administrator.token("/admin/users/new")
    real = time.time
    week = MAX_SESSION.total_seconds() + 60
    monkeypatch.setattr("batch_dashboard.views.forms.time.time", lambda: real() + week)
    data = {"form_token": token, "name": "eve", "role": "viewer", "password": PASSWORD}
    answer = administrator.client.post("/admin/users/new", data=data, headers=PAGE)
    assert answer.status_code == 403
    assert "expired" in answer.text


def test_a_form_sent_twice_is_obeyed_once(administrator: Visitor, store: Store) -> None:
    token = administrator.token("/admin/tokens/new")
    data = {"form_token": token, "name": "twice", "scopes": ["ingest"]}
    first = administrator.client.post("/admin/tokens/new", data=data, headers=PAGE)
    assert "bmt_" in first.text
    second = administrator.client.post("/admin/tokens/new", data=data, headers=PAGE)
    assert administrator.said(second) == (
        "This form was already sent; nothing was changed a second time."
    )
    with store.read() as connection:
        assert len(connection.execute(schema.ingest_tokens.select()).all()) == 1
    # One that was refused for what was entered is not used up.
    data = {
        "form_token": administrator.token("/admin/tokens/new"),
        "name": "",
        "scopes": ["ingest"],
    }
    assert administrator.client.post("/admin/tokens/new", data=data).status_code == 422
    data["name"] = "now"
    assert "bmt_" in administrator.client.post("/admin/tokens/new", data=data).text


def test_tokens_out_of_force_are_refused(
    client: FlaskClient, store: Store, moment: list[datetime]
) -> None:
    with changing(store, SOMEBODY, NOW) as change:
        revoked = tokens.create(change, KEY, "revoked")
        tokens.revoke(change, revoked.id)
        hour = NOW + timedelta(hours=1)
        expiring = tokens.create(change, KEY, "expiring", expires_at=hour)
        reading = tokens.create(change, KEY, "reading", [Scope.READ])

    def status(secret: str) -> int:
        return post(client, batch_run(), Authorization=f"Bearer {secret}").status_code

    assert status(revoked.secret) == 401
    assert status(expiring.secret) == 201
    assert status(reading.secret) == 403
    moment[0] = hour
    assert status(expiring.secret) == 401
    for wrong in (expiring.secret[:-1], expiring.secret.upper(), "", " ", "bmt_", "é" * 40):
        answer = client.post(
            "/batch-metrics", json=batch_run(), headers={"Authorization": f"Bearer {wrong}"}
        )
        assert answer.status_code == 401, wrong
        assert answer.text == "Unauthorized"


def test_a_session_ends_by_signing_out_by_time_and_by_not_being_used(
    app: Flask, store: Store, moment: list[datetime]
) -> None:
    make_user(store, "ada", Role.ADMINISTRATOR)
    visitor = Visitor(app)
    visitor.sign_in("ada")
    kept = visitor.client.get_cookie(SESSION_COOKIE)
    assert kept is not None
    assert kept.http_only
    assert kept.same_site == "Lax"
    out = visitor.send("/sign-out", "/account")
    assert out.status_code == 303
    assert out.headers["Clear-Site-Data"] == '"cache"'
    # The cookie itself is worth nothing any more, though somebody kept it.
    visitor.client.set_cookie(SESSION_COOKIE, kept.value)
    assert visitor.open("/admin").status_code == 401
    visitor.sign_in("ada")
    moment[0] = NOW + IDLE_SESSION + timedelta(minutes=1)
    assert visitor.open("/admin").status_code == 401
    moment[0] = NOW
    visitor.sign_in("ada")
    for hours in range(0, 24 * 8, 6):
        moment[0] = NOW + timedelta(hours=hours)
        status = visitor.open("/admin").status_code
        assert status == (200 if timedelta(hours=hours) <= MAX_SESSION else 401), hours
    for value in ("", "x", "é", "0" * 600):
        visitor.client.set_cookie(SESSION_COOKIE, value)
        assert visitor.open("/admin").status_code == 401


@pytest.mark.parametrize(
    ("following", "goes_to"),
    [
        ("/minutes?last=7d", "/minutes?last=7d"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("//[", "/"),
        ("/[", "/%5B"),
        ("/\t/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("http:evil.example", "/"),
        ("", "/"),
    ],
)
def test_a_sign_in_leads_to_no_other_site(
    app: Flask, store: Store, following: str, goes_to: str
) -> None:
    make_user(store, "ada", Role.ADMINISTRATOR)
    visitor = Visitor(app)
    answer = visitor.send("/sign-in", name="ada", password=PASSWORD, next=following)
    assert answer.status_code == 303
    assert answer.headers["Location"] == goes_to
    shown = visitor.client.get("/sign-in", query_string={"next": following}).text
    assert "evil.example" not in shown


def test_guessing_is_slowed_down_more_and_more(
    app: Flask, store: Store, moment: list[datetime]
) -> None:
    make_user(store, "ada", Role.ADMINISTRATOR)
    visitor = Visitor(app)
    statuses = [visitor.sign_in("ada", "wrong").status_code for _ in range(6)]
    assert statuses == [422] * 5 + [429]
    waits = []
    for _ in range(6):
        answer = visitor.sign_in("ada")  # the right one is not looked at either
        assert answer.status_code == 429
        waits.append(int(answer.headers["Retry-After"]))
        assert f"Wait {waits[-1]} seconds" in answer.text
        moment[0] += timedelta(seconds=waits[-1])
        assert visitor.sign_in("ada", "wrong again").status_code == 422
    assert waits == [6, 11, 21, 41, 81, 161]
    # Another name from there, and the same name from elsewhere, are not made to wait.
    make_user(store, "bob", Role.ADMINISTRATOR)
    assert visitor.sign_in("bob").status_code == 303
    elsewhere = Visitor(app)
    elsewhere.client.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    assert elsewhere.sign_in("ada").status_code == 303


def test_a_header_does_not_make_an_address(app: Flask, store: Store) -> None:
    make_user(store, "ada", Role.ADMINISTRATOR)
    visitor = Visitor(app)
    for number in range(6):
        answer = visitor.client.post(
            "/sign-in",
            data={"form_token": visitor.token("/sign-in"), "name": "ada", "password": "wrong"},
            headers={**PAGE, "X-Forwarded-For": f"198.51.100.{number}", "X-Real-IP": "::1"},
        )
    assert answer.status_code == 429


HEADERS = [
    {"X-Original-URL": "/healthz"},
    {"X-Rewrite-URL": "/healthz"},
    {"X-HTTP-Method-Override": "GET"},
    {"X-Forwarded-User": "ada"},
    {"Remote-User": "ada"},
    {"Authorization": "Session ada"},
    {"Authorization": "session made-up"},
    {"Authorization": "Basic YWRh"},
    {"Authorization": "Basic ====="},
    {"Authorization": "basic YWRhOg=="},
    {"Authorization": "Bearer test-token-of-the-environment"},
]
PATHS = [
    "/admin",
    "/admin//users",
    "/admin/",
    "/./admin",
    "/admin/../admin/users",
    "/ADMIN/users",
    "/%61dmin/users",
    "/static/../admin/users",
    "/healthz/../admin/users",
    "/admin/users;x=.css",
    "/admin/users%00",
    "/assets/x/../../admin/users",
]


@pytest.mark.parametrize("path", PATHS)
def test_no_path_or_header_opens_a_page_of_administrators(
    client: FlaskClient, store: Store, path: str
) -> None:
    make_user(store, "ada", Role.ADMINISTRATOR)
    for headers in HEADERS:
        answer = client.get(path, headers={**PAGE, **headers})
        assert answer.status_code in (301, 308, 401, 404, 429), (headers, answer.status_code)
        assert "Make a user" not in answer.text
        if answer.status_code in (301, 308):
            assert answer.headers["Location"].startswith(("/", "http://localhost/"))


def test_a_program_signs_in_by_name_and_password(
    client: FlaskClient, app: Flask, settings: Settings, store: Store
) -> None:
    make_user(store, "ada", Role.ADMINISTRATOR)
    make_user(store, "vera", "viewer")
    assert client.get("/admin/audit/audit_log.csv", auth=("ada", PASSWORD)).status_code == 200
    assert client.get("/admin/audit/audit_log.csv", auth=("vera", PASSWORD)).status_code == 403
    assert client.get("/admin/audit/audit_log.csv", auth=("ada", "wrong")).status_code == 401
    app.extensions["settings"] = replace(settings, public=False)
    assert client.get("/exports/batch_runs.csv", auth=("vera", PASSWORD)).status_code == 200


def test_a_token_for_reading_opens_closed_exports_of_its_ecosystems_only(
    client: FlaskClient, app: Flask, settings: Settings, store: Store
) -> None:
    app.extensions["settings"] = replace(settings, public=False)
    with changing(store, SOMEBODY, NOW) as change:
        everything = tokens.create(change, KEY, "all", [Scope.READ])
        limited = tokens.create(change, KEY, "some", [Scope.READ], ["homebrew"])
        sending = tokens.create(change, KEY, "ci", [Scope.INGEST])

    def status(made: tokens.NewToken, path: str) -> int:
        return client.get(path, headers={"Authorization": f"Bearer {made.secret}"}).status_code

    assert status(everything, "/exports/batch_runs.csv") == 200
    assert status(sending, "/exports/batch_runs.csv") == 403
    assert status(limited, "/exports/batch_runs.csv") == 403
    assert status(limited, "/exports/batch_runs.csv?ecosystem=npm") == 403
    assert status(limited, "/exports/batch_runs.csv?ecosystem=homebrew") == 200
    assert status(limited, "/exports/batch_runs.csv?ecosystem=homebrew&ecosystem=npm") == 200
    assert status(limited, "/api/v1/decision/npm") == 403
    # The feed is of all ecosystems, whatever its address says.
    assert status(limited, "/incidents.atom?ecosystem=homebrew") == 403
    assert status(everything, "/incidents.atom") == 200
    assert status(everything, "/") == 401
    assert status(everything, "/admin") == 401


def test_closed_pages_are_closed_to_browsers_and_open_after_sign_in(
    app: Flask, settings: Settings, store: Store
) -> None:
    app.extensions["settings"] = replace(settings, public=False)
    ingest(store, batch_run())
    make_user(store, "vera", "viewer")
    visitor = Visitor(app)
    for method, path, rule in requests_of(app):
        if method != "GET" or rule.endpoint in OPEN_ENDPOINTS or is_admin(rule):
            continue
        answer = visitor.open(path)
        assert answer.status_code == 401, path
        assert "homebrew" not in re.sub(r"(value=|next=)[^>]*", "", answer.text), path
    shown = visitor.open("/minutes?last=7d")
    assert 'name="next" value="/minutes?last=7d"' in shown.text
    assert visitor.sign_in("vera").status_code == 303
    for path in ("/", "/minutes", "/badges/homebrew.svg"):
        answer = visitor.open(path)
        assert answer.status_code == 200
        assert answer.cache_control.no_store


def test_no_secret_is_kept_anywhere(
    administrator: Visitor,
    client: FlaskClient,
    store: Store,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    own = "a password that must stay unknown"
    administrator.send("/admin/users/new", name="eve", role="viewer", password=own)
    made = administrator.send("/admin/tokens/new", name="ci", scopes=["ingest", "read"])
    [token] = set(re.findall(r"bmt_[\w-]{20,}", made.text))
    post(client, batch_run(), Authorization=f"Bearer {token}")
    client.get("/api/v1/decision/homebrew", headers={"Authorization": f"Bearer {token}"})
    url = "json://user:hook-secret-word@127.0.0.1:9/path-secret-word"
    path = "/admin/notifications"
    fields = {"name": "hook", "url": url, "min_severity": "notice"}
    administrator.send(f"{path}/destinations", path, **fields)
    administrator.send(f"{path}/destinations/hook/test", path)
    # Typed into the wrong field, as people do.
    administrator.send("/sign-in", "/account", name=own, password="x" * 12)
    administrator.send("/account", current="x" * 12, password=own, again=own)
    session = administrator.client.get_cookie(SESSION_COOKIE)
    assert session is not None
    secrets = [own, token, "hook-secret-word", "path-secret-word", session.value, PASSWORD, KEY]
    pages = ["/admin", "/admin/tokens", "/admin/users", path, "/admin/audit", "/account"]
    text = "".join(administrator.open(page).text for page in pages)
    text += administrator.open("/admin/audit/audit_log.csv").text
    text += everything_stored(store)
    text += caplog.text
    assert "create token" in text
    for secret in secrets:
        assert secret not in text, secret
    assert count_runs(store)[0] == 1


def everything_stored(store: Store) -> str:
    with store.read() as connection:
        rows = [
            row
            for table in schema.metadata.tables.values()
            for row in connection.execute(table.select())
        ]
    return repr(rows) + "".join(
        value.decode("latin-1") for row in rows for value in row if isinstance(value, bytes)
    )


def count_of_everything(store: Store) -> dict[str, int]:
    """Rows by table, but for what looking leaves behind."""
    with store.read() as connection:
        return {
            name: len(connection.execute(table.select()).all())
            for name, table in schema.metadata.tables.items()
            if name not in ("user_sessions", "sign_in_failures")
        }


NASTY = [
    "",
    "a\x00b",
    "sNaN",
    "1e999999",
    "-1e300",
    "9" * 5_000,
    "x" * 100_000,
    "<script>alert(1)</script>",
    "9999-12-31",
    "😀" * 300,
]
FIELDS = [
    "name",
    "password",
    "role",
    "current",
    "again",
    "scopes",
    "ecosystems",
    "expires_at",
    "note",
    "overlap_hours",
    "has_target",
    "target",
    "min_attempts",
    "expected_interval",
    "reason",
    "link",
    "expected_resume_at",
    "runner_os",
    "minutes",
    "since",
    "price-macos",
    "price-linux",
    "price-since",
    "delete-reason",
    "count",
    "last_id",
    "results",
    "runs",
    "audit",
    "url",
    "min_severity",
    "key",
    "hours",
    "next",
    "preview",
]


@pytest.mark.parametrize("value", NASTY, ids=lambda value: repr(value)[:20])
def test_whatever_is_entered_is_answered_and_never_an_error(
    app: Flask, administrator: Visitor, store: Store, value: str
) -> None:
    ingest(store, batch_run())
    make_user(store, "eve", "viewer")
    token = administrator.token("/account")
    for method, path, rule in requests_of(app):
        path = path.replace("/users/1/", "/users/2/")  # ada stays who she is
        if method != "POST" or rule.endpoint in ("ingest.receive", "account.sign_out"):
            continue
        usual = {"reason": "why", "name": "some name", "minutes": "5", "count": "1", "last_id": "1"}
        for fields in (dict.fromkeys(FIELDS, value), {**dict.fromkeys(FIELDS, value), **usual}):
            fields.pop("preview") if fields["reason"] == "why" else None
            answer = administrator.client.post(
                path, data={**fields, "form_token": token}, headers=PAGE
            )
            if answer.status_code != 422:
                token = administrator.token("/account")
            assert answer.status_code < 500, (path, value[:40], answer.text[-500:])
            assert answer.status_code != 401, path
    assert administrator.open("/admin/audit").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/admin/users/" + "9" * 30,
        "/admin/tokens/" + "9" * 30 + "/rotate",
        "/admin/batch-runs/" + "9" * 30,
        "/admin/ecosystems/%00",
        "/ecosystems/%00",
        "/api/v1/decision/%00",
        "/badges/a%00b.svg",
        "/recipes/homebrew/%00",
    ],
)
def test_what_no_database_can_hold_is_not_there(administrator: Visitor, path: str) -> None:
    assert administrator.open(path).status_code == 404


@pytest.mark.parametrize(
    "query", ["actor=%00", "action=%00", "text=%00", "since=x", "after=W10", "actor=" + "x" * 999]
)
def test_an_audit_filter_that_cannot_be_used_is_said(administrator: Visitor, query: str) -> None:
    answer = administrator.open(f"/admin/audit?{query}")
    assert answer.status_code == 200
    assert 'role="alert"' in answer.text
