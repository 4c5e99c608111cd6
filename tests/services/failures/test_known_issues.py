"""Known issues: what they expect, when they end, and lists of them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from batch_dashboard.errors import ImportFileError, InputError, NotFound
from batch_dashboard.model.alerts.finding_kinds import FindingKind
from batch_dashboard.model.catalogue.known_issues import KNOWN_ISSUES
from batch_dashboard.model.failures.failure_groups import failure_group_id
from batch_dashboard.model.failures.known_issue_list import read_list, write_list
from batch_dashboard.model.failures.known_issues import (
    ExpectedFailures,
    IssueSubject,
    KnownIssueState,
)
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.services.administration.changes import changing
from batch_dashboard.services.alerts.alerts import check
from batch_dashboard.services.failures import known_issues as service
from batch_dashboard.services.judgement.judgement import find_all
from batch_dashboard.store.alerts import incidents
from batch_dashboard.store.engine import Store
from batch_dashboard.store.failures import known_issues
from batch_dashboard.store.failures.known_issues import NewIssue
from tests.factories import batch_run, failed_result, ingest, recipe_result
from tests.visitors import SOMEBODY

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
TODAY = START.date()
MESSAGE = "Error: checksum of the archive does not match"
GROUP = failure_group_id(MESSAGE)
WGET = IssueSubject(None, "homebrew", "wget")
WGET_MAC = WGET._replace(platform="darwin-arm64")
LINK = "https://example.org/issues/7"


def run(store: Store, hours: float, *results: dict[str, Any]) -> None:
    """Store a run that started so many hours after START."""
    at = START + timedelta(hours=hours)
    started = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    ingest(store, batch_run(started_at=started, completed_at=None, results=list(results)), at)


def wget(result: str, platform: str | None = None, **changes: Any) -> dict[str, Any]:
    make = failed_result if result == "failed" else recipe_result
    given = {"error_message": MESSAGE, **changes} if result == "failed" else changes
    return make(recipe_name="wget", platform=platform, **given)


def add(
    store: Store, subject: IssueSubject, days: int = 30, now: datetime = START, **changes: Any
) -> int:
    fields = {"link": LINK, "note": "", "expires_on": now.date() + timedelta(days=days), **changes}
    with changing(store, SOMEBODY, now) as change:
        return service.add(change, NewIssue(subject, **fields))


def stuck(store: Store, *platforms: str | None) -> None:
    """wget fails often enough to be stuck, before START."""
    for hour in range(6):
        run(store, hour - 10, *[wget("failed", platform) for platform in platforms or (None,)])


def kinds(store: Store, now: datetime = START) -> set[FindingKind]:
    with store.read() as connection:
        found, _ = find_all(connection, now)
    return {finding.kind for finding in found}


def state(store: Store, issue_id: int, today: date = TODAY) -> KnownIssueState:
    with store.read() as connection:
        found = known_issues.find(connection, issue_id, today)
    assert found is not None
    return found.state


@pytest.mark.parametrize("subject", [WGET, WGET_MAC, IssueSubject(GROUP)])
def test_expected_failures_cause_no_finding_until_the_issue_expires(
    store: Store, subject: IssueSubject
) -> None:
    stuck(store, "darwin-arm64")
    trouble = {FindingKind.STUCK, FindingKind.NEW_FAILURE}
    assert trouble <= kinds(store)
    issue_id = add(store, subject, days=3)
    gone = {FindingKind.NEW_FAILURE} if subject.failure_group_id else trouble
    if subject == WGET_MAC:
        gone = {FindingKind.STUCK}
    assert not gone & kinds(store)
    last_moment = datetime(2026, 11, 4, 23, 59, tzinfo=UTC)
    assert not gone & kinds(store, last_moment)
    assert gone - {FindingKind.NEW_FAILURE} <= kinds(store, last_moment + timedelta(minutes=1))
    assert state(store, issue_id, date(2026, 11, 5)) is KnownIssueState.EXPIRED


def test_a_recipe_that_fails_on_another_platform_too_is_still_stuck(store: Store) -> None:
    stuck(store, "darwin-arm64", "linux-x86_64")
    add(store, WGET_MAC)
    assert FindingKind.STUCK in kinds(store)


def test_a_group_is_new_while_one_of_its_recipes_is_not_expected(store: Store) -> None:
    run(store, -5, wget("failed"), failed_result(recipe_name="curl", error_message=MESSAGE))
    add(store, WGET)
    assert FindingKind.NEW_FAILURE in kinds(store)
    add(store, WGET._replace(recipe_name="curl"))
    assert FindingKind.NEW_FAILURE not in kinds(store)


def test_the_most_specific_issue_expects_a_failure(store: Store) -> None:
    stuck(store, "darwin-arm64")
    of_group, of_recipe, of_platform = (
        add(store, subject) for subject in (IssueSubject(GROUP), WGET, WGET_MAC)
    )
    with store.read() as connection:
        expected = known_issues.fetch_expected(connection, TODAY)

    def found(*args: Any) -> int | None:
        issue = expected.find(*args)
        return issue and issue.id

    assert found("homebrew", "wget", "darwin-arm64", GROUP) == of_platform
    assert found("homebrew", "wget", "linux-x86_64", GROUP) == of_recipe
    assert found("homebrew", "curl", None, GROUP) == of_group
    assert found("npm", "wget", "darwin-arm64", 7) is None
    assert not ExpectedFailures()


@pytest.mark.parametrize("subject", [WGET, WGET_MAC, IssueSubject(GROUP)])
def test_two_passes_in_a_row_end_an_issue_and_are_reported_once(
    store: Store, subject: IssueSubject
) -> None:
    run(store, -2, wget("passed", "darwin-arm64"), wget("passed", "darwin-arm64"))
    run(store, -1, wget("failed", "darwin-arm64"))
    issue_id = add(store, subject)
    run(store, 1, wget("passed", "darwin-arm64"))
    run(store, 2, wget("failed", "darwin-arm64"))
    run(store, 3, wget("passed", "darwin-arm64"))
    check(store, [], None, START + timedelta(hours=3))
    assert state(store, issue_id) is KnownIssueState.OPEN
    with store.read() as connection:
        asked, _ = ListQuery.parse({}, KNOWN_ISSUES, TODAY, 9)
        [issue] = known_issues.fetch_page(connection, asked, TODAY).rows
    assert issue.passes_now
    run(store, 4, wget("skipped", "darwin-arm64"))
    run(store, 5, wget("passed", "darwin-arm64"))
    for hours in (6, 7, 7 * 24 - 1, 7 * 24 + 8, 7 * 24 + 9):
        check(store, [], None, START + timedelta(hours=hours))
    assert state(store, issue_id) is KnownIssueState.PASSED
    with store.read() as connection:
        found = incidents.fetch_all(connection)
    reported = [incident for incident in found if incident.kind is FindingKind.KNOWN_ISSUE]
    assert len(reported) == 1
    assert "it passes now" in reported[0].opening_sentence
    assert reported[0].closed_at is not None


def test_a_pass_on_another_platform_does_not_end_an_issue(store: Store) -> None:
    run(store, -1, wget("failed", "darwin-arm64"))
    issue_id = add(store, WGET_MAC)
    for hour in (1, 2, 3):
        run(store, hour, wget("passed", "linux-x86_64"))
    check(store, [], None, START + timedelta(hours=4))
    assert state(store, issue_id) is KnownIssueState.OPEN


def test_a_group_ends_when_each_of_its_recipes_passed_twice(store: Store) -> None:
    curl = {"recipe_name": "curl"}
    run(store, -1, wget("failed"), failed_result(error_message=MESSAGE, **curl))
    issue_id = add(store, IssueSubject(GROUP))
    for hour in (1, 2):
        run(store, hour, wget("passed"))
    check(store, [], None, START + timedelta(hours=3))
    assert state(store, issue_id) is KnownIssueState.OPEN
    for hour in (4, 5):
        run(store, hour, recipe_result(**curl))
    check(store, [], None, START + timedelta(hours=6))
    assert state(store, issue_id) is KnownIssueState.PASSED


def test_an_expiry_is_reported_once(store: Store) -> None:
    stuck(store)
    issue_id = add(store, WGET, days=1)
    for days in (1, 2, 3, 12, 13):
        check(store, [], None, START + timedelta(days=days))
    assert state(store, issue_id) is KnownIssueState.EXPIRED
    with store.read() as connection:
        found = incidents.fetch_all(connection)
    reported = [incident for incident in found if incident.kind is FindingKind.KNOWN_ISSUE]
    assert len(reported) == 1
    assert "expired on 2026-11-02" in reported[0].opening_sentence


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"days": -1}, "it must expire within 180 days: from 2026-11-01 to 2027-04-30"),
        ({"days": 181}, "it must expire within 180 days"),
        ({"link": "javascript:alert(1)"}, "the link must begin with https://"),
        ({"link": "", "note": " "}, "give a link or a note"),
        ({"note": "x" * 501}, "the note must be at most 500 characters"),
        ({"subject": WGET._replace(recipe_name="wgte")}, "no result of wgte in homebrew"),
        ({"subject": IssueSubject(7)}, "there is no failure group 7"),
    ],
)
def test_what_cannot_be_a_known_issue_is_refused(
    store: Store, changes: dict[str, Any], complaint: str
) -> None:
    run(store, -1, wget("failed"))
    with pytest.raises(InputError, match=complaint):
        add(store, **{"subject": WGET, **changes})


def test_a_subject_has_one_open_issue_at_a_time(store: Store) -> None:
    run(store, -1, wget("failed"))
    issue_id = add(store, WGET)
    with pytest.raises(InputError, match="this already has a known issue"):
        add(store, WGET)
    with changing(store, SOMEBODY, START) as change:
        service.close(change, issue_id)
    assert add(store, WGET, days=180) != issue_id
    with pytest.raises(NotFound), changing(store, SOMEBODY, START) as change:
        service.close(change, issue_id)


FILE = f"""recipe,platform,link,note,expires
wget,,{LINK},,2026-12-01
wget,darwin-arm64,{LINK},only there,2026-12-01
@scope/pkg,,,"old, but needed",2026-12-31
"""


def sync(store: Store, text: str, now: datetime = START) -> service.SyncReport:
    with changing(store, SOMEBODY, now) as change:
        return service.sync_list(change, read_list(text, "homebrew"))


def test_a_list_is_followed_and_followed_again_without_a_change(store: Store) -> None:
    run(store, -1, wget("failed"), failed_result(recipe_name="curl"))
    own = add(store, WGET._replace(recipe_name="curl"))
    report = sync(store, FILE)
    assert report.added == [
        "wget (homebrew)",
        "wget (homebrew) on darwin-arm64",
        "@scope/pkg (homebrew)",
    ]
    again = sync(store, FILE, START + timedelta(hours=1))
    assert (again.has_changed, again.unchanged) == (False, 3)
    changed = FILE.replace("only there,2026-12-01", "there,2026-12-02").replace("wget,,", "#,,")
    report = sync(store, changed.replace(f"#,,{LINK},,2026-12-01\n", ""))
    assert (report.added, report.updated, report.closed, report.unchanged) == (
        [],
        ["wget (homebrew) on darwin-arm64"],
        ["wget (homebrew)"],
        1,
    )
    # What was added in another way stays.
    assert state(store, own) is KnownIssueState.OPEN


def test_a_list_does_not_open_again_what_passed(store: Store) -> None:
    text = f"recipe,link,expires\nwget,{LINK},2026-12-01\n"
    run(store, -1, wget("failed"))
    sync(store, text)
    for hour in (1, 2):
        run(store, hour, wget("passed"))
    later = START + timedelta(hours=3)
    check(store, [], None, later)
    report = sync(store, text, later)
    assert not report.has_changed
    assert report.skipped == ["wget (homebrew): it passed twice in a row; remove it from the list"]
    assert sync(store, text.replace("12-01", "12-24"), later).added == ["wget (homebrew)"]


def test_what_is_exported_can_be_imported(store: Store) -> None:
    run(store, -1, wget("failed"))
    sync(store, FILE)
    add(store, IssueSubject(GROUP), note="=1+1")
    with store.read() as connection:
        text = write_list(known_issues.fetch_open(connection, TODAY))
    assert "'@scope/pkg" in text
    assert "'=1+1" in text
    with changing(store, SOMEBODY, START) as change:
        report = service.import_list(change, read_list(text, None))
    assert (report.has_changed, report.unchanged) == (False, 4)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("recipe,reason,expires\n", "the column “reason” is unknown"),
        ("recipe,link\n", "the first line must name the columns"),
        ("", "the first line must name the columns"),
        ("recipe,expires\nwget,soon\n", "line 2: expires must be a day such as 2026-12-31"),
        (
            "recipe,expires\nwget,2026-12-01\nwget,2026-12-01\n",
            "line 3: wget .* is already in line 2",
        ),
        ("recipe,expires\n,2026-12-01\n", "line 2: it must name a recipe or a failure group"),
        ("failure_group,expires\nx,2026-12-01\n", "line 2: failure_group must be the number"),
        ("recipe,expires\nwget,2026-12-01,x\n", "line 2: it has more cells"),
        ('recipe,expires\n"wget,2026-12-01\n', "is not CSV"),
    ],
)
def test_a_file_that_cannot_be_used_names_the_line(text: str, complaint: str) -> None:
    with pytest.raises(ImportFileError, match=complaint):
        read_list(text, "homebrew")


def test_a_row_that_cannot_be_used_changes_nothing(store: Store) -> None:
    with pytest.raises(InputError, match="line 3: it must expire within 180 days"):
        sync(store, f"recipe,link,expires\na,{LINK},2026-12-01\nb,{LINK},2028-01-01\n")
    with store.read() as connection:
        assert known_issues.fetch_open(connection, TODAY) == []
