"""Real databases for tests: each test has one of its own, a copy of a migrated one."""

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from flask.testing import FlaskClient

from batch_dashboard.application import create_app
from batch_dashboard.services.access import sign_in
from batch_dashboard.services.access.identity_tokens import KeyCache
from batch_dashboard.services.access.throttle import Throttle
from batch_dashboard.settings import Settings
from batch_dashboard.store import migrations
from batch_dashboard.store.dialects.sqlite import reserve
from batch_dashboard.store.engine import Store
from tests.factories import TOKEN

if TYPE_CHECKING:
    from tests.postgresql import PostgresqlServer
    from tests.postgresql_copies import Copies

pytest_plugins = ["tests.postgresql", "tests.postgresql_copies"]

DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
WAIT_SECONDS = 60.0

# Makes the URL of a new, migrated database; it is gone after the `with`.
NewDatabase = Callable[[], AbstractContextManager[str]]


def _migrate(url: str) -> None:
    store = Store(url, WAIT_SECONDS)
    migrations.upgrade(store)
    store.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "migrated.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: "PostgresqlServer") -> Iterator[str]:
    url = postgresql_server.create_database()
    _migrate(url)
    yield url
    postgresql_server.drop_database(url)


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest) -> Callable[[str], NewDatabase]:
    """What makes migrated databases, by the kind: "sqlite" or "postgresql"."""

    def postgresql() -> NewDatabase:
        copies: Copies = request.getfixturevalue("postgresql_copies")
        return copies.copy

    def sqlite() -> NewDatabase:
        template: Path = request.getfixturevalue("sqlite_template")

        @contextmanager
        def new_file() -> Iterator[str]:
            folder = tempfile.mkdtemp(dir=template.parent)
            try:
                yield f"sqlite:///{shutil.copy(template, folder)}"
            finally:
                shutil.rmtree(folder)

        return new_file

    made = {"postgresql": cache(postgresql), "sqlite": cache(sqlite)}
    return lambda kind: made[kind]()


@pytest.fixture(params=DATABASES)
def new_database(
    request: pytest.FixtureRequest, databases: Callable[[str], NewDatabase]
) -> NewDatabase:
    """Makes migrated databases, of SQLite and of PostgreSQL in turn."""
    return databases(request.param)


@pytest.fixture
def database_url(new_database: NewDatabase) -> Iterator[str]:
    with new_database() as url:
        yield url


@pytest.fixture(scope="module", params=DATABASES)
def module_store(
    request: pytest.FixtureRequest, databases: Callable[[str], NewDatabase]
) -> Iterator[Store]:
    """One store for the tests of a module, which fill it once and then only read."""
    with databases(request.param)() as url:
        store = Store(url, WAIT_SECONDS)
        yield store
        store.close()


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store(database_url, WAIT_SECONDS)
    yield store
    store.close()


def _settings(database_url: str, instance_dir: Path) -> Settings:
    return Settings(
        database_url=database_url,
        instance_dir=instance_dir,
        ingest_token=TOKEN,
        secret_key="k" * 32,
        max_body_bytes=4 * 1024 * 1024,
        database_wait_seconds=WAIT_SECONDS,
        statement_seconds=WAIT_SECONDS,
        public=True,
        url=None,
        alert_urls=(),
        metrics_token=None,
        metrics_public=False,
        proxies=0,
        debug=False,
    )


@pytest.fixture
def settings_of(tmp_path: Path) -> Callable[[str], Settings]:
    """The settings of a test for the database of a URL."""
    return partial(_settings, instance_dir=tmp_path)


@pytest.fixture
def settings(database_url: str, settings_of: Callable[[str], Settings]) -> Settings:
    return settings_of(database_url)


@pytest.fixture(scope="session")
def shared_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Routes and compiled templates take 0.1 s each, so they are made once."""
    folder = tmp_path_factory.mktemp("application")
    app = create_app(_settings(f"sqlite:///{folder / 'none.db'}", folder))
    app.testing = False  # errors are answered as they are in production
    return app


@pytest.fixture
def app(shared_app: Flask, settings: Settings, store: Store) -> Iterator[Flask]:
    """The application with a database, settings and counts of its own; its routes are shared."""
    shared = dict(shared_app.extensions)
    own = shared_app.extensions["store"]
    store.on_write_lock, store.on_statement = own.on_write_lock, own.on_statement
    store.statement_seconds = own.statement_seconds
    shared_app.extensions.update(
        settings=settings, store=store, throttle=Throttle(None), issuer_keys=KeyCache()
    )
    yield shared_app
    shared_app.extensions.clear()
    shared_app.extensions.update(shared)


@pytest.fixture(autouse=True, scope="session")
def small_reserve() -> Iterator[None]:
    """Set-up in this process reserves little of the disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reserve, "RESERVE_BYTES", 64 * 1024)
        yield


@pytest.fixture(autouse=True, scope="session")
def cheap_passwords() -> Iterator[None]:
    """Hashing takes 3 ms in this process instead of 100; started servers pay the full cost."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sign_in, "METHOD", "scrypt:1024:8:1")
        yield


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(autouse=True)
def no_thread_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test leaves no thread behind that could touch the next one's database."""
    before = set(threading.enumerate())
    yield
    left = [thread for thread in set(threading.enumerate()) - before if not thread.daemon]
    if request.node.get_closest_marker("browser"):
        # Playwright's event loop keeps its pool of threads until the browser closes.
        left = [thread for thread in left if not thread.name.startswith("asyncio_")]
    assert not left, left
