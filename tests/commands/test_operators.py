"""The operator's commands: each does its task, reports it, and is recorded in the audit log."""

import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from batch_dashboard.model.administration.audit import AuditFilter
from batch_dashboard.model.plan.rule import HOUR, PlanRule
from batch_dashboard.services.administration.changes import COMMAND_LINE
from batch_dashboard.store.administration import audit
from batch_dashboard.store.engine import Store
from batch_dashboard.store.judgement import ecosystem_rules
from tests.clients import count_runs, post
from tests.command_line import done, run
from tests.factories import NOW, batch_run, ingest


def entries(store: Store) -> list[str]:
    """What was done at the command line, oldest first."""
    chosen, _ = AuditFilter.parse({}, NOW.date())
    with store.read() as connection:
        found = list(audit.iter_entries(connection, chosen))
    assert {entry.address for entry in found} <= {COMMAND_LINE}
    assert all(entry.actor for entry in found)
    return [entry.action for entry in reversed(found)]


def test_users(app: Flask, store: Store) -> None:
    said = done(app, "users", "add", "ada", "--role", "administrator")
    assert re.search(r"Password \(shown once\): \S{20}", said)
    long_enough = "a few words nobody knows\n"
    done(app, "users", "add", "vera", "--ask", typed=long_enough * 2)
    assert "12 to 200" in run(app, "users", "add", "bob", "--ask", typed="short\nshort\n").output
    assert "vera: viewer, last signed in never" in done(app, "users", "list")
    done(app, "users", "role", "vera", "administrator")
    done(app, "users", "password", "vera")
    done(app, "users", "remove", "vera")
    last = run(app, "users", "remove", "ada")
    assert last.exit_code == 1
    assert "last administrator" in last.output
    assert "there is no user eve" in run(app, "users", "remove", "eve").output
    assert entries(store) == ["add user", "add user", "set role", "set password", "remove user"]


def test_tokens(app: Flask, store: Store) -> None:
    said = done(app, "tokens", "create", "ci", "--ecosystem", "homebrew", "--days", "90")
    [secret] = re.findall(r"bmt_\S+", said)
    client = app.test_client()
    assert post(client, batch_run(), Authorization=f"Bearer {secret}").status_code == 201
    listed = done(app, "tokens", "list")
    assert "in force, ingest for homebrew only, 1 uploads" in listed
    assert secret not in listed
    [second] = re.findall(r"bmt_\S+", done(app, "tokens", "rotate", "1", "--overlap-hours", "0"))
    assert post(client, batch_run(), Authorization=f"Bearer {secret}").status_code == 401
    done(app, "tokens", "revoke", "2")
    assert post(client, batch_run(), Authorization=f"Bearer {second}").status_code == 401
    assert run(app, "tokens", "revoke", "2").exit_code == 1
    assert run(app, "tokens", "revoke", "9").exit_code == 1
    assert entries(store) == ["create token", "rotate token", "revoke token"]


def test_runs(app: Flask, store: Store) -> None:
    ingest(store, batch_run())
    done(app, "runs", "exclude", "1", "--reason", "wrong")
    assert count_runs(store)[0] == 0
    done(app, "runs", "restore", "1")
    assert count_runs(store)[0] == 1
    done(app, "runs", "delete", "1", "--reason", "wrong")
    assert count_runs(store)[0] == 0
    assert "no batch run 1" in run(app, "runs", "delete", "1", "--reason", "x").output
    assert entries(store) == ["exclude batch run", "restore batch run", "delete batch run"]


def test_budgets_and_prices(app: Flask, store: Store) -> None:
    done(app, "budgets", "set", "macos", "2000", "--since", "2026-11-23")
    assert (
        "must begin on a Monday"
        in run(app, "budgets", "set", "macos", "9", "--since", "2026-11-24").output
    )
    done(app, "prices", "set", "--macos", "0.1", "--linux", "0.01", "--since", "2026-11-24")
    done(app, "prices", "remove", "--since", "2026-11-24")
    done(app, "budgets", "remove", "macos", "--since", "2026-11-23")
    assert entries(store) == ["set budget", "set prices", "remove prices", "remove budget"]


