"""Imports point one way only, and the checkout holds nothing that does not belong in it.

Source: docs/architecture.md.
"""

import ast
import subprocess
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "batch_dashboard"

# What each part may import besides itself.
UPPER = {"services", "store", "figures", "exports", "model", "errors", "settings"}
MAY_IMPORT = {
    "": set[str](),
    "application": {"views", "commands", *UPPER},
    "views": UPPER | {"client"},
    "commands": UPPER,
    "services": {"store", "model", "errors", "settings"},
    "figures": {"model", "errors", "settings"},
    "exports": {"store", "model", "errors", "settings"},
    "store": {"model", "errors", "settings"},
    "model": {"errors", "settings"},
    "settings": {"errors"},
    "errors": set[str](),
    # A program of its own that runs in CI jobs.
    "client": set[str](),
    # What gunicorn's first process loads, which never runs the application.
    "serving": set[str](),
    # Beside the package: the module that is served, and the database migrations.
    "app": {"application"},
    "migrations": {"store", "model", "errors", "settings"},
}

# Libraries that belong to some parts only.
AT_HOME = {
    "flask": {"application", "views", "commands"},
    "flask_httpauth": {"views", "commands"},
    "sqlalchemy": {"store", "migrations"},
    "alembic": {"store", "migrations"},
    "psycopg": {"store", "migrations"},
    "gunicorn": {"serving"},
}

# The folders of a layer. Source: docs/architecture.md, "Subjects".
SUBJECTS = {
    "ingest",
    "batch_runs",
    "recipes",
    "failures",
    "judgement",
    "plan",
    "alerts",
    "spending",
    "access",
    "administration",
    "demo",
}
SHARED_FOLDERS = {
    "model": {"catalogue", "api", "lists", "text"},
    "store": {"lists", "summaries", "schema", "dialects"},
    "services": set[str](),
}

NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc"}

# Nothing else knows which database it is on.
DIALECTS = f"{PACKAGE}.store.dialects"
DATABASE_NAMES = ("sqlite", "postgres", "psycopg")
MAY_NAME_DATABASES = {
    # The databases that a URL can name.
    f"{PACKAGE}.settings",
    # SQLite as the format of files to be imported, whatever the database.
    f"{PACKAGE}.services.ingest.import_sources",
    f"{PACKAGE}.services.ingest.import_tables",
    f"{PACKAGE}.services.ingest.import_dumps",
}

MAX_FILE_BYTES = 300_000

# In parts, so that this file does not name what it looks for.
REGISTRY_HOSTS = [
    ".".join(parts)
    for parts in [
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("npm", "pkg", "github", "com"),
        ("pypi", "org"),
        ("pypi", "python", "org"),
        ("files", "pythonhosted", "org"),
        ("static", "crates", "io"),
        ("index", "crates", "io"),
        ("proxy", "golang", "org"),
        ("rubygems", "org"),
        ("unpkg", "com"),
        ("cdn", "jsdelivr", "net"),
    ]
]


