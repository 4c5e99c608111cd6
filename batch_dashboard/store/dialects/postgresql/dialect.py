"""The SQL of PostgreSQL."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import URL, Connection, Text

from batch_dashboard.store.dialects.contract import ColumnTypes, Dialect
from batch_dashboard.store.dialects.postgresql.csv_lines import PostgresqlCsvLines
from batch_dashboard.store.dialects.postgresql.database import PostgresqlDatabase
from batch_dashboard.store.dialects.postgresql.rows import PostgresqlRows
from batch_dashboard.store.dialects.postgresql.words import PostgresqlWords


class PostgresqlDialect(Dialect):
    """The dialect of PostgreSQL."""

    name = "postgresql"
    types = ColumnTypes(bytewise_text=Text(collation="C"))
    prefix_comparison = ("~>=~", "~<~")
    bytewise_order = ' COLLATE "C"'
    rows = PostgresqlRows()
    words = PostgresqlWords()
    csv = PostgresqlCsvLines()

    def open(self, url: URL, wait_seconds: float) -> PostgresqlDatabase:
        """The database that the URL names on a server."""
        return PostgresqlDatabase(url, wait_seconds)

    def prefix_operators(self, column: str) -> Mapping[str, Any]:
        """Operators that compare bytes, whatever the language of the database."""
        return {"ops": {column: "text_pattern_ops"}}

    def whole_number(self, number: str) -> str:
        """CAST alone would round."""
        return f"CAST(floor({number}) AS BIGINT)"

    def day_of_time(self, time: str) -> str:
        """The UTC day of a stored time."""
        return f"CAST({time} AT TIME ZONE 'UTC' AS DATE)"

    def day_of_unix(self, seconds: str) -> str:
        """The UTC day of a time kept as seconds since 1970."""
        return f"CAST(to_timestamp({seconds}) AT TIME ZONE 'UTC' AS DATE)"

    def week_start(self, day: str) -> str:
        """The Monday of the week that holds a day."""
        return f"CAST(date_trunc('week', {day}) AS DATE)"

    def month_start(self, day: str) -> str:
        """The first day of the month that holds a day."""
        return f"CAST(date_trunc('month', {day}) AS DATE)"

    def year_start(self, day: str) -> str:
        """The first day of the year that holds a day."""
        return f"CAST(date_trunc('year', {day}) AS DATE)"

    def concatenated(self, column: str, query: str, order: str) -> str:
        """A text column of all rows of a query, joined in an order; a query of one value."""
        return f"SELECT string_agg({column}, '' ORDER BY {order}) FROM ({query}) AS joined"

    def last_characters(self, text: str, count: int) -> str:
        """The end of a text."""
        return f"right({text}, {count})"

    def version(self, connection: Connection) -> str:
        """Such as `PostgreSQL 16.2`."""
        version = connection.exec_driver_sql("SHOW server_version").scalar_one()
        return f"PostgreSQL {str(version).split()[0]}"

    def size_bytes(self, connection: Connection) -> int:
        """The size of the database on its server."""
        query = "SELECT pg_database_size(current_database())"
        return int(connection.exec_driver_sql(query).scalar_one())
