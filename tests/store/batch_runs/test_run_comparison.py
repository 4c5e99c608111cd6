"""Two runs side by side: the right change for every recipe, with work that grows with the runs."""

from typing import Any

import pytest
from sqlalchemy import event

from batch_dashboard.model.batch_runs.comparison import Change
from batch_dashboard.store.batch_runs.run_comparison import fetch_comparison, fetch_page
from batch_dashboard.store.engine import Connection, Store
from tests.databases import is_sqlite
from tests.factories import batch_run, failed_result, ingest, recipe_result

SMALL, LARGE = 300, 3_000


def results_of(before: bool, count: int) -> list[dict[str, Any]]:
    """Half of the names are in both runs; a third of the results failed."""
    first = 0 if before else count // 2
    return [
        (failed_result if (number + before) % 3 == 0 else recipe_result)(recipe_name=f"r{number}")
        for number in range(first, first + count)
    ]


def two_runs(store: Store, before: list[Any], after: list[Any]) -> tuple[int, int]:
    ids = [
        ingest(store, batch_run(started_at=f"2026-11-1{day}T08:00:00Z", results=results))
        for day, results in enumerate((before, after))
    ]
    return ids[0].batch_run_id, ids[1].batch_run_id


def test_each_recipe_has_the_change_of_its_last_attempts(store: Store) -> None:
    skipped = {"result": "skipped", "platform": "darwin-arm64"}
    before = [
        recipe_result(recipe_name="broke"),
        failed_result(recipe_name="mended", error_category="old"),
        failed_result(recipe_name="broken still", error_category="old"),
        failed_result(recipe_name="tried no more"),
        recipe_result(recipe_name="gone"),
        # A second attempt counts, a skipped one does not.
        failed_result(recipe_name="passed at last"),
        recipe_result(recipe_name="passed at last"),
        recipe_result(recipe_name="passed at last", **skipped),
    ]
    after = [
        failed_result(recipe_name="broke", error_category="new"),
        recipe_result(recipe_name="mended"),
        failed_result(recipe_name="broken still", error_category="new"),
        recipe_result(recipe_name="tried no more", **skipped),
        failed_result(recipe_name="passed at last"),
        failed_result(recipe_name="gone", ecosystem="npm"),
    ]
    ids = two_runs(store, before, after)
    with store.read() as connection:
        compared = fetch_comparison(connection, *ids, 10)
        pages = {
            change: fetch_page(connection, *ids, change, None, 10).rows
            for change in (
                Change.NEWLY_FAILING,
                Change.FIXED,
                Change.STILL_FAILING,
                Change.NEW,
                Change.GONE,
            )
        }
    assert compared.counts == {
        Change.NEWLY_FAILING: 2,
        Change.FIXED: 1,
        Change.STILL_FAILING: 1,
        Change.NEW: 1,
        Change.GONE: 1,
        Change.UNCHANGED: 1,
    }
    assert {change: compared.of(change) for change in pages} == pages
    listed = [
        (r.change, r.recipe_name, r.category_before, r.category_after) for r in compared.recipes
    ]
    category = "install_failed"
    assert listed == [
        (Change.NEWLY_FAILING, "broke", None, "new"),
        (Change.NEWLY_FAILING, "passed at last", None, category),
        (Change.FIXED, "mended", "old", None),
        (Change.STILL_FAILING, "broken still", "old", "new"),
        (Change.NEW, "gone", None, category),
        (Change.GONE, "gone", None, None),
    ]


@pytest.mark.parametrize("what", ["comparison", "page"])
def test_the_work_grows_with_the_runs_and_not_with_their_square(store: Store, what: str) -> None:
    small, large = (
        two_runs(store, results_of(True, count), results_of(False, count))
        for count in (SMALL, LARGE)
    )
    with store.read() as connection:
        works = [_work(store, connection, ids, what) for ids in (small, large)]
    assert works[0] > 0
    # Ten times the results; sorting adds a little.
    assert works[1] < 20 * works[0]


def _work(store: Store, connection: Connection, ids: tuple[int, int], what: str) -> int:
    def compare() -> None:
        if what == "comparison":
            fetch_comparison(connection, *ids, 20)
        else:
            fetch_page(connection, *ids, Change.NEW, None, 100)

    return (
        _sqlite_steps(connection, compare) if is_sqlite(store) else _rows_read(connection, compare)
    )


def _sqlite_steps(connection: Connection, compare: Any) -> int:
    """Hundreds of steps of SQLite's virtual machine."""
    driver: Any = connection.connection.driver_connection
    calls = []
    driver.set_progress_handler(lambda: calls.append(1), 100)
    compare()
    driver.set_progress_handler(None, 0)
    return len(calls)


def _rows_read(connection: Connection, compare: Any) -> int:
    """The rows that the steps of PostgreSQL's plans produced or threw away."""
    sent: list[tuple[str, Any]] = []
    event.listen(
        connection,
        "before_cursor_execute",
        lambda _c, _k, sql, values, *_: sent.append((sql, values)),
    )
    compare()
    driver: Any = connection.connection.driver_connection
    plans = [
        driver.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", values).fetchone()[0]
        for sql, values in sent
    ]
    assert plans
    return sum(_rows_of(plan[0]["Plan"]) for plan in plans)


def _rows_of(node: dict[str, Any]) -> int:
    removed = sum(count for name, count in node.items() if name.startswith("Rows Removed"))
    own = (node["Actual Rows"] + removed) * node["Actual Loops"]
    return int(own) + sum(_rows_of(child) for child in node.get("Plans", []))
