"""`--fail-on`: the exit code by what failed, and by what known issues expect."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from batch_dashboard.model.failures.known_issues import IssueSubject
from batch_dashboard.services.administration.changes import changing
from batch_dashboard.services.failures import known_issues
from batch_dashboard.store.engine import Store
from batch_dashboard.store.failures.known_issues import NewIssue
from tests.client.conftest import Dashboard
from tests.client.servers import Reply, scripted_server
from tests.client.uploader import NOWHERE, STORED, run_uploader
from tests.visitors import SOMEBODY


def upload(address: str, folder: Path, fail_on: str, *results: str, batch: str = "b") -> int:
    arguments = [f"--result={result}" for result in results]
    # Nobody answers at the one address, however long it takes.
    seconds = "2" if address == NOWHERE else "20"
    options = ("--ecosystem", "fail-on", "--batch-id", batch, "--fail-on", fail_on)
    done = run_uploader(
        *("upload", "--url", address, "--timeout", seconds, *options, *arguments), folder=folder
    )
    assert "mistake" not in done.report, done.report
    return done.code


def test_failures_that_a_known_issue_expects_do_not_fail_the_job(
    dashboard: Dashboard, tmp_path: Path
) -> None:
    assert upload(dashboard.address, tmp_path, "unexpected", "jq=failed", "wget=passed") == 4
    store = Store(f"sqlite:///{dashboard.database}", 20)
    with changing(store, SOMEBODY, datetime.now(UTC)) as change:
        subject = IssueSubject(None, "fail-on", "jq")
        known_issues.add(change, NewIssue(subject, "", "waits", change.now.date()))
    store.close()
    run = (dashboard.address, tmp_path)
    assert upload(*run, "unexpected", "jq=failed", "wget=passed", batch="b2") == 0
    assert upload(*run, "unexpected", "jq=failed", "wget=failed", batch="b3") == 4
    assert upload(*run, "any", "jq=failed", batch="b4") == 4
    assert upload(*run, "any", "jq=passed", batch="b5") == 0


def test_a_dashboard_that_does_not_know_fails_no_job(tmp_path: Path) -> None:
    assert upload(NOWHERE, tmp_path, "unexpected", "jq=failed") == 0
    assert upload(NOWHERE, tmp_path, "any", "jq=failed") == 4
    odd = Reply(201, {"batch_run_id": 7, "summary": {"unexpected_count": "3"}})
    for reply in (STORED, odd):
        with scripted_server(reply) as server:
            assert upload(server.address, tmp_path, "unexpected", "jq=failed") == 0


@pytest.mark.parametrize("count", [0, 2])
def test_the_answer_of_the_dashboard_decides(count: int, tmp_path: Path) -> None:
    summary = {"expected_count": 1, "unexpected_count": count}
    with scripted_server(Reply(201, {"batch_run_id": 7, "summary": summary})) as server:
        assert upload(server.address, tmp_path, "unexpected", "jq=failed") == (4 if count else 0)
