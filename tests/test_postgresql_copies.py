"""A copy of the PostgreSQL database that an earlier test used is as good as a new one."""

import psycopg
import pytest
from sqlalchemy import text

from batch_dashboard.store.engine import Store
from batch_dashboard.store.schema import metadata
from tests.factories import batch_run, ingest
from tests.postgresql import PostgresqlServer
from tests.postgresql_copies import Copies
from tests.visitors import make_user

pytestmark = pytest.mark.postgresql


def test_what_a_test_wrote_is_gone_and_ids_begin_at_1(
    postgresql_copies: Copies, postgresql_server: PostgresqlServer
) -> None:
    with postgresql_copies.copy() as url:
        store = Store(url, 60)
        ingest(store, batch_run())
        make_user(store, "ada", "viewer")
        store.close()
        left_open = postgresql_server.connect(url)
        with pytest.raises(psycopg.errors.UniqueViolation), left_open.transaction():
            # Undone, it has used up an id all the same.
            left_open.execute(
                "INSERT INTO users (name, password_hash, role, created_at)"
                " SELECT name, password_hash, role, created_at FROM users"
            )
    with pytest.raises(psycopg.errors.AdminShutdown):
        left_open.execute("SELECT 1")
    left_open.close()
    with postgresql_copies.copy() as again:
        assert again == url
        store = Store(again, 60)
        with store.read() as connection:
            counts = {
                table.name: connection.execute(
                    text(f"SELECT count(*) FROM {table.name}")
                ).scalar_one()
                for table in metadata.sorted_tables
            }
        assert set(counts.values()) == {0}
        assert ingest(store, batch_run()).batch_run_id == 1
        store.close()


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE users ADD COLUMN colour text",
        "ALTER TABLE users ALTER COLUMN role DROP NOT NULL",
        "DROP INDEX ix_batch_runs_batch_id",
        "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "UPDATE alembic_version SET version_num = '0001'",
        "ANALYZE",
    ],
)
def test_a_copy_in_which_more_than_rows_changed_is_dropped(
    postgresql_copies: Copies, postgresql_server: PostgresqlServer, change: str
) -> None:
    with postgresql_copies.copy() as url:
        store = Store(url, 60)
        ingest(store, batch_run())
        store.close()
        with postgresql_server.connect(url) as connection:
            connection.execute(change.encode())
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        postgresql_server.connect(url)


def test_a_copy_that_was_dropped_is_not_handed_out(
    postgresql_copies: Copies, postgresql_server: PostgresqlServer
) -> None:
    with postgresql_copies.copy() as url:
        postgresql_server.drop_database(url)
    with postgresql_copies.copy() as other:
        assert other != url
