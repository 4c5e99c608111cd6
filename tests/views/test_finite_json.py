"""Nothing that leaves the application holds a number that JSON does not have."""

import json

from flask import Flask, jsonify

from batch_dashboard.views.charts import Chart
from batch_dashboard.views.error_pages import problem

ODD = {"a": [float("inf"), -float("inf"), float("nan"), 1.5], "b": {"c": (float("inf"), "é</")}}
FINITE = {"a": [None, None, None, 1.5], "b": {"c": [None, "é</"]}}


def test_a_figure_holds_null_instead() -> None:
    text = Chart("odd", "Odd", "numbers", "A sentence.", ODD).json
    assert json.loads(text, parse_constant=lambda name: name) == FINITE
    assert "<" not in text
    assert "é" in text


def test_every_json_answer_holds_null_instead(app: Flask) -> None:
    with app.test_request_context():
        answers = [jsonify(ODD), problem(400, "Bad Request", "wrong")]
    assert json.loads(answers[0].data, parse_constant=lambda name: name) == FINITE
    assert json.loads(answers[1].data)["status"] == 400
