"""Comparing a stored summary with the sums of its rows, in SQL."""

from sqlalchemy import Connection

from batch_dashboard.store.dialects import dialect_of


def count_differences(connection: Connection, expected: str, stored: str) -> int:
    """The number of rows that only one of two queries returns."""
    found = connection.exec_driver_sql(
        f"SELECT (SELECT count(*) FROM ({expected} EXCEPT {stored}) AS missing) + "
        f"(SELECT count(*) FROM ({stored} EXCEPT {expected}) AS extra)"
    ).scalar_one()
    return int(found)


def milliseconds_sql(connection: Connection) -> str:
    """`duration_seconds` in whole milliseconds, as model/ingest/summaries.py rounds; NULL is 0."""
    return dialect_of(connection).whole_number("coalesce(duration_seconds, 0) * 1000 + 0.5")
