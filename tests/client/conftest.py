"""A real dashboard that uploaders send to, shared by the tests of a worker."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.http.server import running_server


class Dashboard(NamedTuple):
    """The address of a running service and its database."""

    address: str
    database: Path

    def query(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """The rows of a query."""
        with sqlite3.connect(self.database) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(statement, values)]

    def runs(self, batch_id: str) -> list[dict[str, Any]]:
        """The stored batch runs with a batch id, oldest first."""
        return self.query("SELECT * FROM batch_runs WHERE batch_id = ? ORDER BY id", batch_id)


@pytest.fixture(scope="session")
def dashboard(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dashboard]:
    database = tmp_path_factory.mktemp("dashboard") / "database.db"
    database.write_bytes(sqlite_template.read_bytes())
    with running_server(f"sqlite:///{database}", database.parent) as address:
        yield Dashboard(address, database)
