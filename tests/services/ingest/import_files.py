"""Files to import, and the import itself."""

import json
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

from batch_dashboard.model.demo.demo import demo_payloads
from batch_dashboard.services.ingest.imports import ImportReport, import_file
from batch_dashboard.store.engine import Store
from tests.factories import NOW

# The schema that clients of the older endpoint know.
OLDER_SCHEMA = """
CREATE TABLE batch_runs (id INTEGER PRIMARY KEY AUTOINCREMENT, batch_id TEXT NOT NULL,
 ecosystem TEXT NOT NULL, started_at TEXT NOT NULL, completed_at TEXT,
 total_recipes INTEGER NOT NULL, passed INTEGER NOT NULL DEFAULT 0,
 failed INTEGER NOT NULL DEFAULT 0, skipped INTEGER NOT NULL DEFAULT 0, success_rate REAL,
 macos_minutes REAL, linux_minutes REAL);
CREATE TABLE recipe_results (id INTEGER PRIMARY KEY AUTOINCREMENT,
 batch_run_id INTEGER NOT NULL REFERENCES batch_runs(id), recipe_name TEXT NOT NULL,
 ecosystem TEXT NOT NULL, result TEXT NOT NULL, error_category TEXT, error_message TEXT,
 duration_seconds REAL);
"""


def demo_file(folder: Path, results: int) -> Path:
    """The demo history as an export of payloads, one a line."""
    path = folder / "demo.ndjson"
    payloads = demo_payloads(results, 3, date(2026, 11, 22))
    path.write_text("".join(json.dumps(payload) + "\n" for payload in payloads))
    return path


def run_import(store: Store, path: Path) -> tuple[ImportReport, list[tuple[str, str]]]:
    """The report of an import, and the entries it refused: place and problem."""
    refused: list[tuple[str, str]] = []
    report = import_file(
        store,
        path,
        NOW,
        on_start=lambda _source: None,
        on_progress=lambda _position: None,
        on_refused=lambda place, problem: refused.append((place, problem)),
    )
    return report, refused


def older_database(path: Path) -> Path:
    """A file with three runs in OLDER_SCHEMA."""
    with closing(sqlite3.connect(path)) as database:
        database.executescript(OLDER_SCHEMA)
        for number in range(1, 4):
            database.execute(
                "INSERT INTO batch_runs VALUES"
                " (?, 'b', 'npm', ?, NULL, 2, 1, 1, 0, 0.5, 1.5, NULL)",
                (number, f"2026-11-0{number} 10:00:00"),
            )
            for result, message in (("passed", None), ("failed", "Error: it's; odd\nline")):
                database.execute(
                    "INSERT INTO recipe_results VALUES (NULL, ?, 'left-pad', 'npm', ?, NULL, ?, 3)",
                    (number, result, message),
                )
        database.commit()
    return path
