"""Registration of the long-running processes that use the database: servers, `alerts watch`.

Source: docs/backup.md.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from batch_dashboard.errors import InputError
from batch_dashboard.store.engine import Store

# The name of each role in the database, and in messages.
SERVER, WATCHER = "server", "watcher"
ROLES = {
    SERVER: "the server (gunicorn, or scripts/serve.sh)",
    WATCHER: "`flask --app app alerts watch`",
}


def claim(store: Store, role: str) -> None:
    """Register this process as a user of the database, until it ends.

    Waits while the database is being restored.
    """
    store.database.claim(role)


@contextmanager
def alone(store: Store) -> Iterator[None]:
    """Use the database exclusively; servers and watchers that start meanwhile wait.

    Raises InputError that names what is running.
    """
    with store.database.alone(ROLES) as running:
        if running:
            raise InputError(
                "file",
                f"the database is in use by {' and by '.join(running)}: "
                "stop the service, try again, and start it afterwards. Nothing was changed",
            )
        yield
