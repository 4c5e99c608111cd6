"""Failure groups as pages show them. Source: docs/failure-groups.md."""

from datetime import date, datetime
from typing import NamedTuple

# What a group is called that has no line to name it by.
NO_MESSAGE = "no message"
# A group first seen within this many days before the end of what is shown is new.
NEW_DAYS = 7


class FailureGroupCount(NamedTuple):
    """A failure group and how often it failed in a period."""

    id: int
    error_category: str | None  # None: not told
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


class FailureSums(NamedTuple):
    """Failed results of one kind in one day or week; `start` is its first day."""

    start: date
    name: str | None
    failed: int
