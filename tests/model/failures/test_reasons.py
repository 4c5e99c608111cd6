"""The reason of a failure is the line that names the cause, whatever tool wrote the message."""

import pytest

from batch_dashboard.model.failures.failure_groups import find_reason
from tests.model.failures.reason_cases import FAMILIES, RECIPE, Family


def group_of(message: str) -> str:
    return find_reason(message, RECIPE).masked_line


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_the_group_of_a_message_names_its_cause(family: Family) -> None:
    assert group_of(family.message) == family.group


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_messages_with_different_causes_are_in_different_groups(family: Family) -> None:
    one, other = family.different
    assert group_of(one) != group_of(other)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_messages_with_the_same_cause_are_in_one_group(family: Family) -> None:
    one, other = family.same
    assert group_of(one) == group_of(other)
