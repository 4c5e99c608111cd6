"""Failure groups are classified when they are made, and again when a rule changes."""

import pytest
from sqlalchemy import select, text, update

from batch_dashboard.model.failures import failure_classes as classes
from batch_dashboard.model.failures.failure_classes import FailureClass
from batch_dashboard.services.administration.database import upgrade_database
from batch_dashboard.services.administration.rollups import rebuild_rollups, verify_rollups
from batch_dashboard.services.failures.regrouping import is_due, note_done, regroup_failures
from batch_dashboard.store import migrations
from batch_dashboard.store.engine import Store
from batch_dashboard.store.failures import failure_classes
from batch_dashboard.store.schema import failure_groups, recipe_results
from tests.factories import NOW, batch_run, failed_result, ingest

DISK = "tar: a.so: Cannot write: No space left on device"
COMPILER = "a.c:3:1: error: unknown type name 'foo_t'"
CHECKSUM = "Error: checksum does not match"


def upload(store: Store, *results: tuple[str, str | None], day: int = 20) -> None:
    """Failed results with these messages and reported classes."""
    failed = [
        failed_result(recipe_name=f"r{number}", error_message=message, failure_class=reported)
        for number, (message, reported) in enumerate(results)
    ]
    started = f"2026-11-{day}T08:00:00Z"
    ingest(store, batch_run(started_at=started, completed_at=None, results=failed))


def group_classes(store: Store) -> set[str]:
    with store.read() as connection:
        return {str(name) for name in connection.scalars(select(failure_groups.c.failure_class))}


def test_an_upload_classifies_the_groups_that_it_makes(store: Store) -> None:
    upload(store, (DISK, None), (COMPILER, None), (CHECKSUM, None))
    assert group_classes(store) == {"infrastructure", "package", "unknown"}


def test_a_rule_classifies_the_groups_that_are_stored_and_those_that_come(store: Store) -> None:
    upload(store, (CHECKSUM, None))
    with store.write() as connection:
        rule = failure_classes.insert_rule(
            connection, "Checksum", FailureClass.INFRASTRUCTURE, "the mirror lags"
        )
        assert len(failure_classes.update_all(connection)) == 1
        assert failure_classes.update_all(connection) == []
    assert group_classes(store) == {"infrastructure"}
    upload(store, ("Error: checksum mismatch of the index", None), day=21)
    assert group_classes(store) == {"infrastructure"}
    with store.write() as connection:
        failure_classes.delete_rule(connection, rule.id)
        assert len(failure_classes.update_all(connection)) == 2
    assert group_classes(store) == {"unknown"}


def test_infrastructure_is_what_the_client_reports_or_else_the_class_of_the_group(
    store: Store,
) -> None:
    upload(store, (DISK, None), (DISK, "package"), (CHECKSUM, None), (CHECKSUM, "infrastructure"))
    condition = failure_classes.is_infrastructure_sql("r")
    query = f"SELECT r.recipe_name FROM recipe_results r WHERE {condition} ORDER BY 1"
    with store.read() as connection:
        assert connection.scalars(text(query)).all() == ["r0", "r3"]
        result_class = failure_classes.class_of(recipe_results)
        joined = select(result_class).join_from(
            recipe_results,
            failure_groups,
            failure_groups.c.id == recipe_results.c.failure_group_id,
        )
        found = connection.scalars(joined.order_by(recipe_results.c.recipe_name)).all()
    assert found == ["infrastructure", "package", "unknown", "infrastructure"]


def test_stored_groups_are_classified_again_after_another_rule(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(store, (DISK, None))
    with store.write() as connection:
        note_done(connection, NOW)
        connection.execute(update(failure_groups).values(failure_class=FailureClass.UNKNOWN))
        assert not is_due(connection)
    monkeypatch.setattr(classes, "RULE", classes.RULE + 1)
    with store.read() as connection:
        assert is_due(connection)
    regroup_failures(store, NOW)
    assert group_classes(store) == {"infrastructure"}
    with store.read() as connection:
        assert not is_due(connection)


def test_an_upgrade_and_a_rebuild_classify_every_group(store: Store) -> None:
    upload(store, (DISK, "package"), (COMPILER, None))
    migrations.downgrade(store, "0013")
    upgrade_database(store)
    assert group_classes(store) == {"infrastructure", "package"}
    assert not any(verify_rollups(store).values())
    with store.write() as connection:
        connection.execute(update(failure_groups).values(failure_class=FailureClass.UNKNOWN))
    rebuild_rollups(store)
    assert group_classes(store) == {"infrastructure", "package"}
