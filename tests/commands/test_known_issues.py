"""`known-issues`: one by one, and as a list that a repository keeps."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask

from batch_dashboard.store.engine import Store
from tests.command_line import done, run
from tests.factories import batch_run, failed_result, ingest


def test_known_issues_are_added_listed_and_closed(app: Flask, store: Store) -> None:
    ingest(store, batch_run(results=[failed_result(recipe_name="wget")]))
    of_wget = ("--ecosystem", "homebrew", "--recipe", "wget")
    added = done(app, "known-issues", "add", *of_wget, "--note", "waits for 1.22")
    assert "Known issue 1: failures of wget (homebrew) are expected until " in added
    assert "wget (homebrew): waits for 1.22" in done(app, "known-issues", "list")
    again = run(app, "known-issues", "add", *of_wget, "--note", "x")
    assert again.exit_code == 1
    assert "this already has a known issue: number 1" in again.output
    both = run(app, "known-issues", "add", *of_wget, "--failure-group", "7", "--note", "x")
    assert "give a recipe or a failure group, not both" in both.output
    assert "was closed" in done(app, "known-issues", "close", "1")
    assert done(app, "known-issues", "list") == ""


def test_a_list_is_synced_exported_and_imported(app: Flask, tmp_path: Path) -> None:
    day = (datetime.now(UTC) + timedelta(days=9)).date()
    path = tmp_path / "known-issues.csv"
    path.write_text(f"recipe,platform,note,expires\nwget,,old,{day}\njq,darwin,old,{day}\n")
    sync = ("known-issues", "sync", str(path), "--ecosystem", "homebrew")
    assert done(app, *sync) == (
        "added: wget (homebrew)\nadded: jq (homebrew) on darwin\n"
        "2 known issues changed, 0 unchanged.\n"
    )
    assert done(app, *sync) == "0 known issues changed, 2 unchanged.\n"
    exported = tmp_path / "exported.csv"
    done(app, "known-issues", "export", str(exported))
    assert done(app, "known-issues", "import", str(exported)).startswith("0 known issues changed")
    path.write_text(f"recipe,platform,note,expires\njq,darwin,newer,{day}\n")
    assert done(app, *sync) == (
        "updated: jq (homebrew) on darwin\nclosed: wget (homebrew)\n"
        "2 known issues changed, 0 unchanged.\n"
    )
    path.write_text("recipe,expires\njq,soon\n")
    wrong = run(app, *sync)
    assert wrong.exit_code == 1
    assert "line 2: expires must be a day such as 2026-12-31, not “soon”" in wrong.output
