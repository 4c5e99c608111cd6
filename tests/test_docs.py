"""What an operator or a client can set, send or run is documented."""

import re
from pathlib import Path

import click
from flask import Flask

from batch_dashboard.model.payload import RESULT_FIELDS, RUN_FIELDS
from batch_dashboard.settings import PROJECT_ROOT

DOCS = PROJECT_ROOT / "docs"
SETTING = re.compile(r"\bBATCH_(?:METRICS|DASHBOARD)_[A-Z_]+\b")
CODE = ("batch_dashboard/settings.py", "gunicorn.conf.py")


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    in_code = {name for path in CODE for name in SETTING.findall(read(PROJECT_ROOT / path))}
    in_docs = set(SETTING.findall(read(DOCS / "configuration.md")))
    assert in_code == in_docs


def test_every_field_of_the_payload_is_documented() -> None:
    text = read(DOCS / "ingest-api.md")
    assert [name for name in sorted(RUN_FIELDS) if f"`{name}`" not in text] == []
    assert [name for name in sorted(RESULT_FIELDS) if f"`results[].{name}`" not in text] == []


def test_every_command_has_a_sentence_and_is_documented(app: Flask) -> None:
    text = read(DOCS / "configuration.md")
    own = {
        name: command
        for name, command in app.cli.commands.items()
        if (command.callback or command).__module__.startswith("batch_dashboard")
        or isinstance(command, click.Group)
    }
    assert {"setup", "database", "rollups", "import", "demo"} <= own.keys()
    for name, command in own.items():
        assert (command.help or "").strip().split("\n")[0].endswith((".", ";", ",", "s"))
        assert f"`{name}" in text, name


def test_links_between_documents_lead_somewhere() -> None:
    for page in [PROJECT_ROOT / "README.md", *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", read(page)):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
