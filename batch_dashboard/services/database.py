"""Bringing the database to the schema this version needs, with its rollups filled."""

from batch_dashboard.services.rollups import rebuild
from batch_dashboard.store import circuit_breakers, job_sums, migrations, rollups
from batch_dashboard.store.engine import Store


def upgrade_database(store: Store) -> bool:
    """Migrate to the newest revision; True when rollups had to be filled from existing rows.

    A SQLite file that is not there is made. The rest is one transaction: the schema never comes
    forward without its rollups.
    """
    store.database.create()
    with store.read() as connection:
        if migrations.current_revision(connection) == migrations.latest_revision():
            return False
    with migrations.upgraded(store) as (connection, summed_rows_changed):
        if summed_rows_changed or rollups.are_missing(connection):
            rebuild(connection)
            return True
        job_sums.rebuild(connection)
        circuit_breakers.rebuild(connection)
        return False
