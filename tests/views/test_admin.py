"""What operators do on the admin pages, and that the audit log tells of it."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from batch_dashboard.model.administration.audit import AuditFilter
from batch_dashboard.model.plan.rule import HOUR, PlanRule
from batch_dashboard.services.administration import jobs
from batch_dashboard.services.administration.rollups import verify_rollups
from batch_dashboard.services.alerts.alerts import check
from batch_dashboard.store.access import tokens as token_store
from batch_dashboard.store.administration import audit
from batch_dashboard.store.engine import Store
from batch_dashboard.store.judgement import ecosystem_rules
from batch_dashboard.views import observing
from tests.clients import json_of, post
from tests.factories import NOW, batch_run, ci_job, failed_result, ingest, recipe_result
from tests.receivers import Received, http_receiver
from tests.visitors import PASSWORD, Visitor

GOOD = [f"good-{number}" for number in range(9)]
PAGES = [
    "/admin",
    "/admin/tokens",
    "/admin/publishers",
    "/admin/publishers/new",
    "/admin/tokens/new",
    "/admin/users",
    "/admin/users/new",
    "/admin/users/1",
    "/admin/ecosystems",
    "/admin/ecosystems/homebrew",
    "/admin/budgets-and-prices",
    "/admin/failure-classes",
    "/admin/known-issues",
    "/admin/batch-runs",
    "/admin/batch-runs/1",
    "/admin/batch-runs/many/exclude",
    "/admin/batch-runs/many/delete?ecosystem=homebrew",
    "/admin/retention",
    "/admin/notifications",
    "/admin/audit",
    "/account",
]


@pytest.fixture(autouse=True)
def clock(app: Flask) -> None:
    app.extensions["clock"] = lambda: NOW


def entries(store: Store) -> list[tuple[str, str, str]]:
    """Who did what to what, oldest first."""
    chosen, _ = AuditFilter.parse({}, NOW.date())
    with store.read() as connection:
        found = list(audit.iter_entries(connection, chosen))
    return [(entry.actor, entry.action, entry.subject) for entry in reversed(found)]


def fill(store: Store, runs: int = 3, ecosystem: str = "homebrew") -> None:
    for hour in range(runs):
        ingest(
            store,
            batch_run(
                batch_id=f"{ecosystem}-{hour}",
                ecosystem=ecosystem,
                started_at=f"2026-11-22T{hour:02}:00:00Z",
                completed_at=None,
                results=[
                    *[
                        recipe_result(recipe_name=f"good-{n}", ecosystem=ecosystem)
                        for n in range(9)
                    ],
                    failed_result(ecosystem=ecosystem),
                ],
            ),
        )


def test_every_page_opens(administrator: Visitor, store: Store) -> None:
    fill(store)
    for path in PAGES:
        answer = administrator.open(path)
        assert answer.status_code == 200, path
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_token_is_made_shown_once_used_rotated_and_revoked(
    administrator: Visitor, client: FlaskClient, store: Store
) -> None:
    made = administrator.send(
        "/admin/tokens/new",
        name="CI of homebrew",
        scopes=["ingest"],
        ecosystems="homebrew\n cask ",
        note="ask Ada",
    )
    assert made.status_code == 200
    [secret] = set(re.findall(r"bmt_[\w-]{20,}", made.text))
    assert "curl" in made.text
    assert "/setup?auth=token" in unescape(made.text)
    listed = administrator.open("/admin/tokens").text
    assert secret not in listed
    assert "CI of homebrew" in listed
    assert "never" in listed
    bearer = {"Authorization": f"Bearer {secret}"}
    assert post(client, batch_run(), **bearer).status_code == 201
    refused = post(client, batch_run(ecosystem="npm", batch_id="n", results=[]), **bearer)
    assert refused.status_code == 403
    assert json_of(refused)["detail"] == (
        "this token is limited to homebrew, cask; it cannot be used for npm"
    )
    # A run of an allowed ecosystem cannot smuggle results of another one in.
    smuggled = batch_run(batch_id="s", results=[recipe_result(ecosystem="npm")])
    assert post(client, smuggled, **bearer).status_code == 403
    wrong_scope = client.get("/api/v1/decision/homebrew", headers=bearer)
    assert wrong_scope.status_code == 403
    assert "ingest only" in json_of(wrong_scope)["detail"]
    with store.read() as connection:
        [token] = token_store.fetch_all(connection)
    assert (token.uploads, token.last_used_from) == (1, "127.0.0.1")
    rotated = administrator.send(f"/admin/tokens/{token.id}/rotate", overlap_hours="2")
    [second] = set(re.findall(r"bmt_[\w-]{20,}", rotated.text)) - {secret}
    # Both are in force, so nothing is lost while CI changes over.
    for index, each in enumerate((secret, second)):
        run = batch_run(batch_id=f"overlap-{index}")
        assert post(client, run, Authorization=f"Bearer {each}").status_code == 201
    said = administrator.said(administrator.send(f"/admin/tokens/{token.id}/revoke"))
    assert "revoked" in said
    assert post(client, batch_run(batch_id="x"), **bearer).status_code == 401
    run = batch_run(batch_id="after")
    assert post(client, run, Authorization=f"Bearer {second}").status_code == 201
    assert [action for _, action, _ in entries(store)][1:] == [
        "create token",
        "rotate token",
        "revoke token",
    ]


def test_a_form_that_cannot_be_used_keeps_what_was_entered(administrator: Visitor) -> None:
    answer = administrator.send(
        "/admin/tokens/new", name="x" * 90, scopes=["ingest"], note="ask “Ada” <b>"
    )
    assert answer.status_code == 422
    assert "A name must have 1 to 60 printable characters." in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "ask “Ada” &lt;b&gt;" in answer.text
    missing = administrator.send("/admin/tokens/new", name="", scopes=["ingest"])
    assert "Enter a name." in missing.text
    nothing = administrator.send("/admin/tokens/new", name="it")
    assert "choose at least one scope" in nothing.text.lower()


def test_a_user_is_made_changed_and_removed(
    app: Flask, administrator: Visitor, store: Store
) -> None:
    said = administrator.said(
        administrator.send("/admin/users/new", name="eve", role="viewer", password=PASSWORD)
    )
    assert said == "User eve was created as viewer."
    short = administrator.send("/admin/users/new", name="bob", role="viewer", password="short")
    assert short.status_code == 422
    assert "12 to 200 characters" in short.text
    twice = administrator.send("/admin/users/new", name="eve", role="viewer", password=PASSWORD)
    assert "the name eve is already used" in twice.text.lower()
    eve = Visitor(app)
    assert eve.sign_in("eve").status_code == 303
    assert eve.open("/admin").status_code == 403
    administrator.send("/admin/users/2/role", "/admin/users/2", role="administrator")
    assert eve.open("/admin").status_code == 200
    other = "another four words instead"
    administrator.send("/admin/users/2/password", "/admin/users/2", password=other)
    assert eve.open("/admin").status_code == 401  # signed out
    assert eve.sign_in("eve").status_code == 422
    assert eve.sign_in("eve", other).status_code == 303
    asked = administrator.open("/admin/users/2/remove").text
    assert "Remove the user eve?" in asked
    assert "eve (administrator) can no longer sign in." in asked
    assert "1 browser in which eve is signed in will be signed out." in asked
    assert administrator.said(administrator.send("/admin/users/2/remove")) == (
        "eve was removed and signed out."
    )
    assert eve.open("/admin").status_code == 401
    assert [entry[1:] for entry in entries(store)][1:] == [
        ("add user", "eve"),
        ("set role", "eve"),
        ("set password", "eve"),
        ("remove user", "eve"),
    ]
    last = administrator.send("/admin/users/1/role", "/admin/users/1", role="viewer")
    assert last.status_code == 422
    assert "last administrator" in last.text


def test_parameters_of_the_plan_are_previewed_on_the_stored_history(
    administrator: Visitor, store: Store
) -> None:
    fill(store, runs=8)

    seen = administrator.send(
        "/admin/ecosystems/homebrew", has_target="y", plan_failures="2", preview="1"
    )

    text = " ".join(seen.text.split())
    plan = r"of 80 attempts since <time[^>]*>2026-08-25</time>, {} would have been avoided"
    assert re.search("The plan now: " + plan.format(r"3 \(3.8.%\)"), text)
    assert re.search("With these parameters: " + plan.format(r"6 \(7.5.%\)"), text)
    assert "No listed pass would have come later." in text


def test_a_rule_is_previewed_set_and_taken_back(administrator: Visitor, store: Store) -> None:
    fill(store)  # 27 of 30 passed: above 85 %
    path = "/admin/ecosystems/homebrew"
    preview = administrator.send(path, has_target="y", target="99.5", min_attempts="", preview="1")
    assert "homebrew</bdi>: met → breached" in preview.text
    assert 'value="99.5"' in preview.text
    assert "default" in administrator.open("/admin/ecosystems").text
    said = administrator.said(administrator.send(path, has_target="y", target="99.5"))
    assert said == "The rule of homebrew was set."
    assert "99.5" in administrator.open("/admin/ecosystems").text
    wrong = administrator.send(path, has_target="y", target="120")
    assert wrong.status_code == 422
    assert "up to 100 %" in wrong.text
    assert 'value="120"' in wrong.text
    administrator.send(f"{path}/default", path)
    assert "85.0" in administrator.open("/admin/ecosystems").text
    log = administrator.open("/admin/audit?action=set+rule").text
    assert "0.995" in log
    assert log.count("set rule") >= 3


def test_the_parameters_of_the_plan_are_part_of_a_rule(
    administrator: Visitor, store: Store
) -> None:
    path = "/admin/ecosystems/homebrew"
    administrator.send(path, has_target="y", plan_failures="3", plan_base="0.5", plan_cap="48")
    with store.read() as connection:
        plan = ecosystem_rules.find_plan_rule(connection, "homebrew")
    assert plan == PlanRule(failures=3, base_seconds=HOUR // 2, cap_seconds=48 * HOUR)
    page = administrator.open(path).text
    assert 'value="0.5"' in page
    wrong = administrator.send(path, has_target="y", plan_failures="0")
    assert wrong.status_code == 422
    assert "from 1 to 1,000" in wrong.text


def test_an_ecosystem_is_paused_and_ci_is_told(
    administrator: Visitor, client: FlaskClient, store: Store
) -> None:
    fill(store)
    path = "/admin/ecosystems/homebrew"
    bad = administrator.send(
        f"{path}/pause", path, reason="tap is broken", link="javascript:alert(1)"
    )
    assert bad.status_code == 422
    assert "begin with http" in bad.text
    assert "tap is broken" in bad.text
    past = administrator.send(
        f"{path}/pause", path, reason="x", expected_resume_at="2020-01-01T10:00"
    )
    assert "time in the future" in past.text
    administrator.send(
        f"{path}/pause",
        path,
        reason="tap is broken",
        link="https://example.org/incident",
        expected_resume_at="2026-12-01T10:00",
    )
    bearer = {"Authorization": "Bearer test-token-of-the-environment"}
    decision = json_of(client.get("/api/v1/decision/homebrew", headers=bearer))
    assert decision["decision"] == "skip"
    assert "tap is broken" in decision["reasons"][0]
    assert "Advice to CI: <code>skip</code>" in administrator.open(path).text
    said = administrator.said(administrator.send(f"{path}/resume", path))
    assert said == "homebrew was resumed."
    decision = json_of(client.get("/api/v1/decision/homebrew", headers=bearer))
    assert decision["decision"] == "proceed"
    assert [action for _, action, _ in entries(store)][1:] == ["pause", "resume"]


def test_budgets_and_prices_are_previewed_set_from_a_day_on_and_taken_back(
    administrator: Visitor, client: FlaskClient, store: Store
) -> None:
    ingest(
        store, batch_run(started_at="2026-11-23T01:00:00Z", completed_at=None, macos_minutes=900)
    )
    ingest(
        store, batch_run(started_at="2026-11-10T01:00:00Z", completed_at=None, macos_minutes=900)
    )
    path = "/admin/budgets-and-prices"
    budget = {"runner_os": "macos", "minutes": "2000", "since": "2026-11-23"}
    seen = administrator.send(f"{path}/budget", path, **budget, preview="1")
    assert "macOS, this week: sample → ok" in seen.text
    no_monday = administrator.send(f"{path}/budget", path, **{**budget, "since": "2026-11-24"})
    assert no_monday.status_code == 422
    assert "must begin on a Monday, such as 2026-11-23" in no_monday.text
    administrator.send(f"{path}/budget", path, **budget)
    text = client.get("/minutes?by=week").text
    assert "2,000" in text
    # The week of 9 November keeps the budget it had: 900 of 1,000, not of 2,000.
    assert "90.0\u202f% of a week" in client.get("/?until=2026-11-16&since=2026-11-02").text
    price = {"price-macos": "0.5", "price-linux": "0.1", "price-since": "2026-11-20"}
    seen = administrator.send(f"{path}/price", path, **price, preview="1")
    assert "The last 28 days: $" in seen.text
    administrator.send(f"{path}/price", path, **price)
    assert "$0.5" in client.get("/minutes").text
    wrong = administrator.send(f"{path}/price", path, **{**price, "price-macos": "-1"})
    assert wrong.status_code == 422
    administrator.send(f"{path}/price/2026-11-20/remove", path)
    administrator.send(f"{path}/budget/macos/2026-11-23/remove", path)
    assert "$0.5" not in client.get("/minutes").text
    assert "2,000" not in client.get("/minutes?by=week").text
    assert [action for _, action, _ in entries(store)][1:] == [
        "set budget",
        "set prices",
        "remove prices",
        "remove budget",
    ]


@pytest.mark.usefixtures("client")
def test_limits_of_queue_waits_are_set_and_taken_back(administrator: Visitor, store: Store) -> None:
    ingest(store, batch_run(jobs=[ci_job("windows", waited=40, took=60)]))
    path = "/admin/budgets-and-prices"
    form = {"wait-runner_os": "windows", "wait-minutes": "1.5"}
    for minutes in ("0", "-1", "10081", "soon"):
        wrong = administrator.send(f"{path}/wait-limit", path, **{**form, "wait-minutes": minutes})
        assert wrong.status_code == 422, minutes
    administrator.send(f"{path}/wait-limit", path, **form)
    assert "1 min 30 s" in administrator.open(path).text
    administrator.send(f"{path}/wait-limit", path, **{**form, "wait-minutes": "2"})
    administrator.send(f"{path}/wait-limit/windows/remove", path)
    assert administrator.send(f"{path}/wait-limit/windows/remove", path).status_code == 404
    assert administrator.send(f"{path}/wait-limit/beos/remove", path).status_code == 404
    assert "2 min 0 s" not in administrator.open(path).text
    assert [action for _, action, _ in entries(store)][1:] == [
        "set queue wait limit",
        "set queue wait limit",
        "remove queue wait limit",
    ]


def test_a_run_is_excluded_restored_and_deleted(
    administrator: Visitor, client: FlaskClient, store: Store
) -> None:
    fill(store)
    path = "/admin/batch-runs/2"
    assert administrator.send(f"{path}/exclude", path, reason=" ").status_code == 422
    administrator.send(f"{path}/exclude", path, reason="wrong runner")
    assert not any(verify_rollups(store).values())
    assert "2 batch runs" in client.get("/batch-runs").text
    shown = client.get("/batch-runs/2").text
    assert "excluded from the statistics" in shown
    assert "wrong runner" in shown
    assert "good-3" in shown  # its results are there to be read
    # The same content again is still known, and changes nothing.
    again = ingest(
        store,
        batch_run(
            batch_id="homebrew-1",
            started_at="2026-11-22T01:00:00Z",
            completed_at=None,
            results=[
                *[recipe_result(recipe_name=name) for name in GOOD],
                failed_result(),
            ],
        ),
    )
    assert (again.batch_run_id, again.replayed) == (2, True)
    administrator.send(f"{path}/restore", path)
    assert not any(verify_rollups(store).values())
    assert "3 batch runs" in client.get("/batch-runs").text
    said = administrator.said(
        administrator.send(f"{path}/delete", path, **{"delete-reason": "wrong data"})
    )
    assert said == "Batch run 2 was deleted."
    assert client.get("/batch-runs/2").status_code == 404
    assert not any(verify_rollups(store).values())
    assert [entry[1:] for entry in entries(store)][1:] == [
        ("exclude batch run", "batch run 2"),
        ("restore batch run", "batch run 2"),
        ("delete batch run", "batch run 2"),
    ]


def hidden(text: str) -> dict[str, str]:
    return dict(re.findall(r'<input id="(count|last_id)" name="\1"[^>]* value="(\d+)"', text)) or {
        name: value
        for name in ("count", "last_id")
        for value in re.findall(rf'name="{name}"[^>]*value="(\d+)"', text)
    }


def test_many_runs_are_changed_by_a_choice_that_was_counted(
    administrator: Visitor, client: FlaskClient, store: Store
) -> None:
    fill(store, 5)
    fill(store, 2, "npm")
    path = "/admin/batch-runs/many/exclude?ecosystem=homebrew"
    page = administrator.open(path).text
    assert "Exclude 5 batch runs: last 90 days, homebrew" in page
    counted = hidden(page)
    assert counted["count"] == "5"
    fill(store, 6)  # one more came in meanwhile: it is not among those confirmed
    said = administrator.said(administrator.send(path, reason="bad week", **counted))
    assert said == "5 batch runs will be changed in the background."
    wrong = administrator.send(path, reason="bad week", **{**counted, "count": "4"})
    assert wrong.status_code == 422
    assert "the selection has changed to 5 batch runs" in wrong.text.lower()
    assert jobs.run_next(store, lambda: NOW)
    assert not jobs.run_next(store, lambda: NOW)
    assert not any(verify_rollups(store).values())
    text = administrator.open("/admin/batch-runs?ecosystem=homebrew").text
    assert "1 batch run in the statistics" in text
    assert "5 batch runs excluded" in text
    assert "5 batch runs of 5: done" in text
    assert "3 batch runs" in client.get("/batch-runs").text
    back = "/admin/batch-runs/many/restore?ecosystem=homebrew"
    administrator.send(back, reason="it was fine", **hidden(administrator.open(back).text))
    away = "/admin/batch-runs/many/delete?ecosystem=npm"
    administrator.send(away, reason="test data", **hidden(administrator.open(away).text))
    while jobs.run_next(store, lambda: NOW):
        pass
    assert not any(verify_rollups(store).values())
    assert "6 batch runs" in client.get("/batch-runs").text
    # What was misunderstood chooses nothing.
    assert administrator.open("/admin/batch-runs/many/delete?since=banana").status_code == 400


def test_retention_is_previewed_set_and_run(
    administrator: Visitor, client: FlaskClient, store: Store
) -> None:
    fill(store)
    ingest(store, batch_run(started_at="2026-01-05T01:00:00Z", completed_at=None))
    before = client.get("/recipes?last=all").text
    path = "/admin/retention"
    seen = administrator.send(path, results="30", runs="", audit="", preview="1")
    assert "Rows that these settings would delete" in seen.text
    assert ">2</td>" in seen.text
    wrong = administrator.send(path, results="400", runs="100", audit="")
    assert wrong.status_code == 422
    assert "batch runs must be kept at least as long as their results" in wrong.text.lower()
    administrator.send(path, results="30", runs="", audit="")
    asked = administrator.open(f"{path}/run").text
    assert "2 results from before 2026-10-24 will be deleted." in asked
    assert "batch runs from before" not in asked  # they are kept forever
    assert "audit log from before" not in asked  # none is older
    # What was confirmed must be what is done.
    changed = administrator.send(f"{path}/run", days="7,,1095")
    assert changed.status_code == 422
    assert "changed meanwhile" in changed.text
    administrator.send(f"{path}/run", days="30,,")
    assert entries(store)[-1][1:] == ("ask to prune", "retention")
    assert jobs.run_next(store, lambda: NOW)
    assert "2 results, 0 batch runs" in administrator.open(path).text
    assert not any(verify_rollups(store).values())
    assert client.get("/recipes?last=all").text == before
    assert "deleted by retention" in client.get("/batch-runs/4").text
    assert "No row is older than its retention period." in administrator.open(f"{path}/run").text
    administrator.send(f"{path}/default", path)
    assert 'value="400"' in administrator.open(path).text


def test_a_destination_is_made_tested_and_removed(administrator: Visitor, store: Store) -> None:
    with http_receiver() as receiver:
        make_test_and_remove(administrator, store, receiver)


def make_test_and_remove(administrator: Visitor, store: Store, receiver: Received) -> None:
    path = "/admin/notifications"
    url = receiver.url.replace("://", "://user:s3cret-password@")
    bad = administrator.send(
        f"{path}/destinations", path, name="hook", url="nonsense", min_severity="notice"
    )
    assert bad.status_code == 422
    assert "Apprise" in bad.text
    made = administrator.send(
        f"{path}/destinations", path, name="team/hook", url=url, min_severity="warning"
    )
    assert "never shown" in administrator.said(made)
    asked = administrator.open(f"{path}/destinations/team~2Fhook/remove").text
    assert "Remove the destination team/hook?" in asked
    assert "0 waiting messages will not be sent." in asked
    text = administrator.open(path).text
    assert "s3cret-password" not in text
    said = administrator.said(administrator.send(f"{path}/destinations/team~2Fhook/test", path))
    assert said == "team/hook accepted the test message."
    assert receiver.wait()["title"] == "Test from Batch Dashboard"
    assert "Test from Batch Dashboard" in administrator.open(path).text
    administrator.send(f"{path}/destinations/team~2Fhook/severity", path, min_severity="critical")
    administrator.send(f"{path}/destinations/team~2Fhook/remove")
    assert administrator.open(f"{path}/destinations/team~2Fhook/remove").status_code == 404
    assert (
        "team/hook"
        not in administrator.open(path)
        .text.split("Delivery log")[0]
        .split("flash")[-1]
        .split("</div>", 3)[-1]
    )
    assert [action for _, action, _ in entries(store)][1:] == [
        "set destination",
        "test destination",
        "set destination",
        "remove destination",
    ]


def test_a_failed_test_says_why_and_keeps_what_was_entered(administrator: Visitor) -> None:
    path = "/admin/notifications"
    with http_receiver() as receiver:
        entered = {"name": "hook", "url": receiver.url, "min_severity": "critical"}
        receiver.status = 404
        refused = administrator.send(f"{path}/destinations", path, **entered, test="1")
        assert refused.status_code == 422
        assert "The test message was not accepted: the service answered 404" in refused.text
        assert 'value="hook"' in refused.text
        assert f'value="{receiver.url}"' in refused.text
        assert '<option selected value="critical">' in refused.text
        receiver.status = 200
        accepted = administrator.send(f"{path}/destinations", path, **entered, test="1")
        assert accepted.status_code == 200
        assert "The test message was accepted." in accepted.text
        assert receiver.url in accepted.text
    shown = administrator.open(path).text
    assert "hook" not in shown.partition("Delivery log")[0]
    assert receiver.url not in shown
    log = administrator.open("/admin/audit?action=test+destination").text
    assert "accepted:" in log
    assert "the service answered 404 Not Found" in log
    for raw in ("secret-path", "error=404", "WARNING", "127.0.0.1:"):
        assert raw not in log, raw


def test_a_token_is_limited_to_ecosystems_of_a_list_and_to_others(
    administrator: Visitor, store: Store
) -> None:
    fill(store, 1)
    fill(store, 1, "npm")
    path = "/admin/tokens/new"
    form = administrator.open(path).text
    for name in ("homebrew", "npm"):
        assert re.search(rf'<input[^>]*type="checkbox"[^>]*value="{name}"', form), name
    made = administrator.send(
        path, name="ci", scopes=["ingest"], known=["npm"], ecosystems="homebrw\n"
    )
    assert "Unknown ecosystem: " in made.text
    with store.read() as connection:
        [token] = token_store.fetch_all(connection)
    assert token.ecosystems == ["npm", "homebrw"]
    listed = administrator.open("/admin/tokens").text
    assert re.findall(r'>([\w]+)</bdi> <span class="aside">unknown', listed) == ["homebrw"]
    fill(store, 1, "homebrw")
    assert ">unknown</span>" not in administrator.open("/admin/tokens").text
    invented = administrator.send(path, name="ci", scopes=["ingest"], known=["made-up"])
    assert invented.status_code == 422


def test_the_entry_of_a_revoked_token_says_what_changed(
    administrator: Visitor, store: Store
) -> None:
    administrator.send("/admin/tokens/new", name="ci", scopes=["ingest"])
    asked = administrator.open("/admin/tokens/1/revoke").text
    assert "Revoke the token ci (bmt_" in asked
    assert "It was never used. It stored 0 batch runs, which stay." in asked
    administrator.send("/admin/tokens/1/revoke")
    chosen, _ = AuditFilter.parse({}, NOW.date())
    with store.read() as connection:
        [entry, *_] = audit.iter_entries(connection, chosen)
    [(name, before, after)] = entry.changes
    assert (entry.action, name, before) == ("revoke token", "revoked_at", None)
    assert str(after).startswith("2026-11-23")


def test_notifications_continue_after_a_snooze(administrator: Visitor, store: Store) -> None:
    for hour in range(6):
        ingest(
            store,
            batch_run(
                batch_id=str(hour),
                started_at=f"2026-11-22T{hour:02}:00:00Z",
                completed_at=None,
                results=[failed_result()],
            ),
        )
    check(store, [], None, NOW)
    path = "/admin/notifications"
    [*keys] = re.findall(r'<option value="([^"]*ecosystem[^"]*)"', administrator.open(path).text)
    assert keys
    administrator.send(
        f"{path}/snoozes", path, key=unescape(keys[0]), hours="8", reason="announced"
    )
    assert "announced" in administrator.open(path).text
    administrator.send(f"{path}/snoozes/end", path, key=unescape(keys[0]))
    assert "announced" not in administrator.open(path).text
    invented = administrator.send(f"{path}/snoozes", path, key="made-up", hours="8")
    assert invented.status_code == 422


def test_an_incident_is_snoozed_from_its_own_page(
    administrator: Visitor, app: Flask, store: Store
) -> None:
    for hour in range(6):
        start = f"2026-11-22T{hour:02}:00:00Z"
        run = batch_run(started_at=start, completed_at=None, results=[failed_result()])
        ingest(store, run, NOW)
    check(store, [], None, NOW)
    page, form = "/incidents/1", "/admin/notifications/incidents/1"
    snoozed = administrator.send(f"{form}/snooze", page, hours="72", reason="the <tap> moves")
    assert administrator.said(snoozed).startswith("Snoozed: no notification about it until ")
    shown = administrator.open(page).text
    assert "the &lt;tap&gt; moves" in shown
    assert "End snooze" in shown
    stranger = Visitor(app).open(page).text
    assert "the &lt;tap&gt; moves" in stranger
    assert "<form" not in stranger.partition("<main")[2].partition("</main>")[0]
    ended = administrator.send(f"{form}/end-snooze", page)
    assert administrator.said(ended) == "Notifications about it are sent again."
    assert "the &lt;tap&gt; moves" not in administrator.open(page).text
    for hours in ("", "0", "many", "99999"):
        assert administrator.send(f"{form}/snooze", page, hours=hours).status_code == 400
    for end in ("snooze", "end-snooze"):
        missing = f"/admin/notifications/incidents/99/{end}"
        assert administrator.send(missing, page, hours="24").status_code == 404


@pytest.mark.usefixtures("store")
def test_the_audit_log_is_filtered_and_downloaded(administrator: Visitor) -> None:
    administrator.send("/admin/users/new", name="=cmd", role="viewer", password=PASSWORD)
    administrator.send("/admin/tokens/new", name="one", scopes=["read"])
    assert "=cmd" in administrator.open("/admin/audit?actor=ada").text
    assert (
        "=cmd"
        not in administrator.open("/admin/audit?action=create+token").text.split("<tbody>")[1]
    )
    assert "No change matches" in administrator.open("/admin/audit?text=nothing-like-it").text
    answer = administrator.open("/admin/audit/audit_log.csv?text=cmd")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["actor"], row["action"], row["subject"]) for row in rows] == [
        ("ada", "add user", "'=cmd")
    ]
    assert rows[0]["address"] == "127.0.0.1"
    assert administrator.open("/admin/audit/audit_log.csv?since=x").status_code == 400


def test_the_system_page_says_how_things_are(administrator: Visitor, store: Store) -> None:
    fill(store)
    text = administrator.open("/admin").text
    assert "No watch process is running" in text
    assert "Not checked yet" in text
    administrator.send("/admin/check-rollups", "/admin")
    assert jobs.run_next(store, lambda: NOW)
    text = administrator.open("/admin").text
    assert "all sums are correct" in text
    assert "<dd>3</dd>" in text
    assert "<dd>30</dd>" in text


def test_errors_and_slow_queries_are_listed_without_what_clients_sent(
    app: Flask, administrator: Visitor, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store)

    def fail() -> str:
        raise ValueError("what a client sent: s3cret")

    monkeypatch.setitem(app.view_functions, "minutes.index", fail)
    answer = administrator.open("/minutes?ecosystem=s3cret")
    assert answer.status_code == 500
    [request_id] = re.findall(r"Its id is ([0-9a-f]{12})", answer.text)
    monkeypatch.setattr(observing, "SLOW_SECONDS", 0.0)
    administrator.open("/batch-runs?ecosystem=s3cret")
    monkeypatch.setattr(observing, "SLOW_SECONDS", 60.0)
    text = administrator.open("/admin").text
    assert request_id in text
    assert "GET minutes.index" in text
    assert "ValueError &lt; test_admin.py:" in text
    assert "batch_runs.index" in text
    assert "SELECT " in text
    assert "s3cret" not in text


def test_what_happens_each_night_is_asked_for_once(store: Store) -> None:
    fill(store)
    night = datetime(2026, 11, 24, 1, 59, tzinfo=UTC)
    for before in (timedelta(hours=12), timedelta(minutes=1), timedelta(0)):
        jobs.ask_nightly(store, night - before)
        assert not jobs.run_next(store, lambda: night)
    for minutes in (1, 2, 600):
        jobs.ask_nightly(store, night + timedelta(minutes=minutes))
    done = 0
    while jobs.run_next(store, lambda: night):
        done += 1
    assert done == 2


@pytest.mark.usefixtures("store")
def test_a_password_of_ones_own_is_changed(app: Flask, viewer: Visitor) -> None:
    other = Visitor(app)
    other.sign_in("vera")
    new = "quite another set of words"
    wrong = viewer.send("/account", current="not it at all", password=new, again=new)
    assert "This is not your current password." in wrong.text
    differ = viewer.send("/account", current=PASSWORD, password=new, again="x" * 12)
    assert "The two passwords differ." in differ.text
    said = viewer.said(viewer.send("/account", current=PASSWORD, password=new, again=new))
    assert said == "Your password was changed, and your other browsers were signed out."
    assert viewer.open("/account").status_code == 200
    assert other.open("/account").status_code == 401
    assert other.sign_in("vera").status_code == 422
    assert other.sign_in("vera", new).status_code == 303
