"""Repair what uploads could store before their values had bounds.

Runs that started before 2000 are excluded from the statistics; minutes and durations beyond the
bounds become unknown. Each change is an entry of the audit log. Sums are made again afterwards
(services/administration/database), so nothing of this is undone when going back.

Revision ID: 0007
"""

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import context, op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# The bounds as they were when this was written.
EARLIEST = "2000-01-01T00:00:00Z"
MAX_MINUTES = 100_000 * 366 * 1_440.0
MAX_SECONDS = 31 * 86_400.0

ACTOR = "database upgrade"
REASON = "the run started before 2000: the clock of the client was not set"
# What a clock shows that was never set; also stands for a time that nothing can read.
UNSET_CLOCK = "1970-01-01T00:00:00Z"
TIMES = {
    "batch_runs": ("started_at", "completed_at"),
    "excluded_runs": ("started_at", "completed_at"),
    "incidents": ("since",),
}
MINUTES = ("macos_minutes", "linux_minutes")
TIME_PATTERN = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]Z"


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        _rewrite_times(connection)
    changed = _exclude_early_runs(connection)
    changed += _forget_minutes(connection)
    changed += _forget_durations(connection)
    if changed:
        context.config.attributes["summed_rows_changed"] = True


def downgrade() -> None:
    pass


def _rewrite_times(connection: sa.Connection) -> None:
    """Write every time in the one form that sorts by time: years before 1000 had fewer digits."""
    for table, columns in TIMES.items():
        for column in columns:
            rows = connection.exec_driver_sql(
                f"SELECT id, {column} FROM {table} WHERE {column} NOT GLOB '{TIME_PATTERN}'"
            ).all()
            for row_id, text in rows:
                connection.execute(
                    sa.text(f"UPDATE {table} SET {column} = :time WHERE id = :id"),
                    {"time": _rewritten(str(text)), "id": row_id},
                )


def _rewritten(text: str) -> str:
    for spelling in (text, text.zfill(len(EARLIEST))):
        try:
            time = datetime.fromisoformat(spelling)
            time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
        except (ValueError, OverflowError):
            continue
        return time.replace(microsecond=0, tzinfo=None).isoformat() + "Z"
    return UNSET_CLOCK


def _exclude_early_runs(connection: sa.Connection) -> int:
    runs = connection.execute(
        sa.text(
            "SELECT id, ecosystem, CAST(started_at AS text) FROM batch_runs"
            f" WHERE started_at < '{EARLIEST}' ORDER BY id"
        )
    ).all()
    run_columns = _columns(connection, "batch_runs")
    result_columns = _columns(connection, "recipe_results")
    keys = sa.text("SELECT idempotency_key FROM idempotency_keys WHERE batch_run_id = :id")
    for run_id, ecosystem, started_at in runs:
        values = {
            "id": run_id,
            "keys": json.dumps(list(connection.execute(keys, {"id": run_id}).scalars())),
            "actor": ACTOR,
            "reason": REASON,
        }
        for statement in (
            f"INSERT INTO excluded_runs ({run_columns}, idempotency_keys, excluded_at, excluded_by,"
            f" reason) SELECT {run_columns}, :keys, {_now(connection)}, :actor, :reason"
            " FROM batch_runs WHERE id = :id",
            f"INSERT INTO excluded_results ({result_columns}) SELECT {result_columns}"
            " FROM recipe_results WHERE batch_run_id = :id",
            # One by one: SQLite migrates with foreign keys off.
            "DELETE FROM recipe_results WHERE batch_run_id = :id",
            "DELETE FROM idempotency_keys WHERE batch_run_id = :id",
            "DELETE FROM batch_runs WHERE id = :id",
        ):
            wanted = {name: value for name, value in values.items() if f":{name}" in statement}
            connection.execute(sa.text(statement), wanted)
        before = {"ecosystem": ecosystem, "started_at": started_at}
        _record(connection, "exclude batch run", run_id, before, {"reason": REASON})
    return len(runs)


def _forget_minutes(connection: sa.Connection) -> int:
    changed = 0
    for table in ("batch_runs", "excluded_runs"):
        for name in MINUTES:
            rows = connection.execute(
                sa.text(f"SELECT id, {name} FROM {table} WHERE {name} > {MAX_MINUTES} ORDER BY id")
            ).all()
            for run_id, minutes in rows:
                connection.execute(
                    sa.text(f"UPDATE {table} SET {name} = NULL WHERE id = :id"), {"id": run_id}
                )
                _record(
                    connection, "correct batch run", run_id, {name: f"{minutes:g}"}, {name: None}
                )
            changed += len(rows)
    for name in MINUTES:
        # The runs themselves are gone: what they reported is unknown from now on.
        unknown = name.replace("minutes", "unknown_runs")
        changed += connection.execute(
            sa.text(
                f"UPDATE pruned_ecosystem_days SET {name} = 0, {unknown} = runs"
                f" WHERE {name} > {MAX_MINUTES} * runs"
            )
        ).rowcount
    return changed


def _forget_durations(connection: sa.Connection) -> int:
    changed = 0
    for table in ("recipe_results", "excluded_results"):
        too_long = f"{table} WHERE duration_seconds > {MAX_SECONDS}"
        rows = connection.execute(
            sa.text(
                f"SELECT batch_run_id, count(*), max(duration_seconds) FROM {too_long}"
                " GROUP BY batch_run_id ORDER BY batch_run_id"
            )
        ).all()
        for run_id, results, longest in rows:
            before = {"durations_over_31_days": results, "longest_seconds": f"{longest:g}"}
            _record(connection, "correct batch run", run_id, before, {"durations": "unknown"})
        if rows:
            connection.execute(
                sa.text(
                    f"UPDATE {table} SET duration_seconds = NULL"
                    f" WHERE duration_seconds > {MAX_SECONDS}"
                )
            )
        changed += len(rows)
    return changed


def _record(
    connection: sa.Connection,
    action: str,
    run_id: int,
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    connection.execute(
        sa.text(
            "INSERT INTO audit_log (at, actor, address, action, subject, before, after) VALUES"
            f" ({_now(connection)}, :actor, 'command line', :action, :subject, :before, :after)"
        ),
        {
            "actor": ACTOR,
            "action": action,
            "subject": f"batch run {run_id}",
            "before": json.dumps(before),
            "after": json.dumps(after),
        },
    )


def _columns(connection: sa.Connection, table: str) -> str:
    return ", ".join(column["name"] for column in sa.inspect(connection).get_columns(table))


def _now(connection: sa.Connection) -> str:
    if connection.dialect.name == "sqlite":
        return "strftime('%Y-%m-%dT%H:%M:%SZ', 'now')"
    return "date_trunc('second', now())"
