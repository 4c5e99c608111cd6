"""The first day of the week, month or year that holds a day, computed by the database."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from batch_dashboard.model.periods import Step


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


class month_start(GenericFunction[date]):
    """The first day of the UTC month that holds a day."""

    type = Date()
    inherit_cache = True


@compiles(month_start, "sqlite")
def _month_on_sqlite(element: month_start, compiler: Any, **options: Any) -> str:
    return f"substr({compiler.process(element.clauses, **options)}, 1, 8) || '01'"


@compiles(month_start, "postgresql")
def _month_on_postgresql(element: month_start, compiler: Any, **options: Any) -> str:
    return f"CAST(date_trunc('month', {compiler.process(element.clauses, **options)}) AS DATE)"


class year_start(GenericFunction[date]):
    """The first day of the UTC year that holds a day."""

    type = Date()
    inherit_cache = True


@compiles(year_start, "sqlite")
def _year_on_sqlite(element: year_start, compiler: Any, **options: Any) -> str:
    return f"substr({compiler.process(element.clauses, **options)}, 1, 5) || '01-01'"


@compiles(year_start, "postgresql")
def _year_on_postgresql(element: year_start, compiler: Any, **options: Any) -> str:
    return f"CAST(date_trunc('year', {compiler.process(element.clauses, **options)}) AS DATE)"


def step_start(step: Step, day: ColumnElement[date]) -> ColumnElement[date]:
    """The first day of the step that holds a day."""
    match step:
        case Step.DAY:
            return day
        case Step.WEEK:
            return week_start(day)
        case Step.MONTH:
            return month_start(day)
        case Step.YEAR:
            return year_start(day)
