"""Taking batch runs back."""

from batch_dashboard.store import circuit_breakers, failure_groups, recipes, rollups, uploads
from batch_dashboard.store.engine import Store


def delete_batch_run(store: Store, batch_run_id: int) -> bool:
    """Delete a batch run with its results and take it out of every summary.

    False when there is none of that id.
    """
    with store.write() as connection:
        run = uploads.find_run(connection, batch_run_id)
        if run is None:
            return False
        touched = recipes.fetch_of_run(connection, batch_run_id)
        failures = failure_groups.fetch_of_run(connection, batch_run_id)
        uploads.delete_run(connection, batch_run_id)
        rollups.refresh_day(connection, run.started_at.date(), run.ecosystem)
        recipes.recompute(connection, touched)
        failure_groups.remove_failures(connection, failures, run.started_at)
        circuit_breakers.refresh(connection, run.ecosystem, run.started_at, batch_run_id)
    return True
