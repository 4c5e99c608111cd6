"""The SQL of SQLite."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import REAL, URL, Connection, Integer, Text

from batch_dashboard.store.dialects.contract import ColumnTypes, Dialect
from batch_dashboard.store.dialects.sqlite.csv_lines import SqliteCsvLines
from batch_dashboard.store.dialects.sqlite.database import SqliteDatabase
from batch_dashboard.store.dialects.sqlite.rows import SqliteRows
from batch_dashboard.store.dialects.sqlite.words import SqliteWords

# The value of `PRAGMA auto_vacuum` for a file that can return single pages.
INCREMENTAL = 2


class SqliteDialect(Dialect):
    """The dialect of SQLite."""

    name = "sqlite"
    types = ColumnTypes(
        # SQLite generates ids only for columns whose type is exactly INTEGER.
        row_id=Integer(),
        # The type names that programs which read the file know.
        double=REAL(),
        time=Text(),
    )
    rows_by_key: Mapping[str, Any] = {"with_rowid": False}
    ids_never_reused: Mapping[str, Any] = {"autoincrement": True}
    prefix_comparison = (">=", "<")
    bytewise_order = ""
    rows = SqliteRows()
    words = SqliteWords()
    csv = SqliteCsvLines()

    def open(self, url: URL, wait_seconds: float) -> SqliteDatabase:
        """The file that the URL names."""
        return SqliteDatabase(url, wait_seconds)

    def prefix_operators(self, _column: str) -> Mapping[str, Any]:
        """None are needed: texts are ordered by their bytes."""
        return {}

    def whole_number(self, number: str) -> str:
        """CAST discards the decimals."""
        return f"CAST({number} AS INTEGER)"

    def day_of_time(self, time: str) -> str:
        """Stored times are UTC texts that begin with the day."""
        return f"substr({time}, 1, 10)"

    def day_of_unix(self, seconds: str) -> str:
        """The UTC day of a time kept as seconds since 1970."""
        return f"date({seconds}, 'unixepoch')"

    def week_start(self, day: str) -> str:
        """To the Sunday that ends the week (the day itself if it is one), then to its Monday."""
        return f"date({day}, 'weekday 0', '-6 days')"

    def month_start(self, day: str) -> str:
        """The first day of the month that holds a day."""
        return f"substr({day}, 1, 8) || '01'"

    def year_start(self, day: str) -> str:
        """The first day of the year that holds a day."""
        return f"substr({day}, 1, 5) || '01-01'"

    def concatenated(self, column: str, query: str, order: str) -> str:
        """SQLite keeps the order of the subquery."""
        rows = f"SELECT {column} FROM ({query}) ORDER BY {order}"
        return f"SELECT group_concat({column}, '') FROM ({rows})"

    def last_characters(self, text: str, count: int) -> str:
        """The end of a text."""
        return f"substr({text}, -{count})"

    def version(self, connection: Connection) -> str:
        """Such as `SQLite 3.45.1`."""
        return f"SQLite {connection.exec_driver_sql('SELECT sqlite_version()').scalar_one()}"

    def size_bytes(self, connection: Connection) -> int:
        """The size of the file, without its log."""
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        return int(pages) * int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())

    def give_space_back(self, connection: Connection, pages: int) -> int:
        """Return free pages of the file to the system.

        Does nothing on a file made before version 0005 (docs/administration.md says how to bring
        that forward).
        """
        if connection.exec_driver_sql("PRAGMA auto_vacuum").scalar_one() != INCREMENTAL:
            return 0
        cursor = connection.connection.cursor()
        # Python's driver stops after the first page, however many are requested.
        for _ in range(pages):
            cursor.execute("PRAGMA incremental_vacuum(1)")
        return int(connection.exec_driver_sql("PRAGMA freelist_count").scalar_one())
