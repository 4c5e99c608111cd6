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
from batch_dashboard.store.dialects.columns import (
    IDS_NEVER_REUSED,
    ROWS_BY_KEY,
    RowId,
    finds_prefixes,
)
from batch_dashboard.store.schema.columns import OneOf, UnixTime, metadata

# Failed results with the same reason, across recipes. Source: docs/failure-groups.md.
failure_groups = Table(
    "failure_groups",
    metadata,
    # Made from the masked line, so it is the same on every machine.
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    # The most frequent one of its results; NULL: no result names one.
    Column("error_category", Text),
    Column("masked_line", Text, nullable=False),
    Column("sample_message", Text),  # a whole message, kept when its result is pruned
    Column("failed", BigInteger, nullable=False),
    Column("first_seen_at", UnixTime, nullable=False),
    Column("last_seen_at", UnixTime, nullable=False),
    # Every message of the group ends within the line.
    Column("is_truncated", Boolean, nullable=False),
    # A small number of this database: the upper 32 bits of the ids of its messages.
    Column("number", BigInteger, nullable=False, unique=True),
    # The highest number given to one of its messages.
    Column("last_message", BigInteger, nullable=False),
    # The class of its results for which the client reported none.
    Column(
        "failure_class",
        OneOf(FailureClass),
        nullable=False,
        server_default=FailureClass.UNKNOWN.value,
    ),
)
# Finds the lines that begin as a truncated one. A whole line may be too long for an index.
INDEXED_LINE = func.substr(failure_groups.c.masked_line, literal_column("1"), literal_column("100"))
Index(
    "ix_failure_groups_line",
    INDEXED_LINE.label("line"),
    **finds_prefixes("line"),
)

# The class that operators set for the groups whose line contains a text.
failure_class_rules = Table(
    "failure_class_rules",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("text", Text, nullable=False),
    Column("failure_class", OneOf(FailureClass), nullable=False),
    Column("note", Text, nullable=False),
    **IDS_NEVER_REUSED,
)

# Stands for every ecosystem together where sums of failures are kept; no ecosystem has no name.
ALL_ECOSYSTEMS = ""


def _failure_group_sums(name: str, start: str) -> Table:
    return Table(
        name,
        metadata,
        Column("ecosystem", Text, primary_key=True),
        Column(start, Date, primary_key=True),
        Column("failure_group_id", BigInteger, primary_key=True),
        Column("error_category", Text, primary_key=True),  # empty: the results name none
        # As clients reported it; empty: they did not, so that the class of the group applies.
        Column("failure_class", Text, primary_key=True),
        Column("failed", BigInteger, nullable=False),
        Index(f"ix_{name}_group", "failure_group_id", start),
        **ROWS_BY_KEY,
    )


failure_group_days = _failure_group_sums("failure_group_days", "day")
# The same by the Monday of the week: a long period reads a seventh of the rows.
failure_group_weeks = _failure_group_sums("failure_group_weeks", "week")

# How often a group failed under each category, of all time.
failure_group_categories = Table(
    "failure_group_categories",
    metadata,
    Column("failure_group_id", BigInteger, primary_key=True, autoincrement=False),
    Column("error_category", Text, primary_key=True),
    Column("failed", BigInteger, nullable=False),
    **ROWS_BY_KEY,
)

# The different messages of each group. Their words are in the full-text index `failure_words`,
# which each database has in its own form (store/failures/message_index.py).
failure_messages = Table(
    "failure_messages",
    metadata,
    # The group's number in the upper, the message's number in the lower 32 bits.
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
