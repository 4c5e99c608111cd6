"""What operators declare to be expected: one known issue, or a whole list of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from batch_dashboard.errors import InputError, NotFound
from batch_dashboard.model.failures.known_issue_list import ListedIssue
from batch_dashboard.model.failures.known_issues import (
    MAX_DAYS,
    MAX_OPEN,
    IssueSubject,
    KnownIssue,
    KnownIssueState,
    last_expiry,
)
from batch_dashboard.model.text.wording import CONTROL_CHARACTER
from batch_dashboard.services.administration.changes import OF_ITSELF, Actor, Change, changing
from batch_dashboard.store.engine import Connection, Store
from batch_dashboard.store.failures import failure_group_list, known_issues
from batch_dashboard.store.failures.known_issues import NewIssue
from batch_dashboard.store.recipes import recipe_list

MAX_LINK = 2_000
MAX_NOTE = 500
MAX_NAME = 500
WATCHING = "watching"


@dataclass
class SyncReport:
    """What a list changed: the known issues by what became of them, in words."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    unchanged: int = 0
    # Rows of the list that nothing was done for, with the reason.
    skipped: list[str] = field(default_factory=list)

    @property
    def has_changed(self) -> bool:
        """Whether anything is not as it was."""
        return bool(self.added or self.updated or self.closed)


def add(change: Change, issue: NewIssue) -> int:
    """Declare a known issue; its id. Raises InputError naming the field that cannot be used."""
    issue = _checked(issue, change.now.date())
    _check_subject(change.connection, issue.subject)
    others = known_issues.fetch_open(change.connection, change.now.date())
    same = next((other for other in others if other.subject == issue.subject), None)
    if same is not None:
        raise InputError("subject", f"this already has a known issue: number {same.id}")
    if len(others) >= MAX_OPEN:
        raise InputError("subject", f"there are already {MAX_OPEN:,} known issues; close one first")
    return _insert(change, issue)


def edit(change: Change, issue_id: int, link: str, note: str, expires_on: date) -> None:
    """Give an open known issue another link, note and expiry. Raises InputError and NotFound."""
    found = _find_open(change, issue_id)
    issue = NewIssue(found.subject, link, note, expires_on, found.is_synced)
    _update(change, found, _checked(issue, change.now.date()))


def close(change: Change, issue_id: int) -> KnownIssue:
    """End a known issue: its failures count again. Raises NotFound."""
    found = _find_open(change, issue_id)
    _end(change, found, KnownIssueState.CLOSED)
    return found


def end_due(store: Store, now: datetime) -> int:
    """End the known issues that passed twice in a row or expired; how many."""
    with store.read() as connection:
        due = known_issues.find_due(connection, now.date())
    if not due:
        return 0
    with changing(store, Actor(OF_ITSELF, WATCHING), now) as change:
        for issue_id, outcome in due.items():
            found = known_issues.find(change.connection, issue_id, now.date())
            if found is not None and found.ended_at is None:
                _end(change, found, outcome)
    return len(due)


def import_list(change: Change, rows: Sequence[ListedIssue]) -> SyncReport:
    """Add and update the known issues of a list. Raises InputError."""
    return _follow(change, rows, is_whole=False)


def sync_list(change: Change, rows: Sequence[ListedIssue]) -> SyncReport:
    """Make the known issues of a list the ones there are, but for those added in another way.

    Doing it again changes nothing. Raises InputError.
    """
    return _follow(change, rows, is_whole=True)


