"""Batch runs, their results and daily rollup, and excluded runs. Source: docs/data-model.md."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    func,
    literal_column,
)

from batch_dashboard.store.dialects.columns import (
    BYTEWISE,
    DOUBLE,
    IDS_NEVER_REUSED,
    ROWS_BY_KEY,
    RowId,
    UtcTime,
    only_where,
)
from batch_dashboard.store.schema.columns import UnixTime, metadata
from batch_dashboard.store.schema.copied import copied
from batch_dashboard.store.schema.spending import ci_jobs

batch_runs = Table(
    "batch_runs",
    metadata,
    Column("id", RowId, primary_key=True),
    # the client's own name; several runs can share one
    Column("batch_id", BYTEWISE, nullable=False),
    Column("ecosystem", Text, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("completed_at", UtcTime),  # NULL: not reported
    Column("total_recipes", BigInteger, nullable=False),
    Column("passed", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("skipped", BigInteger, nullable=False),
    Column("success_rate", DOUBLE),  # passed / (passed + failed); NULL: nothing was attempted
    Column("macos_minutes", DOUBLE),  # NULL: unknown, not 0
    Column("linux_minutes", DOUBLE),  # NULL: unknown, not 0
    Column("run_url", Text),
    Column("commit_sha", BYTEWISE),
    Column("run_attempt", BigInteger),  # NULL: not reported
    Column("content_digest", LargeBinary, nullable=False, unique=True),  # SHA-256 of the payload
    Column("ingest_token_id", BigInteger),  # NULL: imported, or the token of the environment
    Column("trusted_publisher_id", BigInteger),  # NULL: uploaded with a token, or imported
    Column(
        "publisher_claims", Text
    ),  # a JSON object: the workflow that uploaded it; NULL: as above
    Column("stored_at", UtcTime, nullable=False),
    # number of results received with the run; can be fewer than its counts
    Column("result_count", BigInteger, nullable=False, server_default="0"),
    # total duration of its failed results
    Column("failed_milliseconds", BigInteger, nullable=False, server_default="0"),
    # results that retention has deleted
    Column("pruned_results", BigInteger, nullable=False, server_default="0"),
    # the length at which the client truncated its messages; NULL: complete
    Column("truncated_at", BigInteger),
    Index("ix_batch_runs_started_at", "started_at", "id"),
    Index("ix_batch_runs_ecosystem", "ecosystem", "started_at", "id"),
    Index("ix_batch_runs_batch_id", "batch_id", "id"),
    **IDS_NEVER_REUSED,
)
# Each sort order of the list of runs, so that no page needs to sort; unknown values are lowest. The
# ecosystem is included so that it can be filtered without reading the run.
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

# Runs with attempts; in some ecosystems, most runs have none.
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
    Column("started_at", UnixTime, nullable=False),  # copied from the run, to order results
    Column("failure_group_id", BigInteger),  # NULL: the result did not fail
    # The line that names the cause, if the middle of the message is not stored; otherwise NULL.
    Column("telling_line", Text),
    Column("recipe_version", Text),  # the version, digest or commit that was tried; NULL: unknown
    Column("failure_class", Text),  # package or infrastructure; NULL: not reported
    # The recipe was known to fail (model/plan/streaks.py); NULL: it was not.
    Column("known_to_fail", Boolean),
    # With the id, they have the order of the lists: PostgreSQL sorts nothing for a page.
    Index("ix_recipe_results_batch_run", "batch_run_id", "id"),
    Index("ix_recipe_results_recipe", "recipe_name", "ecosystem", "started_at", "id"),
    **IDS_NEVER_REUSED,
)
Index(
    "ix_recipe_results_failure_group",
    recipe_results.c.failure_group_id,
    recipe_results.c.started_at,
    **only_where(recipe_results.c.failure_group_id.is_not(None)),
)

# Daily rollup of batch_runs: a run belongs to the UTC day on which it started.
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


# Excluded runs with their results and ids. They are in separate tables, so that sums and lists of
# runs do not include them.
excluded_runs = Table(
    "excluded_runs",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    *copied(batch_runs),
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
    *copied(recipe_results),
    Index("ix_excluded_results_batch_run", "batch_run_id"),
)
excluded_ci_jobs = Table(
    "excluded_ci_jobs",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    *copied(ci_jobs),
    Index("ix_excluded_ci_jobs_batch_run", "batch_run_id"),
)
