"""Every address that can be read answers the same with a slash at its end."""

import re

from flask import Flask
from werkzeug.routing.converters import NumberConverter

from batch_dashboard.store.engine import Store
from tests.factories import NOW, batch_run, ingest
from tests.visitors import Visitor

# Which page it is; the rest can change from one answer to the next.
HEAD = re.compile(r"<title>.*?</title>|<h1.*?</h1>", re.DOTALL)


def test_a_slash_at_the_end_changes_nothing(
    app: Flask, administrator: Visitor, store: Store
) -> None:
    app.extensions["clock"] = lambda: NOW
    ingest(store, batch_run())
    adapter = app.url_map.bind("localhost")
    asked = set()
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint in ("metrics.show",):
            continue
        values = {
            name: 1 if isinstance(converter, NumberConverter) else "homebrew"
            for name, converter in rule._converters.items()
        }
        if rule.endpoint == "recipes.show":
            values["recipe_name"] = "ripgrep"
        path = adapter.build(rule.endpoint, values)
        with administrator.open(path) as one, administrator.open(path.rstrip("/") + "/") as other:
            assert other.status_code == one.status_code, path
            if one.mimetype == "text/html":
                heads = [HEAD.findall(each.get_data(as_text=True)) for each in (one, other)]
                assert heads[0] == heads[1] != [], path
            if one.status_code == 200:
                asked.add(rule.rule)
    assert {
        "/admin",
        "/minutes",
        "/exports/",
        "/recipes/<name:ecosystem>/<path_name:recipe_name>",
    } <= asked
