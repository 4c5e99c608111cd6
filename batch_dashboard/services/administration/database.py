"""Upgrading the database to the schema of this version, with its rollups."""

from batch_dashboard.services.administration.rollups import rebuild, rebuild_at_upgrade
from batch_dashboard.store import migrations
from batch_dashboard.store.batch_runs import rollups
from batch_dashboard.store.engine import Store


def upgrade_database(store: Store) -> bool:
    """Migrate to the newest revision; True if rollups were computed from existing rows.

    A missing SQLite file is created. The rest is one transaction, so the schema is never upgraded
    without its rollups.
    """
    store.database.create()
    with store.read() as connection:
        if migrations.current_revision(connection) == migrations.latest_revision():
            return False
    with migrations.upgraded(store) as (connection, summed_rows_changed):
        if summed_rows_changed or rollups.are_missing(connection):
            rebuild(connection)
            return True
        rebuild_at_upgrade(connection)
        return False
