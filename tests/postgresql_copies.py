"""Copies of a migrated PostgreSQL database, used again once they are emptied.

A copy has 640 relations, so making and dropping one costs more than most tests do. Emptying one
costs what the test has written.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.postgresql import PostgresqlServer

# What tables, columns, indexes, constraints, functions and triggers there are, and the revision.
DEFINITIONS = """
SELECT md5(string_agg(line, E'\\n' ORDER BY line)) FROM (
    SELECT concat_ws(' ', attrelid::regclass, attname, format_type(atttypid, atttypmod),
                     attnotnull, attidentity, pg_get_expr(adbin, adrelid)) AS line
    FROM pg_attribute
    JOIN pg_class ON pg_class.oid = attrelid AND relkind IN ('r', 'v', 'S')
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
    UNION ALL
    SELECT concat_ws(' ', pg_get_indexdef(indexrelid), indisvalid)
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL
    SELECT 'revision ' || version_num FROM alembic_version
)
"""
END_OTHERS = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
FILLED_TABLES = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0
"""
RESTART_SEQUENCES = """
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
FROM pg_sequences WHERE last_value IS NOT NULL
"""
HAS_STATISTICS = """
SELECT EXISTS (SELECT FROM pg_statistic JOIN pg_class ON pg_class.oid = starelid
               WHERE relnamespace = 'public'::regnamespace)
"""


class Copies:
    """Hands out databases that are as the template is: its definitions, and no rows."""

    def __init__(self, server: PostgresqlServer, template: str) -> None:
        self._server = server
        self._template = template
        self._free: list[str] = []
        with server.connect(template) as connection:
            self._definitions = _value(connection, DEFINITIONS)
            assert connection.execute(FILLED_TABLES).fetchall() == [], "a copy is emptied of these"

    @contextmanager
    def copy(self) -> Iterator[str]:
        """The URL of a database, until the end of the `with`."""
        url = self._free.pop() if self._free else self._server.create_database(self._template)
        try:
            yield url
        finally:
            if self._emptied(url):
                self._free.append(url)
            else:
                self._server.drop_database(url)

    def drop(self) -> None:
        """Drops the databases that nobody uses."""
        while self._free:
            self._server.drop_database(self._free.pop())

    def _emptied(self, url: str) -> bool:
        """Whether a database is as the template again: no test changed more than rows."""
        try:
            connection = self._server.connect(url)
        except psycopg.OperationalError:
            return False  # a test may have dropped it
        with connection:
            connection.execute(END_OTHERS)
            changed = _value(connection, DEFINITIONS) != self._definitions
            if changed or _value(connection, HAS_STATISTICS):
                return False
            filled = [sql.Identifier(name) for (name,) in connection.execute(FILLED_TABLES)]
            if filled:
                connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(",").join(filled)))
            connection.execute(RESTART_SEQUENCES)
        return True


@pytest.fixture(scope="session")
def postgresql_copies(
    postgresql_server: PostgresqlServer, postgresql_template: str
) -> Iterator[Copies]:
    copies = Copies(postgresql_server, postgresql_template)
    yield copies
    copies.drop()


def _value(connection: psycopg.Connection[Any], query: str) -> Any:
    [value] = connection.execute(query.encode()).fetchone() or [None]
    return value
