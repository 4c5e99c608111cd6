"""Findings."""

from batch_dashboard.model.alerts.finding_kinds import FindingKind, Severity
from batch_dashboard.model.catalogue.fields import (
    FINDING_KEY,
    SUBJECT_FIELDS,
    Field,
    Kind,
    Order,
    Resource,
)

FINDINGS = Resource(
    "findings",
    "One row for each thing that needs attention now. Stuck recipes are those seen in the selected"
    " period, at most 1,000 of them; new failure groups are at most 100.",
    "By severity, worst first.",
    (
        FINDING_KEY,
        Field("kind", Kind.WORD, "Its kind in a word or two.", words=tuple(FindingKind)),
        Field("severity", Kind.WORD, "critical, warning or notice.", words=tuple(Severity)),
        Field("severity_rank", Kind.INTEGER, "1 for critical, 2 for warning, 3 for notice."),
        *SUBJECT_FIELDS,
        Field("sentence", Kind.TEXT, "The problem, after the subject."),
        Field("since", Kind.TIME, "The time at which the problem began."),
    ),
    key=("severity_rank", "finding_key"),
    orders=(Order("severity_rank", largest_first=False), Order("since")),
)
