"""Failure groups and their messages. Source: docs/data-model.md."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    LargeBinary,
    Table,
    Text,
    func,
    literal_column,
)

from batch_dashboard.model.failures.failure_classes import FailureClass
from batch_dashboard.model.failures.known_issues import KnownIssueState
from batch_dashboard.store.dialects.columns import (
    IDS_NEVER_REUSED,
    ROWS_BY_KEY,
    RowId,
    finds_prefixes,
    only_where,
)
from batch_dashboard.store.schema.columns import OneOf, UnixTime, metadata

# Failed results with the same reason, across recipes. Source: docs/failure-groups.md.
failure_groups = Table(
    "failure_groups",
    metadata,
    # A hash of the masked line, so it is the same on every machine.
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    # The most frequent category of its results; NULL: none has one.
    Column("error_category", Text),
    Column("masked_line", Text, nullable=False),
    Column("sample_message", Text),  # a complete message, kept when its result is pruned
    Column("failed", BigInteger, nullable=False),
    Column("first_seen_at", UnixTime, nullable=False),
    Column("last_seen_at", UnixTime, nullable=False),
    # All messages of the group are truncated within the line.
    Column("is_truncated", Boolean, nullable=False),
    # A small number in this database: the upper 32 bits of the ids of its messages.
    Column("number", BigInteger, nullable=False, unique=True),
    # The highest number of its messages.
    Column("last_message", BigInteger, nullable=False),
    # The class of its results for which the client reported none.
    Column(
        "failure_class",
        OneOf(FailureClass),
        nullable=False,
        server_default=FailureClass.UNKNOWN.value,
    ),
)
# Finds lines that begin with a truncated one. A complete line can be too long for an index.
INDEXED_LINE = func.substr(failure_groups.c.masked_line, literal_column("1"), literal_column("100"))
Index(
    "ix_failure_groups_line",
    INDEXED_LINE.label("line"),
    **finds_prefixes("line"),
)

# The class that an operator set for the groups whose line contains a text.
failure_class_rules = Table(
    "failure_class_rules",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("text", Text, nullable=False),
    Column("failure_class", OneOf(FailureClass), nullable=False),
    Column("note", Text, nullable=False),
    **IDS_NEVER_REUSED,
)

# Stands for all ecosystems together in the sums of failures; no ecosystem has an empty name.
ALL_ECOSYSTEMS = ""


def _failure_group_sums(name: str, start: str) -> Table:
    return Table(
        name,
        metadata,
        Column("ecosystem", Text, primary_key=True),
        Column(start, Date, primary_key=True),
        Column("failure_group_id", BigInteger, primary_key=True),
        Column("error_category", Text, primary_key=True),  # empty: the results have none
        # As reported by clients; empty: not reported, so the class of the group applies.
        Column("failure_class", Text, primary_key=True),
        Column("failed", BigInteger, nullable=False),
        Index(f"ix_{name}_group", "failure_group_id", start),
        **ROWS_BY_KEY,
    )


failure_group_days = _failure_group_sums("failure_group_days", "day")
# The same by week (its Monday), so that a long period reads a seventh of the rows.
failure_group_weeks = _failure_group_sums("failure_group_weeks", "week")

# The number of failures of a group per category, of all time.
failure_group_categories = Table(
    "failure_group_categories",
    metadata,
    Column("failure_group_id", BigInteger, primary_key=True, autoincrement=False),
    Column("error_category", Text, primary_key=True),
    Column("failed", BigInteger, nullable=False),
    **ROWS_BY_KEY,
)

# The different messages of each group. Their words are in the full-text index `failure_words`,
# whose form depends on the database (store/failures/message_index.py).
failure_messages = Table(
    "failure_messages",
    metadata,
    # The number of the group in the upper 32 bits, that of the message in the lower.
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, nullable=False, unique=True),  # of the group and the message
    Column("results", BigInteger, nullable=False),  # failed results with this message
)

failure_group_recipes = Table(
    "failure_group_recipes",
    metadata,
    Column("ecosystem", Text, primary_key=True),
    Column("recipe_name", Text, primary_key=True),
    Column("failure_group_id", BigInteger, primary_key=True),
    Column("failed", BigInteger, nullable=False),
    Column("first_seen_at", UnixTime, nullable=False),
    Column("last_seen_at", UnixTime, nullable=False),
    Index("ix_failure_group_recipes_group", "failure_group_id"),
    **ROWS_BY_KEY,
)

# Failures that operators expect until a day: of a failure group, or of a recipe.
known_issues = Table(
    "known_issues",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("failure_group_id", BigInteger),  # NULL: it is about a recipe
    Column("ecosystem", Text),  # NULL: it is about a group
    Column("recipe_name", Text),  # NULL: it is about a group
    Column("platform", Text),  # NULL: every platform
    Column("link", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("created_at", UnixTime, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_on", Date, nullable=False),  # the last day on which it holds
    # The list that it came from closes it when it is not in there any more.
    Column("is_synced", Boolean, nullable=False),
    Column("ended_at", UnixTime),  # NULL: it holds until it expires
    Column("outcome", OneOf(KnownIssueState)),  # passed, expired or closed; NULL: as above
    **IDS_NEVER_REUSED,
)
Index(
    "ix_known_issues_recipe",
    known_issues.c.ecosystem,
    known_issues.c.recipe_name,
    **only_where(known_issues.c.ended_at.is_(None)),
)
Index(
    "ix_known_issues_group",
    known_issues.c.failure_group_id,
    **only_where(known_issues.c.ended_at.is_(None)),
)

# Find failures of the infrastructure, which are few.
GROUP_OF_INFRASTRUCTURE = failure_groups.c.failure_class == literal_column(
    f"'{FailureClass.INFRASTRUCTURE}'"
)
Index(
    "ix_failure_groups_infrastructure",
    failure_groups.c.last_seen_at,
    **only_where(GROUP_OF_INFRASTRUCTURE),
)
REPORTED_AS_INFRASTRUCTURE = failure_group_weeks.c.failure_class == literal_column(
    f"'{FailureClass.INFRASTRUCTURE}'"
)
Index(
    "ix_failure_group_weeks_infrastructure",
    failure_group_weeks.c.ecosystem,
    failure_group_weeks.c.week,
    **only_where(REPORTED_AS_INFRASTRUCTURE),
)
