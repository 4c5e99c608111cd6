"""The registry of finding kinds, and what findings are about. Source: docs/alerts.md.

A new kind is one member of `FindingKind` and one rule in `model/alerts/attention.py`. Alerts,
incidents, pages and the feed read everything else about a kind from here.
"""

from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """Severities, worst first; each is also the name of its icon and its colour."""

    CRITICAL = "critical"
    WARNING = "warning"
    NOTICE = "notice"

    @property
    def and_above(self) -> str:
        """This severity and all above it, in words."""
        return {
            Severity.CRITICAL: "critical",
            Severity.WARNING: "warning and critical",
            Severity.NOTICE: "all severities",
        }[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


def rank(severity: Severity | None) -> int:
    """0 for the worst severity; None, which means no severity, comes last."""
    return len(_RANKS) if severity is None else _RANKS[severity]


class SubjectPage(StrEnum):
    """The page that shows what a finding is about, by the word for its subject."""

    ECOSYSTEM = "ecosystem"
    RECIPE = "recipe"
    FAILURE_GROUP = "failure group"
    MINUTES = "minutes"
    KNOWN_ISSUES = "known issues"


class Subject(NamedTuple):
    """The subject of a finding: its name, and the ids for the link to its page."""

    name: str
    ecosystem: str | None = None
    recipe_name: str | None = None
    failure_group_id: int | None = None


AT_ONCE = timedelta(0)
A_DAY = timedelta(days=1)


class FindingKind(StrEnum):
    """Each kind of finding: word, topic, severity, hold time and page.

    A subject has one incident for each topic: when its finding changes from one kind of a topic to
    another, the incident stays and changes its kind. `severity` is the usual one; a rule can state
    another. An incident is closed when its finding has been gone for `hold`. While the ecosystem
    has a critical incident of its own, a kind that `waits_for_ecosystem` is not urgent. A kind that
    `is_event` reports something that happened: nobody is told that it is over.
    """

    topic: str  # what the keys of its findings begin with
    severity: Severity
    hold: timedelta
    page: SubjectPage
    waits_for_ecosystem: bool
    is_event: bool

    FAILING = "failing", "ecosystem", Severity.CRITICAL, A_DAY, SubjectPage.ECOSYSTEM
    SILENT = "silent", "ecosystem", Severity.WARNING, A_DAY, SubjectPage.ECOSYSTEM
    IDLE = "idle", "ecosystem", Severity.NOTICE, A_DAY, SubjectPage.ECOSYSTEM
    BREACHED = "breached", "ecosystem", Severity.WARNING, A_DAY, SubjectPage.ECOSYSTEM
    AT_RISK = "at risk", "ecosystem", Severity.NOTICE, A_DAY, SubjectPage.ECOSYSTEM
    BURNING = "burning", "ecosystem", Severity.WARNING, A_DAY, SubjectPage.ECOSYSTEM
    STUCK = "stuck", "stuck", Severity.WARNING, AT_ONCE, SubjectPage.RECIPE, True
    BUDGET = "budget", "budget", Severity.WARNING, A_DAY, SubjectPage.MINUTES
    NO_MINUTES = "no minutes", "no-minutes", Severity.NOTICE, AT_ONCE, SubjectPage.MINUTES
    QUEUE_WAIT = "queue wait", "queue-wait", Severity.WARNING, A_DAY, SubjectPage.MINUTES
    NEW_FAILURE = "new failure", "new-failure", Severity.NOTICE, AT_ONCE, SubjectPage.FAILURE_GROUP
    KNOWN_ISSUE = (
        *("known issue", "known-issue", Severity.NOTICE, AT_ONCE, SubjectPage.KNOWN_ISSUES),
        *(False, True),
    )

    def __new__(
        cls,
        word: str,
        topic: str,
        severity: Severity,
        hold: timedelta,
        page: SubjectPage,
        waits_for_ecosystem: bool = False,
        is_event: bool = False,
    ) -> "FindingKind":
        """A member that is its word, with the other columns as attributes."""
        kind = str.__new__(cls, word)
        kind._value_ = word
        kind.topic = topic
        kind.severity = severity
        kind.hold = hold
        kind.page = page
        kind.waits_for_ecosystem = waits_for_ecosystem
        kind.is_event = is_event
        return kind

    def key(self, subject: str | int) -> str:
        """The key of a finding of this topic about a subject, constant while it lasts."""
        return f"{self.topic}:{subject}"