def _follow(change: Change, rows: Sequence[ListedIssue], *, is_whole: bool) -> SyncReport:
    today, report = change.now.date(), SyncReport()
    stored = {issue.subject: issue for issue in known_issues.fetch_open(change.connection, today)}
    for row in rows:
        subject = row.subject
        if row.expires_on < today:
            report.skipped.append(f"{subject.in_words}: it expired on {row.expires_on}")
            continue
        found = stored.get(subject)
        is_synced = is_whole or (found is not None and found.is_synced)
        issue = NewIssue(subject, row.link, row.note, row.expires_on, is_synced)
        try:
            issue = _checked(issue, today)
        except InputError as error:
            raise InputError(error.field, f"line {row.line}: {error}") from None
        if found is not None:
            if _update(change, found, issue):
                report.updated.append(subject.in_words)
            else:
                report.unchanged += 1
        elif _has_passed(change.connection, issue):
            report.skipped.append(
                f"{subject.in_words}: it passed twice in a row; remove it from the list"
            )
        else:
            _insert(change, issue)
            report.added.append(subject.in_words)
    if is_whole:
        listed = {row.subject for row in rows}
        for found in stored.values():
            if found.is_synced and found.subject not in listed:
                _end(change, found, KnownIssueState.CLOSED)
                report.closed.append(found.subject.in_words)
    if len(stored) + len(report.added) - len(report.closed) > MAX_OPEN:
        raise InputError("list", f"these are more than {MAX_OPEN:,} open known issues")
    return report


def _has_passed(connection: Connection, issue: NewIssue) -> bool:
    """Whether a known issue ended because it passed; with a later expiry it is a new one."""
    found = known_issues.find_passed(connection, issue)
    return found is not None and found.expires_on >= issue.expires_on


def _checked(issue: NewIssue, today: date) -> NewIssue:
    link, note = issue.link.strip(), issue.note.strip()
    if link and not link.startswith(("http://", "https://")):
        raise InputError("link", f"the link must begin with https:// or http://: “{link[:40]}”")
    for name, text, longest in (("link", link, MAX_LINK), ("note", note, MAX_NOTE)):
        if len(text) > longest or CONTROL_CHARACTER.search(text):
            raise InputError(name, f"the {name} must be at most {longest} characters on one line")
    if not link and not note:
        raise InputError("link", "give a link or a note, so that others know why it is expected")
    if not today <= issue.expires_on <= last_expiry(today):
        raise InputError(
            "expires_on",
            f"it must expire within {MAX_DAYS} days: from {today} to {last_expiry(today)}",
        )
    return issue._replace(link=link, note=note)


def _check_subject(connection: Connection, subject: IssueSubject) -> None:
    group_id, ecosystem, recipe_name, platform = subject
    if group_id is not None:
        if failure_group_list.find(connection, group_id) is None:
            raise InputError("subject", f"there is no failure group {group_id}")
        return
    if not ecosystem or not recipe_name:
        raise InputError("subject", "name a recipe with its ecosystem, or a failure group")
    if recipe_list.find(connection, ecosystem, recipe_name) is None:
        raise InputError("subject", f"no result of {recipe_name} in {ecosystem} is stored")
    if platform and (len(platform) > MAX_NAME or CONTROL_CHARACTER.search(platform)):
        raise InputError("platform", f"enter at most {MAX_NAME} characters on one line")


def _find_open(change: Change, issue_id: int) -> KnownIssue:
    found = known_issues.find(change.connection, issue_id, change.now.date())
    if found is None:
        raise NotFound(f"there is no known issue {issue_id}")
    if found.ended_at is not None:
        raise NotFound(f"known issue {issue_id} has ended; add another one")
    return found


def _insert(change: Change, issue: NewIssue) -> int:
    issue_id = known_issues.insert_issue(change.connection, issue, change.actor.name, change.now)
    change.record("add known issue", issue.subject.in_words, None, _noted(issue))
    change.judge_again()
    return issue_id


def _update(change: Change, found: KnownIssue, issue: NewIssue) -> bool:
    """Whether anything is not as it was."""
    before = NewIssue(found.subject, found.link, found.note, found.expires_on, found.is_synced)
    if before == issue:
        return False
    known_issues.update_issue(change.connection, found.id, issue)
    change.record("change known issue", issue.subject.in_words, _noted(before), _noted(issue))
    change.judge_again()
    return True


def _end(change: Change, found: KnownIssue, outcome: KnownIssueState) -> None:
    known_issues.update_ended(change.connection, found.id, outcome, change.now)
    change.record(
        "end known issue", found.subject.in_words, {"state": "open"}, {"state": outcome.value}
    )
    change.judge_again()


def _noted(issue: NewIssue) -> dict[str, str]:
    return {"link": issue.link, "note": issue.note, "expires_on": issue.expires_on.isoformat()}
