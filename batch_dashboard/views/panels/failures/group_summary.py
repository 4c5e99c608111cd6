"""The summary of one failure group."""

from collections.abc import Sequence
from dataclasses import dataclass

from batch_dashboard.model.failures.failure_classes import ClassRule
from batch_dashboard.model.failures.failure_groups import Reason, find_reason
from batch_dashboard.model.failures.failures import CategoryCount, FailureGroupDetail
from batch_dashboard.model.failures.messages import NO_RECIPE


@dataclass(frozen=True)
class FailureGroupSummary:
    """The group with a complete message of it, and the categories that clients reported for it.

    `reason` is the line of the message that names the cause; None: there is no message.
    `class_rule` is the rule of an operator that decides the class; None: the line does.
    """

    group: FailureGroupDetail
    reason: Reason | None
    categories: Sequence[CategoryCount]
    class_rule: ClassRule | None


def failure_group_summary(
    group: FailureGroupDetail,
    categories: Sequence[CategoryCount],
    class_rule: ClassRule | None = None,
) -> FailureGroupSummary:
    """The group and its categories, the most frequent one first."""
    message = group.sample_message
    return FailureGroupSummary(
        group, find_reason(message, NO_RECIPE) if message else None, categories, class_rule
    )
