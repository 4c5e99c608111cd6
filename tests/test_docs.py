"""What an operator or a client can set, send or run is documented."""

import re
from pathlib import Path

import click
from flask import Flask

from batch_dashboard.model.ingest.payload import RESULT_FIELDS, RUN_FIELDS
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


def commands_of(app: Flask) -> dict[str, click.Command]:
    """Every command and group of commands by its whole name, without Flask's own."""
    found = {}

    def add(name: str, command: click.Command) -> None:
        found[name] = command
        if isinstance(command, click.Group):
            for word, part in command.commands.items():
                add(f"{name} {word}", part)

    for name, command in app.cli.commands.items():
        add(name, command)
    return found


def test_every_command_and_option_has_a_help_text(shared_app: Flask) -> None:
    commands = commands_of(shared_app)
    assert {"setup", "database upgrade", "alerts destinations add"} <= commands.keys()
    lacking = [name for name, command in commands.items() if not is_sentence(command.help)]
    lacking += [
        f"{name} {option.opts[0]}"
        for name, command in commands.items()
        for option in command.params
        if isinstance(option, click.Option) and not is_sentence(option.help)
    ]
    assert lacking == []


def is_sentence(text: str | None) -> bool:
    """Whether the first paragraph of a text ends as a sentence does."""
    return (text or "").strip().split("\n\n")[0].endswith(".")


def test_every_command_is_documented(shared_app: Flask) -> None:
    text = read(DOCS / "configuration.md")
    names = [
        name
        for name, command in commands_of(shared_app).items()
        if not isinstance(command, click.Group) and not re.search(rf"`{name}[ `]", text)
    ]
    assert names == []


def test_links_between_documents_lead_somewhere() -> None:
    for page in [PROJECT_ROOT / "README.md", *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", read(page)):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
