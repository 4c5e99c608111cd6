"""The tables, the same for every database. Source: docs/data-model.md.

Columns that clients of the older schema know keep their names and meanings; the rest is ours.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    func,
    literal_column,
)

from batch_dashboard.model.finding_kinds import FindingKind, Severity
from batch_dashboard.store.dialects.columns import (
    BYTEWISE,
    DOUBLE,
    IDS_NEVER_REUSED,
    ROWS_BY_KEY,
    RowId,
    UtcTime,
    finds_prefixes,
    only_where,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


class OneOf(TypeDecorator[StrEnum]):
    """A word of a fixed set, which its `StrEnum` lists."""

    impl = Text
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.words(value)


class UnixTime(TypeDecorator[datetime]):
    """A UTC time to the second, kept as whole seconds since 1970: small in wide indexes."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value.timestamp())

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromtimestamp(value, UTC)


batch_runs = Table(
    "batch_runs",
    metadata,
    Column("id", RowId, primary_key=True),
    # the client's own name; several runs may share one
    Column("batch_id", BYTEWISE, nullable=False),
    Column("ecosystem", Text, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("completed_at", UtcTime),  # NULL: the client did not say
    Column("total_recipes", BigInteger, nullable=False),
    Column("passed", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("skipped", BigInteger, nullable=False),
    Column("success_rate", DOUBLE),  # passed / (passed + failed); NULL: nothing was attempted
    Column("macos_minutes", DOUBLE),  # NULL: unknown, which is not 0
    Column("linux_minutes", DOUBLE),  # NULL: unknown, which is not 0
    Column("run_url", Text),
    Column("commit_sha", BYTEWISE),
    Column("run_attempt", BigInteger),  # NULL: the client did not say
    Column("content_digest", LargeBinary, nullable=False, unique=True),  # SHA-256 of the payload
    Column("ingest_token_id", BigInteger),  # NULL: imported, or the token of the environment
    Column("trusted_publisher_id", BigInteger),  # NULL: uploaded with a token, or imported
    Column(
        "publisher_claims", Text
    ),  # a JSON object: the workflow that uploaded it; NULL: as above
    Column("stored_at", UtcTime, nullable=False),
    # recipe_results received with the run: may be fewer than its counts say
    Column("result_count", BigInteger, nullable=False, server_default="0"),
    # durations of its failed results
    Column("failed_milliseconds", BigInteger, nullable=False, server_default="0"),
    # results that retention has taken away again
    Column("pruned_results", BigInteger, nullable=False, server_default="0"),
    # the length at which its messages arrived truncated; NULL: they seem to be whole
    Column("truncated_at", BigInteger),
    Index("ix_batch_runs_started_at", "started_at", "id"),
    Index("ix_batch_runs_ecosystem", "ecosystem", "started_at", "id"),
    Index("ix_batch_runs_batch_id", "batch_id", "id"),
    **IDS_NEVER_REUSED,
)
# Each order the list of runs can be in, so that no page of it sorts; unknown comes lowest. The
# ecosystem is there to be looked at without reading the run.
RUN_ORDERS = {
    "failed": batch_runs.c.failed,
    "success_rate": func.coalesce(batch_runs.c.success_rate, literal_column("-1")),
    "macos_minutes": func.coalesce(batch_runs.c.macos_minutes, literal_column("-1")),
    "linux_minutes": func.coalesce(batch_runs.c.linux_minutes, literal_column("-1")),
}
for _name, _value in RUN_ORDERS.items():
    Index(
        f"ix_batch_runs_{_name}",
        _value,
        batch_runs.c.started_at,
        batch_runs.c.id,
        batch_runs.c.ecosystem,
    )
# Finds the last run of an ecosystem in which a recipe passed.
Index(
    "ix_batch_runs_with_pass",
    batch_runs.c.ecosystem,
    batch_runs.c.started_at,
    **only_where(batch_runs.c.passed > 0),
)

# Finds the runs of a commit by its first characters.
Index(
    "ix_batch_runs_commit_sha",
    batch_runs.c.commit_sha,
    batch_runs.c.id,
    **only_where(batch_runs.c.commit_sha.is_not(None)),
)

# Runs that say something about an ecosystem's health; most may have found nothing to do.
Index(
    "ix_batch_runs_attempted",
    batch_runs.c.ecosystem,
    batch_runs.c.started_at,
    batch_runs.c.id,
    **only_where(batch_runs.c.passed + batch_runs.c.failed > 0),
)

# Finds the oldest run that still has results.
Index(
    "ix_batch_runs_unpruned",
    batch_runs.c.started_at,
    batch_runs.c.id,
    **only_where(batch_runs.c.pruned_results < batch_runs.c.result_count),
)

# A row for each run that opened, reopened or closed the circuit breaker of its ecosystem.
circuit_breaker_changes = Table(
    "circuit_breaker_changes",
    metadata,
    Column("ecosystem", Text, primary_key=True),
    Column("started_at", UnixTime, primary_key=True, autoincrement=False),  # the run's
    Column("batch_run_id", BigInteger, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),  # open or closed
    Column("at", UnixTime, nullable=False),  # the end of that run
    Column("reason", Text, nullable=False),  # what it was for: rate, no pass or probe
    **ROWS_BY_KEY,
)

recipe_results = Table(
    "recipe_results",
    metadata,
    Column("id", RowId, primary_key=True),
    Column(
        "batch_run_id",
        RowId,
        ForeignKey("batch_runs.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("recipe_name", Text, nullable=False),
    Column("ecosystem", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("error_category", Text),
    Column("error_message", Text),
    Column("duration_seconds", DOUBLE),  # NULL: unknown
    Column("platform", Text),
    Column("started_at", UnixTime, nullable=False),  # the run's, copied to order a recipe's results
    Column("failure_group_id", BigInteger),  # NULL: the result did not fail
    # The line that names the cause, where the middle of the message is not stored; else NULL.
    Column("telling_line", Text),
    Column("recipe_version", Text),  # the version, digest or commit that was tried; NULL: unknown
    Column("failure_class", Text),  # package or infrastructure; NULL: the client did not know
    Index("ix_recipe_results_batch_run", "batch_run_id"),
    Index("ix_recipe_results_recipe", "recipe_name", "ecosystem", "started_at"),
    **IDS_NEVER_REUSED,
)
Index(
    "ix_recipe_results_failure_group",
    recipe_results.c.failure_group_id,
    recipe_results.c.started_at,
    **only_where(recipe_results.c.failure_group_id.is_not(None)),
)

# The CI jobs that a batch run consisted of.
ci_jobs = Table(
    "ci_jobs",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("batch_run_id", RowId, ForeignKey("batch_runs.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("runner_os", Text, nullable=False),  # macos, linux, windows or other
    Column("queued_at", UnixTime),  # NULL: unknown
    Column("started_at", UnixTime, nullable=False),
    Column("completed_at", UnixTime),  # NULL: it had not ended
    Index("ix_ci_jobs_batch_run", "batch_run_id"),
    **IDS_NEVER_REUSED,
)

# Daily rollup of batch_runs: a run belongs to the UTC day it started.
ecosystem_days = Table(
    "ecosystem_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("ecosystem", Text, primary_key=True),
    Column("runs", BigInteger, nullable=False),
    Column("total_recipes", BigInteger, nullable=False),
    Column("passed", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("skipped", BigInteger, nullable=False),
    Column("empty_runs", BigInteger, nullable=False),  # runs that processed no recipe
    Column("macos_minutes", DOUBLE, nullable=False),  # sum of the known ones
    Column("linux_minutes", DOUBLE, nullable=False),  # sum of the known ones
    Column("macos_unknown_runs", BigInteger, nullable=False),  # runs whose macos_minutes is NULL
    Column("linux_unknown_runs", BigInteger, nullable=False),
    Column("result_count", BigInteger, nullable=False),
    Column("failed_milliseconds", BigInteger, nullable=False),
    **ROWS_BY_KEY,
)

# Daily rollups of ci_jobs: a job belongs to the UTC day on which its batch run started.
ci_job_days = Table(
    "ci_job_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("ecosystem", Text, primary_key=True),
    Column("runner_os", Text, primary_key=True),
    Column("jobs", BigInteger, nullable=False),
    Column("unended_jobs", BigInteger, nullable=False),  # which are in neither of the next sums
    Column("measured_seconds", BigInteger, nullable=False),
    Column("billed_minutes", BigInteger, nullable=False),  # each job rounded up to a whole minute
    **ROWS_BY_KEY,
)
# How many jobs waited how long for a runner, also for all ecosystems together.
ci_wait_days = Table(
    "ci_wait_days",
    metadata,
    Column("ecosystem", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("runner_os", Text, primary_key=True),
    # As `kept_wait` rounds it.
    Column("wait_seconds", BigInteger, primary_key=True, autoincrement=False),
    Column("jobs", BigInteger, nullable=False),
    **ROWS_BY_KEY,
)

# One row for each recipe that any result named.
recipes = Table(
    "recipes",
    metadata,
    Column("ecosystem", Text, primary_key=True),
    Column("recipe_name", Text, primary_key=True),
    Column("passed", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("skipped", BigInteger, nullable=False),
    Column("failed_milliseconds", BigInteger, nullable=False),
    # Failed attempts since the last pass. Inside a transaction -1 marks one to be counted again.
    Column("failure_streak", BigInteger, nullable=False),
    Column("failing_since", UnixTime),  # the streak's first failed attempt; NULL: no streak
    Column("first_seen_at", UnixTime, nullable=False),
    Column("last_seen_at", UnixTime, nullable=False),
    Column("last_passed_at", UnixTime),  # NULL: never
    Column("last_failed_at", UnixTime),  # NULL: never
    # The last 20 attempts, oldest first: p for passed, f for failed.
    Column("recent_attempts", Text, nullable=False, server_default=""),
    **ROWS_BY_KEY,
)
Index(
    "ix_recipes_failure_streak",
    recipes.c.failure_streak,
    **only_where(recipes.c.failure_streak != 0),
)

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
)
# Finds the lines that begin as a truncated one. A whole line may be too long for an index.
INDEXED_LINE = func.substr(failure_groups.c.masked_line, literal_column("1"), literal_column("100"))
Index(
    "ix_failure_groups_line",
    INDEXED_LINE.label("line"),
    **finds_prefixes("line"),
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
# which each database has in its own form (store/message_index.py).
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

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("idempotency_key", Text, primary_key=True),
    Column(
        "batch_run_id",
        RowId,
        ForeignKey("batch_runs.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Index("ix_idempotency_keys_batch_run", "batch_run_id"),
)

ingest_tokens = Table(
    "ingest_tokens",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", Text, nullable=False),
    Column("token_prefix", Text, nullable=False),  # the first characters, to recognise it by
    Column("token_hash", LargeBinary, nullable=False, unique=True),  # keyed; never the token
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime),  # NULL: never
    Column("revoked_at", UtcTime),  # NULL: in force
    Column("last_used_at", UtcTime),  # NULL: never used
    Column("last_used_from", Text),  # the address of that client
    Column("scopes", Text, nullable=False, server_default="ingest read"),  # separated by spaces
    Column("ecosystems", Text),  # a JSON array of names; NULL: every ecosystem
    Column("note", Text, nullable=False, server_default=""),
    Column("uploads", BigInteger, nullable=False, server_default="0"),  # batch runs it stored
    Column("replaced_by", BigInteger),  # the token it was rotated to
    **IDS_NEVER_REUSED,
)

# CI workflows that may upload with an identity token of their CI system instead of a secret.
trusted_publishers = Table(
    "trusted_publishers",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),  # github, gitlab or other
    Column("issuer", Text, nullable=False),
    Column("audience", Text),  # NULL: the address of this dashboard
    Column("claims", Text, nullable=False),  # a JSON object: what a token must claim
    Column("first_repository_id", Text),  # NULL: no token was accepted yet
    Column("scopes", Text, nullable=False),  # separated by spaces
    Column("ecosystems", Text),  # a JSON array of names; NULL: every ecosystem
    Column("created_at", UtcTime, nullable=False),
    Column("removed_at", UtcTime),  # NULL: in force
    Column("last_used_at", UtcTime),  # NULL: never used
    Column("uploads", BigInteger, nullable=False, server_default="0"),  # batch runs it stored
    **IDS_NEVER_REUSED,
)

# Public keys of issuers, as they were fetched last.
issuer_keys = Table(
    "issuer_keys",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("keys", Text, nullable=False),  # a JSON object of JSON Web Keys by their id
    Column("fetched_at", UtcTime, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False),  # administrator or viewer
    Column("created_at", UtcTime, nullable=False),
    Column("last_signed_in_at", UtcTime),  # NULL: never, in a browser
    **IDS_NEVER_REUSED,
)

# Browsers that are signed in; the cookie's value is stored as a keyed hash.
user_sessions = Table(
    "user_sessions",
    metadata,
    Column("session_hash", LargeBinary, primary_key=True),
    Column("user_id", RowId, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("last_seen_at", UtcTime, nullable=False),
    Column("address", Text, nullable=False),
    Index("ix_user_sessions_user", "user_id"),
)

# Wrong passwords, by a keyed hash of who tried: a password typed as a name must not be kept.
sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("subject", LargeBinary, primary_key=True),
    Column("failures", BigInteger, nullable=False),
    Column("last_failed_at", UtcTime, nullable=False),
)

# Forms that were sent: each is obeyed once.
spent_forms = Table(
    "spent_forms",
    metadata,
    Column("form_id", Text, primary_key=True),
    Column("spent_at", UtcTime, nullable=False),
    Index("ix_spent_forms_spent_at", "spent_at"),
)

# Who changed what; rows are added, and dropped when they are too old, never changed.
audit_log = Table(
    "audit_log",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("address", Text, nullable=False),  # from where; "command line" for commands
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("before", Text),  # JSON; NULL: there was nothing
    Column("after", Text),  # JSON; NULL: there is nothing
    Index("ix_audit_log_at", "at", "id"),
    **IDS_NEVER_REUSED,
)

# What an operator set for an ecosystem; one without a row has the defaults.
ecosystem_rules = Table(
    "ecosystem_rules",
    metadata,
    Column("ecosystem", Text, primary_key=True),
    Column("has_target", Boolean, nullable=False),
    Column("success_rate_target", DOUBLE),  # NULL: the default
    Column("min_attempts", BigInteger),  # NULL: the default
    Column("expected_interval_seconds", BigInteger),  # NULL: what is usual for its runs
)

# The ecosystems that are paused now.
ecosystem_pauses = Table(
    "ecosystem_pauses",
    metadata,
    Column("ecosystem", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("link", Text),
    Column("paused_at", UtcTime, nullable=False),
    Column("expected_resume_at", UtcTime),  # NULL: not known
)

# A finding from when it was first seen until it was gone.
incidents = Table(
    "incidents",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("finding_key", Text, nullable=False),  # one incident of a key is open at a time
    Column("kind", OneOf(FindingKind), nullable=False),
    Column("severity", OneOf(Severity), nullable=False),  # the worst it had
    Column("subject", Text, nullable=False),
    Column("ecosystem", Text),  # NULL: it is not about one
    Column("recipe_name", Text),  # NULL: it is not about one
    Column("failure_group_id", BigInteger),  # NULL: it is not about one
    Column("since", UtcTime, nullable=False),  # when the trouble began
    Column("opened_at", UtcTime, nullable=False),
    Column("opening_sentence", Text, nullable=False),
    Column("last_sentence", Text, nullable=False),  # as it was when last seen
    Column("gone_since", UtcTime),  # NULL: the finding is there
    Column("closed_at", UtcTime),  # NULL: open
    Column("told_severity", OneOf(Severity)),  # of the last notification; NULL: none was sent
    Column("told_closed", Boolean, nullable=False),
    Index("ix_incidents_opened_at", "opened_at", "id"),
    **IDS_NEVER_REUSED,
)
Index(
    "ix_incidents_open",
    incidents.c.finding_key,
    unique=True,
    **only_where(incidents.c.closed_at.is_(None)),
)

alert_snoozes = Table(
    "alert_snoozes",
    metadata,
    Column("finding_key", Text, primary_key=True),
    Column("until", UtcTime, nullable=False),
    Column("reason", Text, nullable=False),
)

alert_destinations = Table(
    "alert_destinations",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("sealed_url", LargeBinary, nullable=False),  # encrypted: it holds secrets
    Column("least_severity", OneOf(Severity), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    **IDS_NEVER_REUSED,
)

# The outbox: what is to be sent is committed with the incidents it tells of, and sent afterwards.
alert_deliveries = Table(
    "alert_deliveries",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("destination", Text, nullable=False),  # the name of one
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("attempts", BigInteger, nullable=False),
    Column("next_attempt_at", UtcTime),  # NULL: sent, or given up
    Column("sent_at", UtcTime),  # NULL: not yet, or never
    Column("last_error", Text),
    **IDS_NEVER_REUSED,
)
Index(
    "ix_alert_deliveries_due",
    alert_deliveries.c.next_attempt_at,
    **only_where(alert_deliveries.c.next_attempt_at.is_not(None)),
)

# One row: which process watches, and how far it has come.
alert_watch = Table(
    "alert_watch",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("holder", Text),  # NULL: nobody
    Column("lease_until", UtcTime),
    Column("last_batch_run_id", BigInteger, nullable=False),
    Column("last_check_at", UtcTime),
    Column("last_digest_at", UtcTime),
)

# What operators set in place of the default budgets: minutes a UTC week, from a Monday on.
minute_budgets = Table(
    "minute_budgets",
    metadata,
    Column("runner_os", Text, primary_key=True),
    Column("since", Date, primary_key=True),
    Column("minutes", DOUBLE, nullable=False),
)

# What operators set in place of the default list prices: dollars a minute, from a day on.
list_prices = Table(
    "list_prices",
    metadata,
    Column("since", Date, primary_key=True),
    Column("macos", DOUBLE, nullable=False),
    Column("linux", DOUBLE, nullable=False),
)

# How long jobs may wait for a runner by what an operator set; without a row there is no limit.
wait_limits = Table(
    "wait_limits",
    metadata,
    Column("runner_os", Text, primary_key=True),
    Column("seconds", BigInteger, nullable=False),
)


def _copied(table: Table, without: tuple[str, ...] = ()) -> list[Column[Any]]:
    return [
        Column(column.name, column.type, nullable=column.nullable)
        for column in table.columns
        if not column.primary_key and column.name not in without
    ]


# Runs taken out of the statistics wait here with their results, under their own ids; everything
# that sums or lists runs therefore leaves them out without asking.
excluded_runs = Table(
    "excluded_runs",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    *_copied(batch_runs),
    Column("idempotency_keys", Text, nullable=False),  # a JSON array
    Column("excluded_at", UtcTime, nullable=False),
    Column("excluded_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_excluded_runs_content_digest", "content_digest"),
    Index("ix_excluded_runs_started_at", "started_at", "id"),
)
excluded_results = Table(
    "excluded_results",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    *_copied(recipe_results),
    Index("ix_excluded_results_batch_run", "batch_run_id"),
)
excluded_ci_jobs = Table(
    "excluded_ci_jobs",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    *_copied(ci_jobs),
    Index("ix_excluded_ci_jobs_batch_run", "batch_run_id"),
)


def _pruned(table: Table, without: tuple[str, ...] = ()) -> Table:
    """What pruned rows have added to a summary: the sum of it and of the rows there is."""
    keys = [
        Column(column.name, column.type, primary_key=True, autoincrement=False)
        for column in table.primary_key
    ]
    return Table(f"pruned_{table.name}", metadata, *keys, *_copied(table, without))


pruned_ecosystem_days = _pruned(ecosystem_days)
pruned_ci_job_days = _pruned(ci_job_days)
pruned_ci_wait_days = _pruned(ci_wait_days)
pruned_recipes = _pruned(recipes)
# Numbers belong to the messages that are still there.
pruned_failure_groups = _pruned(failure_groups, without=("number", "last_message"))
pruned_failure_group_days = _pruned(failure_group_days)
pruned_failure_group_recipes = _pruned(failure_group_recipes)

# How long rows are kept; a kind without a row is kept as long as it is by default.
retention_rules = Table(
    "retention_rules",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("days", BigInteger),  # NULL: for ever
)

# Long work that somebody asked for; the process that watches does it.
jobs = Table(
    "jobs",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("parameters", Text, nullable=False),  # JSON
    Column("actor", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("started_at", UtcTime),  # NULL: it waits
    Column("finished_at", UtcTime),  # NULL: it waits or runs
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("outcome", Text),  # what came of it, in words
    Column("has_failed", Boolean, nullable=False),
    **IDS_NEVER_REUSED,
)

# What is known of the installation itself, such as when it was last backed up.
system_facts = Table(
    "system_facts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("value", Text, nullable=False),  # JSON
)

# The latest answers 500 and the latest slow statements; the oldest make room.
request_errors = Table(
    "request_errors",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("place", Text, nullable=False),  # the kind of error and the lines it passed
    **IDS_NEVER_REUSED,
)
slow_queries = Table(
    "slow_queries",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("milliseconds", BigInteger, nullable=False),
    Column("statement", Text, nullable=False),  # without its values
    **IDS_NEVER_REUSED,
)
