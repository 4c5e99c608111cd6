"""What pages read: sums by week, pages of lists, neighbours; each boundary on both databases."""

from datetime import date
from typing import Any

from sqlalchemy import event

from batch_dashboard.model.batch_runs.records import BatchRun
from batch_dashboard.model.batch_runs.result_filter import NO_CATEGORY
from batch_dashboard.model.catalogue import BATCH_RUNS, RECIPE_RESULTS
from batch_dashboard.model.ingest.payload import MAX_MINUTES
from batch_dashboard.model.lists.filters import RunFilter
from batch_dashboard.model.lists.list_query import ListQuery
from batch_dashboard.model.lists.pagination import Cursor, Page, parse_cursor
from batch_dashboard.model.lists.periods import Period, Step
from batch_dashboard.model.lists.sorting import Sort
from batch_dashboard.store.batch_runs import batch_runs, ecosystem_days, recipe_results
from batch_dashboard.store.engine import Connection, Store
from tests.databases import is_sqlite
from tests.factories import NOW, batch_run, failed_result, ingest, recipe_result

ALL = RunFilter(Period(None, None), "all")
AS_SENT = Sort(RECIPE_RESULTS.sorts, RECIPE_RESULTS.sorts[0], descending=False)
WEEK = RunFilter(Period(date(2026, 11, 9), date(2026, 11, 16)))


def seed(store: Store, *times: str, **changes: object) -> list[int]:
    return [
        ingest(
            store, batch_run(batch_id=f"b-{time}", started_at=time, completed_at=None, **changes)
        ).batch_run_id
        for time in times
    ]


def test_a_period_holds_its_first_moment_and_not_its_end(store: Store) -> None:
    too_early, first, last, too_late = seed(
        store,
        "2026-11-08T23:59:59Z",
        "2026-11-09T00:00:00Z",
        "2026-11-15T23:59:59Z",
        "2026-11-16T00:00:00Z",
    )
    with store.read() as connection:
        latest = batch_runs.fetch_latest(connection, WEEK, 10)
        total = ecosystem_days.fetch_total(connection, WEEK)
    assert [run.id for run in latest] == [last, first]
    assert total is not None
    assert total.runs == 2
    assert {too_early, too_late}.isdisjoint(run.id for run in latest)


def test_weeks_start_on_monday(store: Store) -> None:
    seed(store, "2026-11-08T12:00:00Z", "2026-11-09T12:00:00Z", "2026-11-15T12:00:00Z")
    with store.read() as connection:
        weeks = ecosystem_days.fetch_steps(connection, ALL, Step.WEEK)
        days = ecosystem_days.fetch_steps(connection, ALL, Step.DAY)
    assert [(week.start, week.runs) for week in weeks] == [
        (date(2026, 11, 2), 1),
        (date(2026, 11, 9), 2),
    ]
    assert [type(value) for value in weeks[0][2:7]] == [int] * 5
    assert len(days) == 3


def test_months_are_those_of_the_calendar(store: Store) -> None:
    seed(store, "2025-12-31T23:59:59Z", "2026-02-01T00:00:00Z", "2026-02-28T12:00:00Z")
    with store.read() as connection:
        months = ecosystem_days.fetch_steps(connection, ALL, Step.MONTH)
    assert [(month.start, month.runs) for month in months] == [
        (date(2025, 12, 1), 1),
        (date(2026, 2, 1), 2),
    ]


def test_a_step_is_cut_where_asked_so_that_each_part_has_one_price(store: Store) -> None:
    seed(store, "2025-12-30T12:00:00Z", "2025-12-31T12:00:00Z", "2026-01-01T00:00:00Z")
    seed(store, "2026-01-02T12:00:00Z", "2026-01-05T12:00:00Z")
    cuts = [date(2026, 1, 1), date(2026, 1, 2), date(2027, 1, 1)]
    with store.read() as connection:
        weeks = ecosystem_days.fetch_steps(connection, ALL, Step.WEEK, cuts)
        months = ecosystem_days.fetch_steps(connection, ALL, Step.MONTH, cuts[:1])
        days = ecosystem_days.fetch_steps(connection, ALL, Step.DAY, cuts)
    assert [(week.start, week.runs) for week in weeks] == [
        (date(2025, 12, 29), 2),
        (date(2026, 1, 1), 1),
        (date(2026, 1, 2), 1),
        (date(2026, 1, 5), 1),
    ]
    assert [month.start for month in months] == [date(2025, 12, 1), date(2026, 1, 1)]
    assert len(days) == 5


