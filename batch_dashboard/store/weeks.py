"""The first day of the week, month or year that holds a day, computed by the database."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, and_, case
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from batch_dashboard.model.lists.periods import Step
from batch_dashboard.store.dialects import dialect_of


class week_start(GenericFunction[date]):
    """The Monday of the UTC week that holds a day."""

    type = Date()
    inherit_cache = True


@compiles(week_start)
def _week_start(element: week_start, compiler: Any, **options: Any) -> str:
    return dialect_of(compiler).week_start(compiler.process(element.clauses, **options))


class month_start(GenericFunction[date]):
    """The first day of the UTC month that holds a day."""

    type = Date()
    inherit_cache = True


@compiles(month_start)
def _month_start(element: month_start, compiler: Any, **options: Any) -> str:
    return dialect_of(compiler).month_start(compiler.process(element.clauses, **options))


class year_start(GenericFunction[date]):
    """The first day of the UTC year that holds a day."""

    type = Date()
    inherit_cache = True


@compiles(year_start)
def _year_start(element: year_start, compiler: Any, **options: Any) -> str:
    return dialect_of(compiler).year_start(compiler.process(element.clauses, **options))


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


def part_start(
    step: Step, day: ColumnElement[date], cuts: Iterable[date] = ()
) -> ColumnElement[date]:
    """The first day of the step that holds a day, or of its part from one of the days `cuts` on."""
    start = step_start(step, day)
    inside = [(and_(day >= cut, start < cut), cut) for cut in sorted(cuts, reverse=True)]
    return case(*inside, else_=start) if inside else start
