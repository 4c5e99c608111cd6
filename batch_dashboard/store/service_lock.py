"""Who uses the database for as long as it runs: server processes and `alerts watch`.

SQLite: each holds a shared lock on an empty file beside the database, which ends with its process,
however that ends. PostgreSQL lists the connections of each process under its application name.
Source: docs/backup.md.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import text

from batch_dashboard.errors import InputError
from batch_dashboard.store.engine import Store
from batch_dashboard.store.process_name import APPLICATION, application_name

# What each role is called beside the database's file, and in messages.
SERVER, WATCHER = "server", "watcher"
ROLES = {
    SERVER: "the server (gunicorn, or scripts/serve.sh)",
    WATCHER: "`flask --app app alerts watch`",
}


def claim(store: Store, role: str) -> None:
    """Be known as one who uses the database until this process ends.

    Waits while the database is being restored.
    """
    if store.is_sqlite:
        # Never closed: the lock ends with the process.
        fcntl.flock(_open(store, role), fcntl.LOCK_SH)
    else:
        with store.read():
            pass  # the pool keeps the connection, so PostgreSQL knows of this process


@contextmanager
def alone(store: Store) -> Iterator[None]:
    """Use the database while no server and no watcher does; those that start meanwhile wait.

    Raises InputError that names what is running.
    """
    if not store.is_sqlite:
        _refuse(_other_processes(store))
        yield
        return
    with ExitStack() as stack:
        running = []
        for role, name in ROLES.items():
            file = _open(store, role)
            stack.callback(os.close, file)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                running.append(name)
        _refuse(running)
        yield


def _open(store: Store, role: str) -> int:
    path = Path(f"{store.url.database}-{role}")
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _other_processes(store: Store) -> list[str]:
    query = text(
        "SELECT DISTINCT application_name FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name LIKE :ours"
        " AND application_name <> :own ORDER BY application_name"
    )
    with store.read() as connection:
        found = connection.execute(query, {"ours": f"{APPLICATION} %", "own": application_name()})
        return [f"process {name.removeprefix(f'{APPLICATION} ')}" for (name,) in found]


def _refuse(running: list[str]) -> None:
    if running:
        raise InputError(
            "file",
            f"the database is in use by {' and by '.join(running)}: "
            "stop the service, try again, and start it afterwards. Nothing was changed",
        )
