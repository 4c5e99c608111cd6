"""The ledger of a period, summed by ecosystem."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from batch_dashboard.model.lists.filters import RunFilter
from batch_dashboard.model.lists.periods import Step
from batch_dashboard.model.plan.ledger import Outcome, Savings
from batch_dashboard.model.plan.ledger_sums import LedgerPart
from batch_dashboard.store.lists.conditions import run_conditions
from batch_dashboard.store.schema import plan_days
from batch_dashboard.store.weeks import part_start

_day = plan_days.c
_COUNTS = tuple(column for column in _day if column.name not in ("day", "ecosystem"))
_SAVINGS = len(Savings._fields)


def summed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A count of several days; of the longest delay, the longest one."""
    combine = func.max if column.name.startswith("max_") else func.sum
    # PostgreSQL sums integers to NUMERIC, which the driver returns as Decimal.
    return combine(column).cast(column.type)


def fetch_parts(
    connection: Connection, run_filter: RunFilter, cuts: Iterable[date]
) -> list[LedgerPart]:
    """The ledger of the days of a choice by year and ecosystem; the days `cuts` begin new parts."""
    start = part_start(Step.YEAR, _day.day, cuts).label("start")
    query: Select[Any] = (
        select(start, _day.ecosystem, *map(summed, _COUNTS))
        .where(*run_conditions(run_filter, plan_days))
        .group_by("start", _day.ecosystem)
    )
    parts = []
    for first, ecosystem, requests, advised, *counts in connection.execute(query):
        left_out = Savings(*counts[:_SAVINGS])
        not_followed = Savings(*counts[_SAVINGS : 2 * _SAVINGS])
        outcome = Outcome(not_followed, *counts[2 * _SAVINGS :])
        parts.append(LedgerPart(first, ecosystem, requests, advised, left_out, outcome))
    return parts
