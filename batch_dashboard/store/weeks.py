"""The Monday a day's week starts on, computed by the database."""

from datetime import date
from typing import Any

from sqlalchemy import Date
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction


class week_start(GenericFunction[date]):
    """The Monday of the UTC week that holds a day."""

    type = Date()
    inherit_cache = True


@compiles(week_start, "sqlite")
def _on_sqlite(element: week_start, compiler: Any, **options: Any) -> str:
    # To the Sunday that ends the week (the day itself if it is one), then back to its Monday.
    return f"date({compiler.process(element.clauses, **options)}, 'weekday 0', '-6 days')"


@compiles(week_start, "postgresql")
def _on_postgresql(element: week_start, compiler: Any, **options: Any) -> str:
    return f"CAST(date_trunc('week', {compiler.process(element.clauses, **options)}) AS DATE)"