def problems(sources: dict[str, str], packages: set[str]) -> list[str]:
    """Every broken rule, in words. `packages` are the modules that are an __init__.py."""
    found = []
    graph: dict[str, set[str]] = {}
    for module, source in sorted(sources.items()):
        part = part_of(module)
        if part not in MAY_IMPORT:
            found.append(f"{module}: '{part}' is no known part of the application")
            continue
        found += [
            f"{module}: '{word}' names no idea; find the word for what it does"
            for word in module.split(".")
            if word in NAMELESS
        ]
        graph[module] = set()
        for line, name in imported_names(module, source, module in packages):
            library = name.split(".")[0]
            if part not in AT_HOME.get(library, {part}):
                found.append(f"{module}:{line}: {library} may not be imported here")
            if library not in (PACKAGE, "app", "migrations"):
                continue
            target = nearest_module(name, sources)
            target_part = part_of(target)
            if target_part not in MAY_IMPORT[part] | {part}:
                found.append(f"{module}:{line}: {part or PACKAGE} may not import {target}")
            if target != module:
                graph[module].add(target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found.append("cycle: " + " -> ".join(reversed(error.args[1])))
    return found


def database_names(module: str, source: str) -> Iterator[tuple[int, str]]:
    """Line and text of what depends on the kind of database; prose is not looked at."""
    if module.startswith(DIALECTS) or module in MAY_NAME_DATABASES:
        return
    for node in ast.walk(ast.parse(source)):
        line = getattr(node, "lineno", 0)
        match node:
            case ast.Constant(value=str(text)):
                if text.startswith((*DATABASE_NAMES, "PRAGMA ", "pg_")):
                    yield line, text
            case ast.Attribute(attr="dialect"):
                yield line, ".dialect"
            case (
                ast.Name(id=name)
                | ast.Attribute(attr=name)
                | ast.arg(arg=name)
                | ast.keyword(arg=str(name))
                | ast.FunctionDef(name=name)
                | ast.ClassDef(name=name)
                | ast.alias(name=name)
                | ast.ImportFrom(module=str(name))
            ) if any(database in name.lower() for database in DATABASE_NAMES):
                yield line, name


def part_of(module: str) -> str:
    top, _, rest = module.partition(".")
    return rest.split(".")[0] if top == PACKAGE else top


def imported_names(module: str, source: str, is_package: bool) -> Iterator[tuple[int, str]]:
    """Line and absolute dotted name of every import, wherever in the module it stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                around = module.split(".")
                around = around[: len(around) - node.level + is_package]
                base = ".".join([*around, base] if base else around)
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"


def nearest_module(name: str, sources: dict[str, str]) -> str:
    """`a.b.name` is the module a.b.name if there is one, else something inside a.b."""
    words = name.split(".")
    while len(words) > 1 and ".".join(words) not in sources:
        words.pop()
    return ".".join(words)


def application() -> tuple[dict[str, str], set[str]]:
    sources, packages = {}, set()
    folders = [ROOT / folder for folder in (PACKAGE, "migrations")]
    files = [ROOT / "app.py", *(file for folder in folders for file in folder.rglob("*.py"))]
    for file in files:
        words = list(file.relative_to(ROOT).with_suffix("").parts)
        if words[-1] == "__init__":
            words.pop()
            packages.add(".".join(words))
        sources[".".join(words)] = file.read_text(encoding="utf-8")
    return sources, packages


def repository_files() -> list[Path]:
    """Tracked files and those about to be; what .gitignore names is left out."""
    done = subprocess.run(
        [
            *("git", "-c", "safe.directory=*", "ls-files", "-z"),
            *("--cached", "--others", "--exclude-standard"),
        ],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    names = sorted(set(done.stdout.decode().split("\0")) - {""})
    return [path for name in names if (path := ROOT / name).is_file()]


def test_the_application_keeps_the_rules() -> None:
    sources, packages = application()
    assert PACKAGE in sources
    assert problems(sources, packages) == []


def test_only_dialects_know_which_database_it_is() -> None:
    sources, _ = application()
    assert [
        f"{module}:{line}: {name}; move it to {DIALECTS}"
        for module, source in sources.items()
        if part_of(module) != "migrations"
        for line, name in database_names(module, source)
    ] == []


@pytest.mark.parametrize(
    "source",
    [
        'is_file = connection.dialect.name == "other"',
        'is_file = name == "sqlite"',
        'run("PRAGMA page_count")',
        "if store.is_sqlite: pass",
        "def _sqlite_insert(): pass",
        "Index('ix', postgresql_where=True)",
        "import sqlite3",
        "from psycopg import sql",
        "from batch_dashboard.store.dialects.sqlite import file",
    ],
)
def test_the_checker_finds_the_name_of_a_database(source: str) -> None:
    assert list(database_names(f"{PACKAGE}.store.runs", source))
    assert not list(database_names(f"{DIALECTS}.other", source))


def test_the_checker_reads_over_prose() -> None:
    source = '"""Also on SQLite."""\nraise ValueError("this is for SQLite")  # sqlite\n'
    assert not list(database_names(f"{PACKAGE}.store.runs", source))


GOOD = {
    PACKAGE: "",
    f"{PACKAGE}.application": "import flask\nfrom batch_dashboard import commands, views\n",
    f"{PACKAGE}.errors": "",
    f"{PACKAGE}.settings": "from batch_dashboard.errors import SettingsError\n",
    f"{PACKAGE}.views": "from batch_dashboard.views import overview\n",
    f"{PACKAGE}.views.overview": (
        "import flask\nfrom batch_dashboard.store import runs\nfrom ..model import rates\n"
    ),
    f"{PACKAGE}.commands": "from ..services.ingest import ingest_batch_run\n",
    f"{PACKAGE}.services": "",
    f"{PACKAGE}.services.ingest": "from batch_dashboard.store import runs\n",
    f"{PACKAGE}.figures": "from batch_dashboard.model.judgement.rates import failure_rate\n",
    f"{PACKAGE}.exports": "import batch_dashboard.store.runs\n",
    f"{PACKAGE}.store": "",
    f"{PACKAGE}.store.runs": "import sqlalchemy as sa\nfrom batch_dashboard.model import rates\n",
    f"{PACKAGE}.model": "",
    f"{PACKAGE}.model.rates": "import math\nfrom batch_dashboard import errors\n",
    "app": "from batch_dashboard.application import create_app\n",
    "migrations.env": "from alembic import context\nfrom batch_dashboard.store import runs\n",
}
GOOD_PACKAGES = {
    PACKAGE,
    *(f"{PACKAGE}.{part}" for part in ("views", "commands", "services", "figures", "exports")),
    f"{PACKAGE}.store",
    f"{PACKAGE}.model",
}


def test_the_checker_accepts_a_house_in_order() -> None:
    assert problems(GOOD, GOOD_PACKAGES) == []


@pytest.mark.parametrize(
    ("module", "source", "complaint"),
    [
        ("model.rates", "from batch_dashboard.store import runs", "model may not import"),
        ("model.rates", "import batch_dashboard.store.runs", "model may not import"),
        ("model.rates", "from ..store.runs import fetch", "model may not import"),
        ("model.rates", "def f():\n    from batch_dashboard import views", "model may not import"),
        (
            "model.rates",
            "from batch_dashboard.application import create_app",
            "model may not import",
        ),
        ("store.runs", "from batch_dashboard.services import ingest", "store may not import"),
        ("store.runs", "from batch_dashboard import figures", "store may not import"),
        ("store", "from ..exports import csv", "store may not import"),
        ("figures", "from batch_dashboard.store import runs", "figures may not import"),
        ("figures.style", "from . import volume\nfrom .. import store", "figures may not import"),
        ("exports", "from batch_dashboard.services import ingest", "exports may not import"),
        ("services.ingest", "from batch_dashboard.views import overview", "services may not"),
        ("services.ingest", "from batch_dashboard import exports", "services may not import"),
        ("views.overview", "from batch_dashboard import commands", "views may not import"),
        ("commands", "from batch_dashboard.views import overview", "commands may not import"),
        ("settings", "from batch_dashboard.model import rates", "settings may not import"),
        ("errors", "from batch_dashboard.settings import Settings", "errors may not import"),
        ("services.ingest", "from flask import request", "flask may not be imported here"),
        ("model.rates", "import flask.json", "flask may not be imported here"),
        ("store.runs", "import flask_httpauth", "flask_httpauth may not be imported here"),
        ("views.overview", "import sqlalchemy as sa", "sqlalchemy may not be imported here"),
        ("services.ingest", "from sqlalchemy.exc import DBAPIError", "sqlalchemy may not be"),
        ("model.utils", "", "names no idea"),
        ("views.helpers.text", "", "names no idea"),
        ("common", "", "is no known part"),
        ("reports", "", "is no known part"),
        ("model.rates", "from batch_dashboard.model import budget", "cycle: "),
    ],
)
def test_the_checker_finds_a_broken_rule(module: str, source: str, complaint: str) -> None:
    budget = {f"{PACKAGE}.model.budget": "from .rates import failure_rate"}
    found = problems(GOOD | budget | {f"{PACKAGE}.{module}": source}, GOOD_PACKAGES)
    assert any(complaint in problem for problem in found), found


def test_no_test_module_is_imported() -> None:
    """What tests share is in modules of their own, so that each test can be changed alone."""
    found = [
        f"{file.relative_to(ROOT)}:{line}: {name}"
        for file in sorted((ROOT / "tests").rglob("*.py"))
        for line, name in imported_names("tests", file.read_text(encoding="utf-8"), True)
        if any(word.startswith("test_") for word in name.split("."))
    ]
    assert found == []


@pytest.mark.parametrize("host", REGISTRY_HOSTS)
def test_no_file_names_a_package_registry(host: str) -> None:
    needle = host.encode()
    assert [str(path) for path in repository_files() if needle in path.read_bytes()] == []


def test_no_file_is_large() -> None:
    assert [
        f"{path}: {path.stat().st_size} bytes"
        for path in repository_files()
        if path.stat().st_size > MAX_FILE_BYTES
    ] == []


@pytest.mark.parametrize("layer", sorted(SHARED_FOLDERS))
def test_a_subject_has_one_name_in_every_layer(layer: str) -> None:
    folders = {file.parent.name for file in (ROOT / PACKAGE / layer).glob("*/*.py")}

    assert folders - SHARED_FOLDERS[layer] <= SUBJECTS


@pytest.mark.parametrize("layer", ["model", "services"])
def test_every_module_is_in_the_folder_of_a_subject(layer: str) -> None:
    assert {file.name for file in (ROOT / PACKAGE / layer).glob("*.py")} == {"__init__.py"}