def test_time_lost_to_failed_results_is_summed(store: Store) -> None:
    results = [
        failed_result(duration_seconds=2.5),
        failed_result(duration_seconds=None, recipe_name="jq"),
        recipe_result(duration_seconds=99, recipe_name="wget"),
    ]
    ingest(store, batch_run(results=results))
    ingest(store, batch_run(batch_id="again", results=results))
    with store.read() as connection:
        total = ecosystem_days.fetch_total(connection, ALL)
    assert total is not None
    assert total.failed_seconds == 5
    assert type(total.failed_milliseconds) is int


def test_another_ecosystem_is_left_out(store: Store) -> None:
    seed(store, "2026-11-10T00:00:00Z")
    (other,) = seed(store, "2026-11-11T00:00:00Z", ecosystem="npm", results=[])
    chosen = RunFilter(Period(None, None), "all", "npm")
    with store.read() as connection:
        assert [run.id for run in batch_runs.fetch_latest(connection, chosen, 9)] == [other]
        spans = batch_runs.fetch_ecosystems(connection)
    assert sorted(span.ecosystem for span in spans) == ["homebrew", "npm"]


def page(connection: Connection, cursor: Cursor | None, **order: str) -> Page[BatchRun]:
    sort, _ = Sort.parse(order, BATCH_RUNS.sorts)
    return batch_runs.fetch_page(connection, ListQuery(ALL, sort, cursor, 3))


def test_pages_of_the_list_meet_without_gap_or_overlap_even_at_the_same_second(
    store: Store,
) -> None:
    ids = [
        *seed(store, "2026-11-10T00:00:00Z"),
        *seed(store, "2026-11-10T00:00:00Z", total_recipes=77),
        *seed(store, "2026-11-11T00:00:00Z", "2026-11-12T00:00:00Z"),
    ]
    with store.read() as connection:
        first = page(connection, None)
        second = page(connection, first.later)
        back = page(connection, second.earlier)
        end = page(connection, Cursor((), before=True))
    assert [run.id for run in first.rows + second.rows] == ids[::-1]
    assert first.earlier is None
    assert second.later is None
    assert back.rows == first.rows
    assert back.earlier is None
    assert back.later == first.later
    assert [run.id for run in end.rows] == ids[:3][::-1]
    assert end.later is None


def test_every_order_of_the_list_walks_through_all_runs_in_both_directions(store: Store) -> None:
    seed(store, *(f"2026-11-10T00:00:0{second}Z" for second in range(4)), macos_minutes=None)
    seed(store, "2026-11-11T00:00:00Z", "2026-11-09T00:00:00Z", macos_minutes=0.1)
    seed(store, "2026-11-11T01:00:00Z", results=[], linux_minutes=MAX_MINUTES)
    seed(store, "2026-11-11T02:00:00Z", results=[failed_result()], linux_minutes=0)
    unknown_first = {
        "started_at": lambda run: (run.started_at, run.id),
        "failed": lambda run: (run.failed, run.started_at, run.id),
        "success_rate": lambda run: (
            run.passed / (run.passed + run.failed) if run.passed + run.failed else -1,
            run.started_at,
            run.id,
        ),
        "macos_minutes": lambda run: (
            -1 if run.macos_minutes is None else run.macos_minutes,
            run.started_at,
            run.id,
        ),
        "linux_minutes": lambda run: (
            -1 if run.linux_minutes is None else run.linux_minutes,
            run.started_at,
            run.id,
        ),
    }
    assert set(unknown_first) == {column.name for column in BATCH_RUNS.sorts}
    with store.read() as connection:
        everything = batch_runs.fetch_latest(connection, ALL, 99)
        assert len(everything) == 8
        for name, key in unknown_first.items():
            for order in ("asc", "desc"):
                walked, cursor = [], None
                for _ in range(3):
                    now = page(connection, cursor, sort=name, order=order)
                    walked += now.rows
                    # As it would come from a URL.
                    kinds = Sort.parse({"sort": name}, BATCH_RUNS.sorts)[0].column.kinds
                    cursor, wrong = parse_cursor(now.later.query if now.later else {}, kinds)
                    assert wrong == []
                expected = sorted(everything, key=key, reverse=order == "desc")
                assert [run.id for run in walked] == [run.id for run in expected], (name, order)
                back = page(connection, Cursor((), before=True), sort=name, order=order)
                assert [run.id for run in back.rows] == [run.id for run in expected[-3:]]


