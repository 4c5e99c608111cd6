"""Which database a test runs on."""

from batch_dashboard.store.engine import Store


def is_sqlite(store: Store) -> bool:
    """Whether it is SQLite, not PostgreSQL."""
    return store.url.get_backend_name() == "sqlite"
