"""Comparing a kept summary with what its rows say, in SQL."""

from sqlalchemy import Connection


def count_differences(connection: Connection, expected: str, stored: str) -> int:
    """How many rows one of the two queries has and the other has not."""
    found = connection.exec_driver_sql(
        f"SELECT (SELECT count(*) FROM ({expected} EXCEPT {stored}) AS missing) + "
        f"(SELECT count(*) FROM ({stored} EXCEPT {expected}) AS extra)"
    ).scalar_one()
    return int(found)


def milliseconds_sql(connection: Connection) -> str:
    """`duration_seconds` as model/summaries.py rounds it to whole milliseconds; NULL is 0."""
    rounded = "coalesce(duration_seconds, 0) * 1000 + 0.5"
    if connection.dialect.name == "sqlite":
        return f"CAST({rounded} AS INTEGER)"
    return f"CAST(floor({rounded}) AS BIGINT)"


def day_sql(connection: Connection, unix_seconds: str) -> str:
    """The UTC day of a time kept as Unix seconds."""
    if connection.dialect.name == "sqlite":
        return f"date({unix_seconds}, 'unixepoch')"
    return f"CAST(to_timestamp({unix_seconds}) AT TIME ZONE 'UTC' AS DATE)"


def week_start_sql(connection: Connection, day: str) -> str:
    """The Monday of the UTC week that holds a day."""
    if connection.dialect.name == "sqlite":
        return f"date({day}, 'weekday 0', '-6 days')"
    return f"CAST(date_trunc('week', {day}) AS DATE)"
