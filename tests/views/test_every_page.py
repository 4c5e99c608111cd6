"""What holds for every page: few statements, every name, every link, any made-up address."""

import html
import re
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from batch_dashboard.services.alerts.alerts import check
from batch_dashboard.store.engine import Store
from tests.factories import HOSTILE, NOW, batch_run, failed_result, ingest, recipe_result
from tests.pages import STATEMENTS
from tests.statements import counted_statements

# Pages that show single results, of one run or one recipe, or the last one on a platform.
OF_RESULTS = (
    *("/known-issues", "/api/docs"),
    *("/recipes/homebrew/wget", "/batch-runs/3", "/batch-runs/compare"),
)

# No row of a list has one of these, and no database takes them.
ODD_VALUES = ["1" + "0" * 400, "-1e300", "NaN", "null", '"\\ud83d"', '"\\u0000"', "[[]]", "{}"]


def place_of(values: str) -> str:
    """A place in a list as its address writes one, with made-up values."""
    return "after=" + urlsafe_b64encode(values.encode()).decode().rstrip("=")


BAD_QUERIES = [
    *(place_of(f"[{','.join([value] * length)}]") for value in ODD_VALUES for length in (2, 3)),
    "last=banana",
    "since=2026-02-01&until=2026-01-01",
    "since=2026-99-99",
    "ecosystem=never-was",
    "ecosystem=%00",
    "platform=" + "x" * 300,
    "after=made-up",
    "before=%F0%9F%8E%89",
    "after=" + "A" * 9000,
    "after=W10",
    "sort=banana&order=up",
    "sort=failed&order=sideways",
    "text=" + "y" * 300,
    "text=%25%27%22",
    "category=%0a",
    "state=banana",
    "result=banana",
    "a=1&b=banana",
    "change=banana",
    "q=%00",
    "q=%25%27%22%5C",
]


@pytest.fixture(autouse=True)
def clock(app: Flask) -> None:
    app.extensions["clock"] = lambda: NOW


@pytest.fixture
def filled(store: Store) -> Store:
    for day in (18, 19, 20):
        for name in ("homebrew", "npm"):
            results = [recipe_result(ecosystem=name)] + [
                failed_result(recipe_name=recipe, ecosystem=name) for recipe in ("wget", "curl")
            ]
            ingest(
                store,
                batch_run(
                    batch_id=f"{day}-{name}",
                    ecosystem=name,
                    started_at=f"2026-11-{day}T08:00:00Z",
                    completed_at=None,
                    results=results,
                ),
            )
    check(store, [], None, NOW)
    return store


def group_of(client: FlaskClient) -> str:
    found = re.search(r"/failures/(\d+)", client.get("/failures").text)
    assert found
    return found[1]


@pytest.mark.parametrize("path", STATEMENTS)
def test_a_page_takes_few_statements(client: FlaskClient, filled: Store, path: str) -> None:
    url = path.format(group=group_of(client))
    with counted_statements(filled) as statements:
        answer = client.get(url)
    assert answer.status_code == 200
    assert len(statements) == STATEMENTS[path], "\n".join(statements)
    if not path.startswith(OF_RESULTS):
        assert not any("recipe_results" in statement for statement in statements)


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("path", STATEMENTS)
def test_what_cannot_be_used_is_said_and_never_an_error(client: FlaskClient, path: str) -> None:
    path = path.format(group=group_of(client))
    for query in BAD_QUERIES:
        answer = client.get(f"{path}{'&' if '?' in path else '?'}{query}")
        assert answer.status_code in (200, 400), query
        if answer.status_code == 400:
            assert "must be" in answer.text


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    "path",
    [
        "/recipes/homebrew/nothing",
        "/recipes/nowhere/wget",
        "/ecosystems/nowhere",
        "/failures/12345",
        f"/failures/{10**30}",
        f"/batch-runs/{10**30}",
        "/batch-runs/compare/1",
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "</html>" in answer.text


def links(text: str) -> Iterator[str]:
    for link in re.findall(r'(?:href|action|src)="([^"]*)"', text):
        yield html.unescape(link)


def test_every_link_leads_somewhere_whatever_names_are_stored(
    client: FlaskClient, store: Store
) -> None:
    for index, name in enumerate(HOSTILE):
        results = [
            failed_result(
                recipe_name=name,
                ecosystem=name,
                error_category=name,
                error_message=f"Error {index}: {name}",
                platform=name,
            ),
            recipe_result(recipe_name=f"{name} too", ecosystem=name),
        ]
        for hour in range(6):
            ingest(
                store,
                batch_run(
                    batch_id=name,
                    ecosystem=name,
                    started_at=f"2026-11-20T{hour:02}:00:00Z",
                    completed_at=None,
                    results=results,
                    run_url="javascript:alert(1)",
                ),
            )
    seen: set[str] = set()
    waiting = ["/", "/recipes", "/failures", "/batch-runs", "/exports/"]
    found, asked = set(waiting), Counter(waiting)
    kinds: set[str] = set()
    while waiting and len(seen) < 200:
        url = waiting.pop(0)
        if url in seen:
            continue
        seen.add(url)
        answer = client.get(url)
        assert answer.status_code == (401 if url.startswith("/admin") else 200), url
        kinds.add(urlsplit(url).path.split("/")[1])
        text = answer.text
        if answer.mimetype != "text/html":
            continue
        assert "<img" not in text, url
        for link in links(text):
            assert link.startswith(("/", "#")), (url, link)
            # Two addresses of each page are enough to see that its other choices are links too.
            address, path = link.split("#")[0], urlsplit(link).path
            if path and not path.startswith("/assets") and address not in found:
                asked[path] += 1
                if asked[path] <= 2:
                    found.add(address)
                    waiting.append(address)
    assert {"", "recipes", "failures", "batch-runs", "ecosystems", "exports"} <= kinds
    for name in HOSTILE:
        answer = client.get("/recipes", query_string={"text": name})
        assert (
            html.escape(name, quote=False).replace('"', "&#34;").replace("'", "&#39;")
            in answer.text
        )
