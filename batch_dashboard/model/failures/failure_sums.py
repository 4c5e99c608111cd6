"""The contribution of failed results to the sums of failure groups.

Source: docs/data-model.md, "Summaries".
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from batch_dashboard.model.failures.failure_classes import (
    ClassRule,
    FailureClass,
    class_of_group,
)
from batch_dashboard.model.failures.failure_groups import Reason, failure_group_id

# Stands for results that name no category, where a category is part of a key.
UNNAMED_CATEGORY = ""
# The same of results for which the client reported no class.
UNREPORTED_CLASS = ""


class Failure(NamedTuple):
    """A failed result, as far as sums of failures know it."""

    ecosystem: str
    recipe_name: str
    error_category: str | None
    error_message: str | None
    failure_class: str | None  # as the client reported it
    started_at: int  # the run's, in Unix seconds
    day: date  # of started_at, in UTC


class Seen(NamedTuple):
    """The number of failed results, with the first and the last time."""

    failed: int
    first_seen_at: int
    last_seen_at: int

    def and_at(self, time: int) -> "Seen":
        """This and one more failure."""
        return self.and_seen(Seen(1, time, time))

    def and_seen(self, other: "Seen") -> "Seen":
        """Both together."""
        return Seen(
            self.failed + other.failed,
            min(self.first_seen_at, other.first_seen_at),
            max(self.last_seen_at, other.last_seen_at),
        )


class GroupName(NamedTuple):
    """The line of a group, and a sample message."""

    masked_line: str
    sample_message: str | None
    is_truncated: bool = False  # every message of it ends within the line


@dataclass(slots=True)
class FailureSums:
    """Some failed results, summed up in each way that sums are kept."""

    names: dict[int, GroupName] = field(default_factory=dict)
    groups: dict[int, Seen] = field(default_factory=dict)
    # By failure group, ecosystem, category, reported class and day.
    times: Counter[tuple[int, str, str, str, date]] = field(default_factory=Counter)
    # By ecosystem, recipe and failure group.
    recipes: dict[tuple[str, str, int], Seen] = field(default_factory=dict)
    # By failure group and message.
    messages: Counter[tuple[int, str]] = field(default_factory=Counter)

    def add_reason(self, reason: Reason, failure: Failure) -> int:
        """Add a result that failed for a reason; the number of its group."""
        group_id = failure_group_id(reason.masked_line)
        name = GroupName(reason.masked_line, failure.error_message, reason.is_truncated)
        self.add_to(group_id, name, failure)
        return group_id

    def add_to(self, group_id: int, name: GroupName, failure: Failure) -> None:
        """Add a result to a group of this name."""
        known = self.names.setdefault(group_id, name)
        if known.is_truncated and not name.is_truncated:
            self.names[group_id] = known._replace(is_truncated=False)
        self.add(group_id, failure)

    def add(self, group_id: int, failure: Failure) -> None:
        """Add a result of a group."""
        time = failure.started_at
        seen = self.groups.get(group_id)
        self.groups[group_id] = seen.and_at(time) if seen else Seen(1, time, time)
        of_recipe = (failure.ecosystem, failure.recipe_name, group_id)
        seen = self.recipes.get(of_recipe)
        self.recipes[of_recipe] = seen.and_at(time) if seen else Seen(1, time, time)
        category = failure.error_category or UNNAMED_CATEGORY
        reported = failure.failure_class or UNREPORTED_CLASS
        self.times[group_id, failure.ecosystem, category, reported, failure.day] += 1
        if failure.error_message is not None:
            self.messages[group_id, failure.error_message] += 1

    def joined(self, targets: Mapping[int, tuple[int, str]]) -> "FailureSums":
        """These sums with some groups counted in other ones: number and masked line of each."""
        if not targets:
            return self

        def target(group_id: int) -> int:
            return targets[group_id][0] if group_id in targets else group_id

        joined = FailureSums()
        for group_id, name in self.names.items():
            if group_id in targets:
                name = GroupName(targets[group_id][1], name.sample_message)
            known = joined.names.setdefault(target(group_id), name)
            if known.is_truncated and not name.is_truncated:
                joined.names[target(group_id)] = known._replace(is_truncated=False)
        for group_id, seen in self.groups.items():
            before = joined.groups.get(target(group_id))
            joined.groups[target(group_id)] = before.and_seen(seen) if before else seen
        for (ecosystem, recipe_name, group_id), seen in self.recipes.items():
            of_recipe = (ecosystem, recipe_name, target(group_id))
            before = joined.recipes.get(of_recipe)
            joined.recipes[of_recipe] = before.and_seen(seen) if before else seen
        for (group_id, *rest), failed in self.times.items():
            joined.times[target(group_id), *rest] += failed  # type: ignore[index]
        for (group_id, message), results in self.messages.items():
            joined.messages[target(group_id), message] += results
        return joined

    def classes(self, rules: Sequence[ClassRule]) -> dict[int, FailureClass]:
        """The class of each group by its line and the rules of operators."""
        return {
            group_id: class_of_group(name.masked_line, rules)
            for group_id, name in self.names.items()
        }

    def frequent_categories(self) -> dict[int, str | None]:
        """The category that each group has most often; None: none is named."""
        counts: dict[int, Counter[str]] = {group_id: Counter() for group_id in self.groups}
        for (group_id, _, category, _, _), failed in self.times.items():
            if category != UNNAMED_CATEGORY:
                counts[group_id][category] += failed
        return {
            group_id: min(found, key=lambda name: (-found[name], name), default=None)
            for group_id, found in counts.items()
        }
