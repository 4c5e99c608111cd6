"""The streaks of failures, kept with each upload."""

from datetime import UTC, datetime, timedelta
from typing import Any

from batch_dashboard.model.administration.pruning import fold
from batch_dashboard.model.failures.failure_classes import FailureClass
from batch_dashboard.model.plan.streaks import Streak
from batch_dashboard.services.administration.rollups import rebuild_rollups, verify_rollups
from batch_dashboard.services.batch_runs.batch_runs import delete_run
from batch_dashboard.store.administration import pruning
from batch_dashboard.store.engine import Store
from batch_dashboard.store.failures import failure_classes
from batch_dashboard.store.judgement import circuit_breakers
from batch_dashboard.store.schema import recipe_results, recipe_streaks
from tests.factories import batch_run, failed_result, ingest, recipe_result

START = datetime(2026, 11, 1, tzinfo=UTC)
MACOS = "darwin-arm64"


def upload(store: Store, hour: int, *results: dict[str, Any]) -> int:
    started_at = (START + timedelta(hours=hour)).isoformat()
    run = batch_run(started_at=started_at, completed_at=None, results=list(results))
    return ingest(store, run).batch_run_id


def fail(**changes: Any) -> dict[str, Any]:
    return failed_result(**{"recipe_name": "wget", "platform": None, **changes})


def passing(**changes: Any) -> dict[str, Any]:
    return recipe_result(**{"recipe_name": "wget", "platform": None, **changes})


def streaks(store: Store) -> dict[str, tuple[int, int, float, float]]:
    """Failures, those for the same reason, and the hours of the first and the last of these."""
    row = recipe_streaks.c
    with store.read() as connection:
        found = connection.execute(
            recipe_streaks.select().with_only_columns(
                row.platform, row.failed, row.same_reason, row.began_at, row.last_failed_at
            )
        ).all()
    assert not any(verify_rollups(store).values())
    hour = timedelta(hours=1)
    return {
        platform: (failed, same, (began - START) / hour, (last - START) / hour)
        for platform, failed, same, began, last in found
    }


def test_uploads_extend_cut_and_end_a_streak(store: Store) -> None:
    upload(store, 0, fail())
    upload(store, 1, fail(), fail(platform=MACOS))
    assert streaks(store) == {"": (2, 2, 0, 1), MACOS: (1, 1, 1, 1)}
    upload(store, 2, fail(error_message="Error: no compiler"))
    assert streaks(store) == {"": (3, 1, 2, 2), MACOS: (1, 1, 1, 1)}
    upload(store, 3, passing(platform="linux"))
    assert streaks(store) == {MACOS: (1, 1, 1, 1)}
    upload(store, 4, passing())
    assert streaks(store) == {}


def test_late_repeated_and_deleted_uploads_leave_the_streak_that_the_results_say(
    store: Store,
) -> None:
    for hour in (0, 2, 4, 6):
        upload(store, hour, fail())
    late = upload(store, 3, passing())
    assert streaks(store) == {"": (2, 2, 4, 6)}
    assert upload(store, 3, passing()) == late
    assert streaks(store) == {"": (2, 2, 4, 6)}
    with store.write() as connection:
        assert delete_run(connection, late)
    assert streaks(store) == {"": (4, 4, 0, 6)}


def test_failures_of_the_infrastructure_do_not_count(store: Store) -> None:
    upload(store, 0, fail())
    upload(store, 1, fail(failure_class="infrastructure"))
    upload(store, 2, fail(error_message="Error: could not resolve host: example.org"))
    assert streaks(store) == {"": (1, 1, 0, 0)}
    # What the client reports wins over what the line of the group shows.
    reported = fail(error_message="Error: could not resolve host: a.org", failure_class="package")
    upload(store, 3, reported)
    assert streaks(store) == {"": (2, 1, 3, 3)}


def test_a_rule_for_a_failure_group_changes_the_streaks_of_its_recipes(store: Store) -> None:
    for hour in range(6):
        upload(store, hour, fail())
    with store.write() as connection:
        failure_classes.insert_rule(connection, "checksum", FailureClass.INFRASTRUCTURE, "mirror")
        changed = failure_classes.update_all(connection)
        circuit_breakers.recount_groups(connection, changed)
    assert streaks(store) == {}


def test_failures_of_recipes_that_are_known_to_fail_are_marked(store: Store) -> None:
    for hour in range(6):
        upload(store, hour, fail())
    marks = recipe_results.select().with_only_columns(recipe_results.c.known_to_fail)
    with store.read() as connection:
        found = connection.execute(marks.order_by(recipe_results.c.id)).scalars().all()
    assert found == [None] * 4 + [True] * 2


def test_a_run_of_many_recipes_reads_and_writes_as_one_of_few(store: Store) -> None:
    names = [f"recipe-{number}" for number in range(1_200)]
    for hour in range(3):
        upload(store, hour, *(fail(recipe_name=name) for name in names[hour:]))
    upload(store, 3, *(passing(recipe_name=name) for name in names[:1_100]))
    with store.read() as connection:
        rows = connection.execute(recipe_streaks.select()).all()
    assert {row.recipe_name for row in rows} == set(names[1_100:])
    assert {Streak(*row[3:]).same_reason for row in rows} == {3}


def test_a_rebuild_repairs_streaks_and_marks(store: Store) -> None:
    for hour in range(6):
        upload(store, hour, fail())
    kept = streaks(store)
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE recipe_streaks SET same_reason = 1")
        connection.exec_driver_sql("UPDATE recipe_results SET known_to_fail = NULL")
    assert verify_rollups(store)["recipe_streaks"] == 3
    rebuild_rollups(store)
    assert streaks(store) == kept


def test_retention_leaves_the_streak(store: Store) -> None:
    for hour in range(6):
        upload(store, hour, fail())
    kept = streaks(store)
    with store.write() as connection:
        taken = pruning.take_results(connection, START + timedelta(hours=4), 100)
        pruning.prune_results(connection, fold(taken))
    assert len(taken) == 4
    assert streaks(store) == kept
    upload(store, 7, fail())
    assert streaks(store) == {"": (7, 7, 0, 7)}
