"""Any name a client may send has a page, and its address leads back to the name."""

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient

from batch_dashboard.views import names

NAMES = [
    "jq",
    "sharkdp/bat",
    "@scope/package",
    "a/../b",
    "..",
    ".",
    "...",
    "../..",
    "/",
    "//",
    "/leading",
    "trailing/",
    "double//slash",
    "~",
    "~2F",
    "a~2Fb",
    "what?",
    "c#",
    "100%",
    "%2F",
    "a b",
    " padded ",
    "quo\"te's",
    "<script>alert(1)</script>",
    "back\\slash",
    "semi;colon=1&x=2",
    "plus+plus",
    "🎉",
    "שלום",
    "x" * 200,
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_a_path_comes_back_as_it_was(name: str) -> None:
    app = Flask(__name__)
    names.register(app)
    app.add_url_rule(
        "/r/<name:ecosystem>/<path_name:recipe_name>",
        "show",
        lambda ecosystem, recipe_name: [ecosystem, recipe_name],
    )
    client: FlaskClient = app.test_client()
    with app.test_request_context():
        first = url_for("show", ecosystem=name, recipe_name="x")
        second = url_for("show", ecosystem="x", recipe_name=name)
    for url, expected in ((first, [name, "x"]), (second, ["x", name])):
        assert "/../" not in url + "/"
        assert "/./" not in url + "/"
        assert "//" not in url
        assert not set(url) & set('?#"<>\\ ')
        answer = client.get(url)
        assert (answer.status_code, answer.get_json()) == (200, expected), url


def test_plain_names_stay_readable() -> None:
    app = Flask(__name__)
    names.register(app)
    app.add_url_rule("/r/<name:ecosystem>/<path_name:recipe_name>", "show", lambda: "")
    with app.test_request_context():
        url = url_for("show", ecosystem="crates.io", recipe_name="sharkdp/bat")
    assert url == "/r/crates.io/sharkdp/bat"
