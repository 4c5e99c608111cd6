"""Failure groups as pages show them. Source: docs/failure-groups.md."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from batch_dashboard.model.failures.failure_classes import FailureClass
from batch_dashboard.model.failures.failure_groups import NO_ERROR_LINE, plain_text
from batch_dashboard.model.lists.periods import DAY
from batch_dashboard.model.text.wording import plural

# What a group of results without a message is called.
NO_MESSAGE = "no message"
# A group is new on the UTC day it was first seen and on the six days after it.
NEW_DAYS = 7


def new_since(today: date) -> date:
    """The day since which a group must have been first seen to be new, in every period."""
    return today - (NEW_DAYS - 1) * DAY


def names_a_cause(masked_line: str) -> bool:
    """Whether the line of a group names the cause of the failures."""
    return masked_line not in ("", NO_ERROR_LINE)


def group_title(masked_line: str) -> str:
    """The title of a group: its line, or a phrase if it has none."""
    return plain_text(masked_line) or NO_MESSAGE


class GroupChoice(NamedTuple):
    """The failures that the list of failure groups counts; None: no restriction."""

    category: str | None = None
    failure_class: str | None = None
    text: str | None = None  # that the group, its category or one of its messages contains


class FailureGroupCount(NamedTuple):
    """A failure group and how often it failed in a period."""

    id: int
    error_category: str | None  # the most frequent one; None: no result names one
    masked_line: str
    first_seen_at: datetime  # of all time
    last_seen_at: datetime
    failure_class: FailureClass
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
    failure_class: FailureClass


class RecipeFailureGroup(NamedTuple):
    """The number of failures of one recipe in one failure group."""

    id: int
    error_category: str | None
    masked_line: str
    failed: int
    first_seen_at: datetime
    last_seen_at: datetime


class CategoryCount(NamedTuple):
    """The number of results of a group with a category."""

    error_category: str | None  # None: none was named
    failed: int


class ClassCount(NamedTuple):
    """The number of failures of a class, and for how many of them the client reported it."""

    failure_class: FailureClass
    failed: int
    reported: int


def class_sentence(counts: Sequence[ClassCount], period_in_words: str) -> str:
    """A sentence with the number of failures per class; empty without failures."""
    failed = {row.failure_class: row.failed for row in counts}
    total = sum(failed.values())
    if not total:
        return ""
    infrastructure = failed.get(FailureClass.INFRASTRUCTURE, 0)
    sentence = (
        f"Of {plural(total, 'failure')} ({period_in_words}), {infrastructure:,}"
        f" {'was' if infrastructure == 1 else 'were'} infrastructure"
    )
    if package := failed.get(FailureClass.PACKAGE, 0):
        sentence += f" and {package:,} package"
    if unknown := failed.get(FailureClass.UNKNOWN, 0):
        sentence += f"; the class of {unknown:,} is unknown"
    reported = sum(row.reported for row in counts)
    by_clients = f" Clients reported the class of {reported:,}." if reported else ""
    return f"{sentence}.{by_clients}"


class FailureSums(NamedTuple):
    """Failed results of one kind in one day or week; `start` is its first day."""

    start: date
    name: str | None
    failed: int
