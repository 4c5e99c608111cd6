"""Administration: sign-in, audit log, dated budgets and prices, exclusion, retention, jobs.

Revision ID: 0005
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Later revisions of the schema do not change what this one made, so its types are its own.
ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
DOUBLE: sa.Double[float] = sa.Double().with_variant(sa.REAL, "sqlite")
UNPRUNED = "pruned_results < result_count"
TIME = sa.DateTime(timezone=True).with_variant(sa.Text, "sqlite")


def run_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("batch_id", sa.Text, nullable=False),
        sa.Column("ecosystem", sa.Text, nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("completed_at", TIME),
        sa.Column("total_recipes", sa.BigInteger, nullable=False),
        sa.Column("passed", sa.BigInteger, nullable=False),
        sa.Column("failed", sa.BigInteger, nullable=False),
        sa.Column("skipped", sa.BigInteger, nullable=False),
        sa.Column("success_rate", DOUBLE),
        sa.Column("macos_minutes", DOUBLE),
        sa.Column("linux_minutes", DOUBLE),
        sa.Column("run_url", sa.Text),
        sa.Column("commit_sha", sa.Text),
        sa.Column("content_digest", sa.LargeBinary, nullable=False),
        sa.Column("ingest_token_id", sa.BigInteger),
        sa.Column("stored_at", TIME, nullable=False),
        sa.Column("result_count", sa.BigInteger, nullable=False),
        sa.Column("failed_milliseconds", sa.BigInteger, nullable=False),
        sa.Column("pruned_results", sa.BigInteger, nullable=False),
    ]


def result_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("batch_run_id", ROW_ID, nullable=False),
        sa.Column("recipe_name", sa.Text, nullable=False),
        sa.Column("ecosystem", sa.Text, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("error_category", sa.Text),
        sa.Column("error_message", sa.Text),
        sa.Column("duration_seconds", DOUBLE),
        sa.Column("platform", sa.Text),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("failure_group_id", sa.BigInteger),
    ]


COUNTS = {
    "pruned_ecosystem_days": (
        "runs total_recipes passed failed skipped empty_runs macos_unknown_runs"
        " linux_unknown_runs result_count failed_milliseconds"
    ),
    "pruned_recipes": (
        "passed failed skipped failed_milliseconds failure_streak first_seen_at last_seen_at"
    ),
    "pruned_failure_groups": "failed first_seen_at last_seen_at",
    "pruned_failure_group_days": "failed",
    "pruned_failure_group_recipes": "failed first_seen_at last_seen_at",
}


def pruned_columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "pruned_ecosystem_days": [
            sa.Column("day", sa.Date, primary_key=True),
            sa.Column("ecosystem", sa.Text, primary_key=True),
            sa.Column("macos_minutes", DOUBLE, nullable=False),
            sa.Column("linux_minutes", DOUBLE, nullable=False),
        ],
        "pruned_recipes": [
            sa.Column("ecosystem", sa.Text, primary_key=True),
            sa.Column("recipe_name", sa.Text, primary_key=True),
            sa.Column("failing_since", sa.BigInteger),
            sa.Column("last_passed_at", sa.BigInteger),
            sa.Column("last_failed_at", sa.BigInteger),
            sa.Column("recent_attempts", sa.Text, nullable=False),
        ],
        "pruned_failure_groups": [
            sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("error_category", sa.Text),
            sa.Column("masked_line", sa.Text, nullable=False),
            sa.Column("sample_message", sa.Text),
        ],
        "pruned_failure_group_days": [
            sa.Column("ecosystem", sa.Text, primary_key=True),
            sa.Column("day", sa.Date, primary_key=True),
            sa.Column("failure_group_id", sa.BigInteger, primary_key=True, autoincrement=False),
        ],
        "pruned_failure_group_recipes": [
            sa.Column("ecosystem", sa.Text, primary_key=True),
            sa.Column("recipe_name", sa.Text, primary_key=True),
            sa.Column("failure_group_id", sa.BigInteger, primary_key=True, autoincrement=False),
        ],
    }


def new_columns() -> dict[str, list[sa.Column[Any]]]:
    return {
        "batch_runs": [
            sa.Column("pruned_results", sa.BigInteger, nullable=False, server_default="0")
        ],
        "users": [sa.Column("last_signed_in_at", TIME)],
        "ingest_tokens": [
            sa.Column("last_used_from", sa.Text),
            sa.Column("scopes", sa.Text, nullable=False, server_default="ingest read"),
            sa.Column("ecosystems", sa.Text),
            sa.Column("note", sa.Text, nullable=False, server_default=""),
            sa.Column("uploads", sa.BigInteger, nullable=False, server_default="0"),
            sa.Column("replaced_by", sa.BigInteger),
        ],
    }


NEW_TABLES = (
    "user_sessions",
    "sign_in_failures",
    "spent_forms",
    "audit_log",
    "minute_budgets",
    "list_prices",
    "excluded_runs",
    "excluded_results",
    *COUNTS,
    "retention_rules",
    "jobs",
    "system_facts",
    "request_errors",
    "slow_queries",
)


def upgrade() -> None:
    for table, columns in new_columns().items():
        for column in columns:
            op.add_column(table, column)
    op.create_index(
        "ix_batch_runs_unpruned",
        "batch_runs",
        ["started_at", "id"],
        sqlite_where=sa.text(UNPRUNED),
        postgresql_where=sa.text(UNPRUNED),
    )
    op.execute(
        "UPDATE ingest_tokens SET uploads = (SELECT count(*) FROM batch_runs"
        " WHERE batch_runs.ingest_token_id = ingest_tokens.id)"
    )
    _create_access()
    _create_rules()
    _create_exclusion()
    for name, columns in pruned_columns().items():
        counts = [sa.Column(count, sa.BigInteger, nullable=False) for count in COUNTS[name].split()]
        op.create_table(name, *columns, *counts)
    _create_housekeeping()


def downgrade() -> None:
    # An older version knows no exclusion: what it cannot see is put back where it does.
    runs, results = _names(run_columns()[:-1]), _names(result_columns())
    op.execute(f"INSERT INTO batch_runs (id, {runs}) SELECT id, {runs} FROM excluded_runs")
    op.execute(
        f"INSERT INTO recipe_results (id, {results}) SELECT id, {results} FROM excluded_results"
    )
    for table in reversed(NEW_TABLES):
        op.drop_table(table)
    op.drop_index("ix_batch_runs_unpruned", "batch_runs")
    for table, columns in new_columns().items():
        for column in columns:
            op.drop_column(table, column.name)


def _names(columns: list[sa.Column[Any]]) -> str:
    return ", ".join(column.name for column in columns)


def _create_access() -> None:
    op.create_table(
        "user_sessions",
        sa.Column("session_hash", sa.LargeBinary, primary_key=True),
        sa.Column(
            "user_id",
            ROW_ID,
            sa.ForeignKey("users.id", ondelete="CASCADE", name="fk_user_sessions_user_id"),
            nullable=False,
        ),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("last_seen_at", TIME, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
    )
    op.create_index("ix_user_sessions_user", "user_sessions", ["user_id"])
    op.create_table(
        "sign_in_failures",
        sa.Column("subject", sa.LargeBinary, primary_key=True),
        sa.Column("failures", sa.BigInteger, nullable=False),
        sa.Column("last_failed_at", TIME, nullable=False),
    )
    op.create_table(
        "spent_forms",
        sa.Column("form_id", sa.Text, primary_key=True),
        sa.Column("spent_at", TIME, nullable=False),
    )
    op.create_index("ix_spent_forms_spent_at", "spent_forms", ["spent_at"])
    op.create_table(
        "audit_log",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_log_at", "audit_log", ["at", "id"])


def _create_rules() -> None:
    op.create_table(
        "minute_budgets",
        sa.Column("runner_os", sa.Text, primary_key=True),
        sa.Column("since", sa.Date, primary_key=True),
        sa.Column("minutes", DOUBLE, nullable=False),
    )
    op.create_table(
        "list_prices",
        sa.Column("since", sa.Date, primary_key=True),
        sa.Column("macos", DOUBLE, nullable=False),
        sa.Column("linux", DOUBLE, nullable=False),
    )
    op.create_table(
        "retention_rules",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("days", sa.BigInteger),
    )


def _create_exclusion() -> None:
    op.create_table(
        "excluded_runs",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        *run_columns(),
        sa.Column("idempotency_keys", sa.Text, nullable=False),
        sa.Column("excluded_at", TIME, nullable=False),
        sa.Column("excluded_by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("ix_excluded_runs_content_digest", "excluded_runs", ["content_digest"])
    op.create_index("ix_excluded_runs_started_at", "excluded_runs", ["started_at", "id"])
    op.create_table(
        "excluded_results",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        *result_columns(),
    )
    op.create_index("ix_excluded_results_batch_run", "excluded_results", ["batch_run_id"])


def _create_housekeeping() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("parameters", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("started_at", TIME),
        sa.Column("finished_at", TIME),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("has_failed", sa.Boolean, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "system_facts",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "request_errors",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "slow_queries",
        sa.Column("id", ROW_ID, primary_key=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("milliseconds", sa.BigInteger, nullable=False),
        sa.Column("statement", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
