"""Failure groups as pages show them. Source: docs/failure-groups.md."""

from datetime import date, datetime
from typing import NamedTuple

from batch_dashboard.model.failures.failure_groups import NO_ERROR_LINE, plain_text
from batch_dashboard.model.lists.periods import DAY

# What a group of results without a message is called.
NO_MESSAGE = "no message"
# A group is new on the UTC day it was first seen and on the six days after it.
NEW_DAYS = 7


def new_since(today: date) -> date:
    """The day from which on a group first seen is new, whatever period is looked at."""
    return today - (NEW_DAYS - 1) * DAY


def names_a_cause(masked_line: str) -> bool:
    """Whether the line of a group says why its results failed."""
    return masked_line not in ("", NO_ERROR_LINE)


def group_title(masked_line: str) -> str:
    """What a group is called: its line, or in words that it has none."""
    return plain_text(masked_line) or NO_MESSAGE


class FailureGroupCount(NamedTuple):
    """A failure group and how often it failed in a period."""

    id: int
    error_category: str | None  # the most frequent one; None: no result names one
    masked_line: str
    first_seen_at: datetime  # of all time
    last_seen_at: datetime
    failed: int  # in the period


class FailureGroupDetail(NamedTuple):
    """A failure group with its sums of all time."""

    id: int
    error_category: str | None
    masked_line: str
    first_seen_at: datetime
    last_seen_at: datetime
    failed: int
    sample_message: str | None


class RecipeFailureGroup(NamedTuple):
    """How often one recipe failed in one way."""

    id: int
    error_category: str | None
    masked_line: str
    failed: int
    first_seen_at: datetime
    last_seen_at: datetime


class CategoryCount(NamedTuple):
    """How many results of a group came under a category."""

    error_category: str | None  # None: none was named
    failed: int


class FailureSums(NamedTuple):
    """Failed results of one kind in one day or week; `start` is its first day."""

    start: date
    name: str | None
    failed: int
