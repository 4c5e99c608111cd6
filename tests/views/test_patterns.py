"""The page of patterns is there for those who work on them, and for nobody else."""

from dataclasses import replace
from pathlib import Path

from flask.testing import FlaskClient

from batch_dashboard.application import create_app
from batch_dashboard.settings import PROJECT_ROOT, Settings


def test_every_macro_that_pages_use_is_shown(settings: Settings) -> None:
    app = create_app(replace(settings, debug=True))
    answer = app.test_client().get("/patterns")
    app.extensions["store"].close()
    assert answer.status_code == 200
    template = (PROJECT_ROOT / "templates/pages/patterns/index.html").read_text()
    macros = {path.name for path in Path(PROJECT_ROOT / "templates/macros").glob("*.html")}
    # Failures, results and steps of CI systems come in pages of their own as a whole.
    unseen = {name for name in macros if f"macros/{name}" not in template}
    assert unseen == {"failures.html", "results.html", "setup.html"}


def test_elsewhere_there_is_no_such_page(client: FlaskClient) -> None:
    assert client.get("/patterns").status_code == 404