def test_an_order_of_the_list_reads_no_more_than_its_page(store: Store) -> None:
    """The plan of each order walks its own index and sorts nothing."""
    if not is_sqlite(store):
        return
    plans: dict[str, str] = {}
    with store.read() as connection:

        def explain(_c: object, cursor: Any, statement: str, values: Any, *_rest: object) -> None:
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            plans[name] = " ".join(row[-1] for row in cursor.fetchall())

        event.listen(connection, "before_cursor_execute", explain)
        for column in BATCH_RUNS.sorts:
            name = column.name
            cursor = Cursor((1.0, NOW, 7)[-len(column.kinds) :])
            page(connection, cursor, sort=name)
        event.remove(connection, "before_cursor_execute", explain)
    assert len(plans) == len(BATCH_RUNS.sorts)
    for name, plan in plans.items():
        assert f"USING INDEX ix_batch_runs_{name}" in plan, plan
        assert "TEMP B-TREE" not in plan, plan


def test_runs_found_by_a_beginning_are_read_from_indexes(store: Store) -> None:
    """However many runs begin with a text, only those shown are read, and nothing is sorted."""
    plan = ""
    with store.read() as connection:
        if not is_sqlite(store):
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")

        def explain(_c: object, cursor: Any, statement: str, values: Any, *_rest: object) -> None:
            nonlocal plan
            word = "EXPLAIN QUERY PLAN" if is_sqlite(store) else "EXPLAIN"
            cursor.execute(f"{word} {statement}", values)
            plan = " ".join(row[-1] for row in cursor.fetchall())

        event.listen(connection, "before_cursor_execute", explain)
        batch_runs.fetch_beginning_with(connection, "nightly", "9c1185a", 6)
        event.remove(connection, "before_cursor_execute", explain)
    assert "ix_batch_runs_batch_id" in plan
    assert "ix_batch_runs_commit_sha" in plan
    for reading_all in ("SCAN batch_runs", "Seq Scan", "Sort", "TEMP B-TREE"):
        assert reading_all not in plan, plan


def test_neighbours_are_of_the_same_ecosystem(store: Store) -> None:
    one, two, three = seed(
        store, "2026-11-10T00:00:00Z", "2026-11-11T00:00:00Z", "2026-11-12T00:00:00Z"
    )
    seed(store, "2026-11-11T12:00:00Z", ecosystem="npm", results=[])
    with store.read() as connection:
        run = batch_runs.find(connection, two)
        assert run is not None
        before, after = batch_runs.find_neighbours(connection, run)
        assert batch_runs.find(connection, 2**40) is None
    assert before is not None
    assert after is not None
    assert (before.id, after.id) == (one, three)


def test_runs_that_processed_nothing_are_counted(store: Store) -> None:
    ingest(store, batch_run(results=[]))
    # Its recipes are known by number only.
    ingest(store, batch_run(results=[], total_recipes=3, passed=2))
    ingest(store, batch_run())
    with store.read() as connection:
        total = ecosystem_days.fetch_total(connection, ALL)
    assert total is not None
    assert (total.empty_runs, total.runs) == (1, 3)


def test_results_are_found_by_result_category_and_text(store: Store) -> None:
    results = [
        recipe_result(recipe_name="jq", result="passed"),
        recipe_result(
            recipe_name="wget",
            result="failed",
            error_category="network",
            error_message="100%_DONE then lost",
        ),
        recipe_result(recipe_name="curl", result="failed", error_category=None),
    ]
    payload = batch_run(
        results=results, total_recipes=3, passed=1, failed=2, skipped=0, success_rate=None
    )
    run_id = ingest(store, payload).batch_run_id

    def names(**chosen: Any) -> list[str]:
        page = recipe_results.fetch_page(
            connection, run_id, ListQuery(ALL, AS_SENT, count=9, **chosen)
        )
        return [row.recipe_name for row in page.rows]

    with store.read() as connection:
        assert names() == ["jq", "wget", "curl"]
        assert names(result="failed") == ["wget", "curl"]
        assert names(category="network") == ["wget"]
        assert names(category=NO_CATEGORY, result="failed") == ["curl"]
        assert names(text="%_done") == ["wget"]
        assert names(text="%x") == []
        first = recipe_results.fetch_page(connection, run_id, ListQuery(ALL, AS_SENT, count=2))
        rest = recipe_results.fetch_page(
            connection, run_id, ListQuery(ALL, AS_SENT, first.later, 2)
        )
        counts = recipe_results.fetch_outcome_counts(connection, run_id)
    assert [row.recipe_name for row in rest.rows] == ["curl"]
    assert sum(row.results for row in counts) == 3
