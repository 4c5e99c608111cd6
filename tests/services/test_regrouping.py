"""Failures grouped by an older rule are grouped by the one in force, and the sums follow."""

from sqlalchemy import select, update

from batch_dashboard.services.failure_groups import regroup_failures
from batch_dashboard.services.rollups import verify_rollups
from batch_dashboard.store.engine import Store
from batch_dashboard.store.schema import (
    failure_group_days,
    failure_group_recipes,
    failure_group_weeks,
    failure_groups,
    recipe_results,
)
from tests.factories import batch_run, failed_result, ingest, recipe_result

TABLES = (failure_groups, failure_group_days, failure_group_weeks, failure_group_recipes)


def summaries(store: Store) -> dict[str, list[tuple[object, ...]]]:
    with store.read() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in TABLES
        }


def test_results_of_an_older_rule_come_out_as_if_they_came_today(store: Store) -> None:
    for day in (18, 19):
        results = [
            recipe_result(),
            failed_result(recipe_name="wget", error_message="Error: exit status 1"),
            failed_result(recipe_name="curl", error_message="Error: exit status 7"),
            failed_result(recipe_name="jq", error_message="Error: no route"),
        ]
        ingest(
            store,
            batch_run(started_at=f"2026-11-{day}T08:00:00Z", completed_at=None, results=results),
        )
    fresh = summaries(store)
    assert len(fresh["failure_groups"]) == 2
    # As if each had been a group of its own, and a pass had been taken for a failure.
    with store.write() as connection:
        connection.execute(
            update(recipe_results)
            .where(recipe_results.c.result == "failed")
            .values(failure_group_id=recipe_results.c.id)
        )
        connection.execute(
            update(recipe_results)
            .where(recipe_results.c.result == "passed")
            .values(failure_group_id=1)
        )
        for table in TABLES:
            connection.execute(table.delete())
    assert any(verify_rollups(store).values())
    assert regroup_failures(store) == (6, 2)
    assert summaries(store) == fresh
    assert not any(verify_rollups(store).values())
    assert regroup_failures(store) == (0, 2)
