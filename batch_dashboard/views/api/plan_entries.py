"""The recipes of a plan as JSON, kept between requests: CI asks more often than recipes change."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

import orjson

from batch_dashboard.model.plan.choosing import FailingRecipe, Waiting
from batch_dashboard.model.plan.rule import Action, Advice, PlanRule
from batch_dashboard.services.plan.planning import Plan
from batch_dashboard.store.times import utc_text_of_unix
from batch_dashboard.views.names import path_of_name

# Of each process: about 400 bytes an entry, twice.
MAX_KEPT_PLANS = 8
MAX_KEPT_ENTRIES = 10_000


class Entries(NamedTuple):
    """The recipes that wait, in the order of their next attempts."""

    due_at: list[int]  # Unix seconds
    recipes: list[tuple[str, str]]  # each with its platform or ''
    until: list[bytes]  # each until it is due
    due: list[bytes]  # and from then on
    expected: list[bytes]  # those that a known issue expects to fail, whether due or not

    def left_out(self, now: int) -> list[tuple[str, str]]:
        """The recipes that wait at a time, each with its platform."""
        return self.recipes[bisect_right(self.due_at, now) :]

    def at(self, now: int) -> tuple[bytes, bytes]:
        """The entries to retry and those that wait at a time, with commas between them."""
        count = bisect_right(self.due_at, now)
        return b",".join(self.due[:count]), b",".join(self.until[count:])


class Kept(NamedTuple):
    """Entries, and what they were made from."""

    version: tuple[int | None, PlanRule, tuple[tuple[int, date], ...]]
    entries: Entries


_kept: dict[tuple[str, str | None, str], Kept] = {}


def entries_of(plan: Plan, address: str) -> Entries:
    """The entries of a plan; `address` is what the addresses of its recipes begin with."""
    key = (plan.ecosystem, plan.platform, address)
    version = (plan.version, plan.rule, plan.expected.version)
    kept = _kept.pop(key, None)
    if kept is None or kept.version != version:
        kept = Kept(version, _rendered(plan.waiting(), address))
    if len(kept.entries.due_at) + len(kept.entries.expected) <= MAX_KEPT_ENTRIES:
        # The one that was asked for last is the last to go.
        _kept[key] = kept
        for oldest in list(_kept)[:-MAX_KEPT_PLANS]:
            _kept.pop(oldest, None)
    return kept.entries


def entry(recipe: FailingRecipe, advice: Advice, address: str) -> dict[str, Any]:
    """A recipe with other advice than to run, without the advice."""
    streak, due_at = recipe.streak, advice.next_attempt_at
    return {
        "recipe_name": recipe.recipe_name,
        "platform": recipe.platform or None,
        "reason": recipe.reason,
        # Larger than JavaScript can hold as a number.
        "failure_group_id": str(streak.failure_group_id),
        "recipe_version": streak.recipe_version,
        "streak": streak.same_reason,
        "last_attempt_at": utc_text_of_unix(streak.last_failed_at),
        "next_attempt_at": None if due_at is None else utc_text_of_unix(due_at),
        "url": address + path_of_name(recipe.recipe_name),
    }


def of(advice: Advice) -> dict[str, str]:
    """The advice of an entry."""
    return {"advice": advice.action, "because": advice.because}


def _rendered(waiting: Iterable[Waiting], address: str) -> Entries:
    found = Entries([], [], [], [], [])
    for each in waiting:
        document = entry(each.recipe, each.due, address)
        if each.due.action is Action.EXPECTED:
            found.expected.append(orjson.dumps({**document, **of(each.due)}))
            continue
        found.due_at.append(each.due_at)
        found.recipes.append((each.recipe.recipe_name, each.recipe.platform))
        found.until.append(orjson.dumps({**document, **of(each.until)}))
        found.due.append(orjson.dumps({**document, **of(each.due)}))
    return found
