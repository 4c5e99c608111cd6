"""Bringing the database to the schema this version needs, with its rollups filled."""

from batch_dashboard.services.rollups import rebuild_rollups
from batch_dashboard.store import circuit_breakers, migrations, rollups
from batch_dashboard.store.engine import Store


def upgrade_database(store: Store) -> bool:
    """Migrate to the newest revision; True when rollups had to be filled from existing rows."""
    with store.read() as connection:
        if migrations.current_revision(connection) == migrations.latest_revision():
            return False
    migrations.upgrade(store)
    with store.read() as connection:
        empty = rollups.are_missing(connection)
    if empty:
        rebuild_rollups(store)
    else:
        with store.write() as connection:
            circuit_breakers.rebuild(connection)
    return empty