def test_ecosystems(app: Flask, store: Store) -> None:
    done(app, "ecosystems", "rule", "homebrew", "--target", "0.9", "--expected-hours", "6")
    done(app, "ecosystems", "rule", "npm", "--plan-failures", "3", "--plan-cap-hours", "30")
    with store.read() as connection:
        plan = ecosystem_rules.find_plan_rule(connection, "npm")
    assert plan == PlanRule(failures=3, base_seconds=24 * HOUR, cap_seconds=30 * HOUR)
    too_short = run(app, "ecosystems", "rule", "npm", "--plan-cap-hours", "5")
    assert "first wait must not be longer" in too_short.output
    assert "above 0 %" in run(app, "ecosystems", "rule", "homebrew", "--target", "9").output
    done(app, "ecosystems", "pause", "homebrew", "--reason", "it moves")
    done(app, "ecosystems", "resume", "homebrew")
    assert "not paused" in run(app, "ecosystems", "resume", "homebrew").output
    assert entries(store) == ["set rule", "set rule", "pause", "resume"]


def test_retention(app: Flask, store: Store) -> None:
    started_at = datetime.now(UTC) - timedelta(days=60)
    ingest(
        store, batch_run(started_at=started_at.isoformat(), completed_at=None), datetime.now(UTC)
    )
    done(app, "retention", "set", "--results", "30", "--audit", "forever")
    shown = done(app, "retention", "show")
    assert re.search(r"recipe_results +kept 30 days; 2 are older", shown)
    assert re.search(r"audit_log +kept forever; 0 are older", shown)
    said = done(app, "retention", "run")
    assert "2 results, 0 batch runs" in said
    assert re.search(r"Uploads waited \d+ ms at most", said)
    assert "neither a number" in run(app, "retention", "set", "--runs", "soon").output
    assert entries(store) == ["set retention", "prune"]


def test_rollups(app: Flask, store: Store) -> None:
    ingest(store, batch_run())
    assert "correct" in done(app, "rollups", "verify")
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE recipes SET passed = 9")
    assert run(app, "rollups", "verify").exit_code == 1
    done(app, "rollups", "rebuild")
    done(app, "rollups", "verify")
    assert entries(store) == ["rebuild rollups"]


def test_what_brings_data_in_is_told_of_too(app: Flask, store: Store, tmp_path: Path) -> None:
    file = tmp_path / "runs.ndjson"
    file.write_text(json.dumps(batch_run()) + "\n")
    done(app, "import", str(file))
    done(app, "failures", "regroup")
    done(app, "demo", "--results", "100")
    done(app, "database", "upgrade")  # nothing to do, so nothing to tell
    assert entries(store) == ["import", "regroup failures", "store demo data"]


@pytest.fixture
def file_app(app: Flask, sqlite_template: Path, tmp_path: Path) -> Flask:
    """An application on a SQLite file, whatever the database of the other tests."""
    file = shutil.copyfile(sqlite_template, tmp_path / "own.db")
    app.extensions["store"] = Store(f"sqlite:///{file}", 60)
    return app


def test_backup_and_restore(file_app: Flask, tmp_path: Path) -> None:
    store: Store = file_app.extensions["store"]
    ingest(store, batch_run())
    kept = str(tmp_path / "kept.db")
    assert "1 batch runs, 2 results" in done(file_app, "backup", kept)
    assert "already exists" in run(file_app, "backup", kept).output
    done(file_app, "runs", "delete", "1", "--reason", "by mistake")
    refused = run(file_app, "restore", kept, typed="n\n")
    assert refused.exit_code == 1
    assert count_runs(store)[0] == 0
    assert "1 batch runs" in done(file_app, "restore", kept, "--yes")
    assert count_runs(store)[0] == 1
    assert "became" in done(file_app, "database", "compact")
    assert entries(store)[-2:] == ["restore backup", "compact"]
    store.close()
