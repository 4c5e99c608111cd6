"""Sums of a batch run's results that are stored in its own row."""

from sqlalchemy import Connection

from batch_dashboard.store.summaries.drift import count_differences, milliseconds_sql


def count_drift(connection: Connection) -> dict[str, int]:
    """The number of batch runs whose sums differ from their results.

    The durations of pruned results are no longer known.
    """
    durations = "CASE WHEN b.pruned_results = 0 THEN {} END"
    kept = durations.format(f"coalesce(sum({_lost(connection)}), 0)")
    differences = count_differences(
        connection,
        f"SELECT b.id, count(r.id) + b.pruned_results, {kept} FROM batch_runs b"
        " LEFT JOIN recipe_results r ON r.batch_run_id = b.id GROUP BY b.id",
        f"SELECT id, result_count, {durations.format('failed_milliseconds')} FROM batch_runs b",
    )
    return {"batch_runs": differences}


def rebuild(connection: Connection) -> None:
    """Compute the sums of every batch run; durations of pruned results stay."""
    connection.exec_driver_sql(
        "UPDATE batch_runs SET (result_count, failed_milliseconds) = ("
        f"SELECT count(*) + batch_runs.pruned_results, CASE WHEN batch_runs.pruned_results = 0"
        f" THEN coalesce(sum({_lost(connection)}), 0) ELSE batch_runs.failed_milliseconds END"
        " FROM recipe_results r WHERE r.batch_run_id = batch_runs.id)"
    )


def _lost(connection: Connection) -> str:
    return f"CASE WHEN r.result = 'failed' THEN {milliseconds_sql(connection)} ELSE 0 END"
