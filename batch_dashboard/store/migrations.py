"""Migration of the database between revisions of the schema (migrations/versions)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from batch_dashboard.store.engine import Store

MIGRATIONS = Path(__file__).resolve().parent.parent.parent / "migrations"


def upgrade(store: Store, revision: str = "head") -> None:
    """Upgrade the schema completely, or not at all if there is an error."""
    with migrating(store) as (config, _connection):
        command.upgrade(config, revision)


@contextmanager
def upgraded(store: Store) -> Iterator[tuple[Connection, bool]]:
    """The connection on which the schema was upgraded, before its commit.

    Also yields whether a migration changed rows that are part of sums.
    """
    with migrating(store) as (config, connection):
        command.upgrade(config, "head")
        yield connection, bool(config.attributes.get("summed_rows_changed"))


def downgrade(store: Store, revision: str) -> None:
    """Downgrade the schema; data that the older revision does not know is dropped."""
    with migrating(store) as (config, _connection):
        command.downgrade(config, revision)


def current_revision(connection: Connection) -> str | None:
    """The revision of the database, None before the first."""
    return MigrationContext.configure(connection).get_current_revision()


def latest_revision() -> str:
    """The revision that this version of the application needs."""
    return str(ScriptDirectory.from_config(_config()).as_revision_number("head"))


def known_revisions() -> set[str]:
    """The revisions that this version of the application can upgrade."""
    script = ScriptDirectory.from_config(_config())
    return {revision.revision for revision in script.walk_revisions()}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


@contextmanager
def migrating(store: Store) -> Iterator[tuple[Config, Connection]]:
    """The writer's connection for a migration."""
    with store.migrate() as connection:
        config = _config()
        config.attributes["connection"] = connection
        yield config, connection
