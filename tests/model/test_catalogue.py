"""The catalogue agrees with itself, and with what uses it."""

import dataclasses

import pytest

from batch_dashboard.model.catalogue import RESOURCES
from batch_dashboard.model.catalogue.fields import Kind, Resource
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.store.lists.resource_queries import SELECT
from batch_dashboard.views.exports import COMPUTED
from tests.factories import NOW

each_resource = pytest.mark.parametrize("resource", RESOURCES, ids=lambda found: found.name)


@each_resource
def test_orders_and_keys_are_fields(resource: Resource) -> None:
    names = [field.name for field in resource.fields]
    assert len(set(names)) == len(names)
    used = {*resource.key, *resource.file_key, *(order.name for order in resource.orders)}
    assert used <= set(names)
    assert resource.sorts


@each_resource
def test_every_field_has_a_sentence_and_a_unit(resource: Resource) -> None:
    for field in resource.fields:
        assert field.sentence.endswith("."), field.name
        assert field.unit_in_words, field.name
        assert field.kind is Kind.WORD or not field.words


@each_resource
def test_every_filter_is_a_part_of_a_list_query(resource: Resource) -> None:
    parts = {part.name for part in dataclasses.fields(ListQuery)} | {"platform"}
    assert {choice.name for choice in resource.filters} <= parts


def test_every_resource_is_either_selected_or_computed() -> None:
    names = {resource.name for resource in RESOURCES}
    assert SELECT.keys() | COMPUTED.keys() == names
    assert not SELECT.keys() & COMPUTED.keys()


@each_resource
def test_a_filter_that_cannot_be_used_is_named(resource: Resource) -> None:
    for choice in resource.filters:
        bad = {choice.name: "x" * 600}
        _, complaints = ListQuery.parse(bad, resource, NOW.date())
        assert any(choice.name in complaint for complaint in complaints), choice.name
