"""The ledger of the plan in the database: advice, attempts that did not follow it, late passes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from batch_dashboard.model.plan.ledger import GivenAdvice
from batch_dashboard.services.administration.rollups import rebuild_rollups, verify_rollups
from batch_dashboard.services.batch_runs.batch_runs import delete_run, exclude_run, restore_run
from batch_dashboard.services.plan import ledger as service
from batch_dashboard.services.plan.ledger import record_advice
from batch_dashboard.store.administration import pruning
from batch_dashboard.store.engine import Store
from batch_dashboard.store.plan import ledger, waits
from batch_dashboard.store.schema import plan_days
from tests.factories import batch_run, failed_result, ingest, recipe_result

MONDAY = datetime(2026, 11, 16, 12, tzinfo=UTC)
LINUX = "linux-glibc-x86_64"
MACOS = "darwin-arm64"


def ask(
    store: Store, batch_id: str | None, *left_out: tuple[str, str], hours: int = 0, runs: int = 0
) -> None:
    """Request a plan some hours after Monday noon."""
    advised = GivenAdvice("homebrew", batch_id, runs, left_out)
    assert record_advice(store, advised, MONDAY + timedelta(hours=hours))


def upload(store: Store, batch_id: str, *results: dict[str, Any], hours: int = 0) -> int:
    """Store a run that started some hours after Monday noon."""
    started = MONDAY + timedelta(hours=hours)
    payload = batch_run(
        batch_id=batch_id,
        started_at=f"{started:%Y-%m-%dT%H:%M:%SZ}",
        completed_at=None,
        results=list(results),
    )
    return ingest(store, payload, MONDAY + timedelta(days=30)).batch_run_id


def days(store: Store) -> dict[str, dict[str, int]]:
    """What the ledger has of each day, without zeros."""
    with store.read() as connection:
        rows = connection.execute(select(plan_days)).mappings().all()
    return {
        str(row["day"]): {
            name: value for name, value in row.items() if isinstance(value, int) and value
        }
        for row in rows
    }


def waiting(store: Store) -> dict[tuple[str, str], int]:
    """How often each recipe was left out since its last failure."""
    with store.read() as connection:
        return {key: wait.left_out for key, wait in waits.fetch(connection, "homebrew").items()}


def is_exact(store: Store) -> bool:
    """Whether `rollups verify` finds no difference."""
    return not any(verify_rollups(store).values())


def test_advice_counts_with_the_recipes_own_durations(store: Store) -> None:
    for hours, seconds in enumerate((10, 20, 90)):
        upload(
            store,
            f"old-{hours}",
            failed_result(recipe_name="wget", duration_seconds=seconds, platform=LINUX),
            failed_result(recipe_name="wget", duration_seconds=1, platform=MACOS),
            failed_result(recipe_name="jq", duration_seconds=None, platform=MACOS),
            hours=-10 + hours,
        )
    ask(store, "a", ("wget", LINUX), ("wget", MACOS), ("jq", MACOS), ("bat", ""), runs=7)
    assert days(store)["2026-11-16"] == {
        "requests": 1,
        "advised": 7,
        "left_out": 4,
        "left_out_unknown_durations": 2,
        "left_out_unknown_costs": 2,
        "left_out_milliseconds": 21_000,
        "left_out_macos_milliseconds": 1_000,
        "left_out_linux_milliseconds": 20_000,
    }
    assert is_exact(store)


def test_a_repeated_request_of_a_batch_leaves_nothing_out_twice(store: Store) -> None:
    for _ in range(3):
        ask(store, "a", ("wget", LINUX))
    ask(store, "b", ("wget", LINUX), ("jq", LINUX), hours=1)
    assert days(store)["2026-11-16"]["left_out"] == 3
    assert waiting(store) == {("wget", LINUX): 2, ("jq", LINUX): 1}


def test_attempts_that_were_left_out_for_the_batch_are_not_followed(store: Store) -> None:
    ask(store, "a", ("wget", LINUX), ("jq", LINUX))
    ask(store, "b", ("wget", LINUX), ("jq", LINUX), hours=1)
    upload(store, "a", failed_result(recipe_name="wget"), recipe_result(), hours=0)
    upload(store, "z", failed_result(recipe_name="jq"), hours=2)
    day = days(store)["2026-11-16"]
    assert (day["left_out"], day["not_followed"]) == (4, 1)
    assert "late_passes" not in day
    assert is_exact(store)


def test_a_skipped_result_follows_the_advice(store: Store) -> None:
    ask(store, "a", ("wget", LINUX))
    upload(store, "a", recipe_result(recipe_name="wget", result="skipped"))
    assert "not_followed" not in days(store)["2026-11-16"]
    assert waiting(store) == {("wget", LINUX): 1}


def test_another_platform_is_another_attempt(store: Store) -> None:
    ask(store, "a", ("wget", LINUX))
    upload(store, "a", failed_result(recipe_name="wget", platform=MACOS))
    assert "not_followed" not in days(store)["2026-11-16"]


def test_a_pass_comes_late_on_the_day_of_its_run(store: Store) -> None:
    ask(store, "a", ("wget", LINUX), ("jq", LINUX))
    ask(store, "b", ("wget", LINUX), hours=2)
    upload(store, "c", recipe_result(recipe_name="wget"), hours=24)
    upload(store, "d", recipe_result(recipe_name="jq"), hours=26)
    found = days(store)
    assert found["2026-11-17"] == {"late_passes": 2, "max_delay_seconds": 26 * 3_600}
    assert is_exact(store)


def test_infrastructure_failures_keep_the_wait(store: Store) -> None:
    ask(store, "a", ("wget", LINUX))
    upload(store, "b", failed_result(recipe_name="wget", failure_class="infrastructure"), hours=1)
    assert waiting(store) == {("wget", LINUX): 1}
    upload(store, "c", failed_result(recipe_name="wget"), hours=2)
    assert waiting(store) == {("wget", LINUX): 0}


def test_recipes_that_wait_no_more_have_no_row(store: Store) -> None:
    ask(store, "a", ("wget", LINUX), ("jq", LINUX))
    upload(store, "a", recipe_result(recipe_name="wget"))
    assert waiting(store) == {("jq", LINUX): 1}
    upload(store, "b", failed_result(recipe_name="jq"), hours=1)
    ask(store, "c", ("bat", LINUX), hours=48)
    assert waiting(store) == {("bat", LINUX): 1}


def test_a_pass_of_a_run_counts_once_for_all_platforms(store: Store) -> None:
    ask(store, "a", ("wget", LINUX), ("wget", MACOS))
    upload(store, "b", recipe_result(recipe_name="wget", platform=None), hours=3)
    assert days(store)["2026-11-16"]["late_passes"] == 1
    assert waiting(store) != {}  # until a day later: batch a may still be uploaded
    ask(store, "c", hours=48)
    assert waiting(store) == {}


def test_excluding_restoring_and_deleting_a_run_keep_the_sums_exact(store: Store) -> None:
    ask(store, "a", ("wget", LINUX))
    ask(store, "b", ("wget", LINUX), hours=1)
    run_id = upload(store, "b", recipe_result(recipe_name="wget"), hours=2)
    counted = days(store)
    assert counted["2026-11-16"]["not_followed"] == 1
    assert counted["2026-11-16"]["late_passes"] == 1
    with store.write() as connection:
        exclude_run(connection, run_id, "why", "who", MONDAY)
    assert "not_followed" not in days(store)["2026-11-16"]
    assert is_exact(store)
    with store.write() as connection:
        restore_run(connection, run_id)
    assert days(store) == counted
    assert is_exact(store)
    with store.write() as connection:
        delete_run(connection, run_id)
    assert "late_passes" not in days(store)["2026-11-16"]
    assert days(store)["2026-11-16"]["left_out"] == 2
    assert is_exact(store)


def test_retention_keeps_the_sums(store: Store) -> None:
    ask(store, "a", ("wget", LINUX), ("jq", LINUX))
    upload(store, "a", failed_result(recipe_name="wget"), hours=1)
    upload(store, "b", recipe_result(recipe_name="jq"), hours=5)
    counted = days(store)
    until = (MONDAY + timedelta(days=3)).date()
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE batch_runs SET pruned_results = result_count")
        assert pruning.prune_day_of_runs(connection, until) == 2
    assert days(store) == counted
    with store.write() as connection:
        assert ledger.count_drift(connection) == {"plan_days": 0}
    upload(store, "c", recipe_result(recipe_name="wget"), hours=6)
    assert days(store)["2026-11-16"]["not_followed"] == 1


def test_verify_finds_wrong_days_and_rebuild_repairs_them(store: Store) -> None:
    ask(store, "a", ("wget", LINUX))
    upload(store, "a", failed_result(recipe_name="wget"))
    counted = days(store)
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE plan_days SET not_followed = 5, late_passes = 1")
    assert verify_rollups(store)["plan_days"] > 0
    rebuild_rollups(store)
    assert days(store) == counted
    assert is_exact(store)


def test_advice_is_lost_while_the_database_is_busy(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "WAIT_SECONDS", 0.01)
    with store.write():
        assert not record_advice(store, GivenAdvice("homebrew", "a", 1, [("wget", "")]), MONDAY)
    assert days(store) == {}
