"""Failures grouped by an older rule are grouped by the one in force, step by step."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from batch_dashboard.model.administration.jobs import JobKind, JobState
from batch_dashboard.model.administration.pruning import fold
from batch_dashboard.model.alerts.finding_kinds import FindingKind
from batch_dashboard.model.failures.failure_groups import failure_group_id
from batch_dashboard.services.administration import jobs
from batch_dashboard.services.administration.database import upgrade_database
from batch_dashboard.services.administration.rollups import rebuild_rollups, verify_rollups
from batch_dashboard.services.batch_runs.batch_runs import delete_run, exclude_run, restore_run
from batch_dashboard.services.failures import regrouping
from batch_dashboard.services.failures.regrouping import is_due, regroup_failures
from batch_dashboard.services.judgement.judgement import find_all
from batch_dashboard.store import migrations
from batch_dashboard.store.administration import jobs as job_store
from batch_dashboard.store.administration import pruning
from batch_dashboard.store.alerts import incidents
from batch_dashboard.store.engine import Store
from batch_dashboard.store.failures import message_index
from batch_dashboard.store.lists.conditions import midnight
from batch_dashboard.store.schema import (
    alert_snoozes,
    failure_group_categories,
    failure_group_days,
    failure_group_recipes,
    failure_group_weeks,
    failure_groups,
    failure_messages,
)
from batch_dashboard.store.schema import (
    incidents as incident_table,
)
from tests.factories import NOW, batch_run, failed_result, ingest, recipe_result
from tests.older_rule import group_by_older_rule, older_group_id

TABLES = {
    failure_groups: ("id", "error_category", "masked_line", "failed", "first_seen_at"),
    failure_group_categories: None,
    failure_group_days: None,
    failure_group_weeks: None,
    failure_group_recipes: None,
    failure_messages: ("digest", "results"),
}
MESSAGES = ["Error: no route", "step 1\nError: exit status 7", "step 2\nError: exit status 8", None]


def sums(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    with store.read() as connection:
        return {
            table.name: sorted(
                map(
                    tuple,
                    connection.execute(
                        select(*(table.c[name] for name in names)) if names else select(table)
                    ),
                ),
                key=repr,
            )
            for table, names in TABLES.items()
        }


def found_by(store: Store, searched: str) -> int:
    """How many groups a search finds by the words of messages."""
    with store.read() as connection:
        numbers = message_index.groups_with(connection, searched)
        assert numbers is not None
        return len(connection.execute(numbers).all())


def fill(store: Store) -> None:
    for day in (18, 19, 20):
        results = [
            failed_result(
                recipe_name=f"r{number % 4}",
                error_message=MESSAGES[number % len(MESSAGES)],
                error_category=[None, "build", "network"][number % 3],
            )
            for number in range(12)
        ]
        ingest(
            store,
            batch_run(
                started_at=f"2026-11-{day}T08:00:00Z",
                completed_at=None,
                results=[recipe_result(), *results],
            ),
        )


class Interrupted(Exception):
    """Somebody stopped it."""


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regrouping, "RESULTS_AT_ONCE", 5)


def test_results_of_an_older_rule_come_out_as_if_they_came_today(store: Store) -> None:
    fill(store)
    fresh = sums(store)
    assert len(fresh["failure_groups"]) == 3
    group_by_older_rule(store)
    assert len(sums(store)["failure_groups"]) == 12
    with store.read() as connection:
        assert is_due(connection)
    assert found_by(store, "exit status") == 0
    regrouped = regroup_failures(store, NOW)
    assert (regrouped.moved_results, regrouped.failure_groups) == (36, 3)
    assert sums(store) == fresh
    assert not any(verify_rollups(store).values())
    assert found_by(store, "exit status") == 1
    with store.read() as connection:
        assert not is_due(connection)
    assert regroup_failures(store, NOW).moved_results == 0


def test_sums_are_exact_after_every_step_and_after_an_interruption(store: Store) -> None:
    fill(store)
    fresh = sums(store)
    group_by_older_rule(store)
    for last_step in range(1, 5):
        steps = 0

        def look(_looked_at: int, last_step: int = last_step) -> None:
            nonlocal steps
            steps += 1
            assert not any(verify_rollups(store).values())
            if steps == last_step:
                raise Interrupted

        with pytest.raises(Interrupted):
            regroup_failures(store, NOW, look)
    with store.read() as connection:
        assert is_due(connection)
    regroup_failures(store, NOW)
    assert sums(store) == fresh


def test_runs_that_come_and_go_meanwhile_are_counted_once(store: Store) -> None:
    fill(store)
    group_by_older_rule(store)
    steps = 0

    def meanwhile(_looked_at: int) -> None:
        nonlocal steps
        steps += 1
        with store.write() as connection:
            if steps == 1:
                assert exclude_run(connection, 1, "why", "who", NOW)
            elif steps == 2:
                assert restore_run(connection, 1)
                assert delete_run(connection, 2)
            elif steps == 3:
                taken = pruning.take_results(connection, midnight(date(2026, 11, 21)), 4)
                pruning.prune_results(connection, fold(taken))
        if steps == 1:
            ingest(
                store,
                batch_run(
                    started_at="2026-11-19T09:00:00Z",
                    completed_at=None,
                    results=[failed_result(recipe_name="r1", error_message=MESSAGES[1])],
                ),
            )
        assert not any(verify_rollups(store).values())

    regroup_failures(store, NOW, meanwhile)
    assert steps >= 3
    assert not any(verify_rollups(store).values())
    as_moved = sums(store)
    rebuild_rollups(store)
    assert sums(store) == as_moved


def test_groups_without_results_are_brought_forward_by_their_sample(store: Store) -> None:
    fill(store)
    fresh = sums(store)
    group_by_older_rule(store)
    with store.write() as connection:
        taken = pruning.take_results(connection, midnight(date(2026, 11, 21)), 1_000)
        pruning.prune_results(connection, fold(taken))
    regroup_failures(store, NOW)
    assert not any(verify_rollups(store).values())
    after = sums(store)
    assert after.pop("failure_messages") == []
    fresh.pop("failure_messages")
    assert after == fresh
    regroup_failures(store, NOW)
    assert sums(store) | {"failure_messages": []} == after | {"failure_messages": []}


def test_an_upgrade_groups_nothing_by_itself_and_has_it_done_in_the_background(
    store: Store,
) -> None:
    def work() -> None:
        jobs.ask_to_regroup(store, NOW)
        while jobs.run_next(store, lambda: NOW):
            pass

    work()  # of a new installation: there is nothing to do
    fill(store)
    fresh = sums(store)
    migrations.downgrade(store, "0009")
    upgrade_database(store)
    assert not any(verify_rollups(store).values())
    with store.read() as connection:
        assert is_due(connection)
        assert job_store.fetch_latest(connection, (JobKind.REGROUP,), 9) == []
    group_by_older_rule(store)
    work()
    work()
    assert sums(store) == fresh
    with store.read() as connection:
        assert not is_due(connection)
        [job] = job_store.fetch_latest(connection, (JobKind.REGROUP,), 9)
    assert job.state is JobState.DONE
    assert job.outcome == "36 results moved to another group; there are 3 failure groups now"


def truncated_run(day: int, message: str) -> dict[str, Any]:
    return batch_run(
        started_at=f"2026-11-{day}T08:00:00Z",
        completed_at=None,
        results=[failed_result(recipe_name=f"r{day}", error_message=message)],
    )


WHOLE = "Error: cannot relocate the placeholders of libyaml into the prefix"


def test_a_truncated_line_joins_the_whole_line_that_came_before_or_after(store: Store) -> None:
    ingest(store, truncated_run(18, "Error: cannot relocate the placeholders of liby…"))
    ingest(store, truncated_run(19, WHOLE))
    ingest(store, truncated_run(20, "Error: cannot relocate the placeholders o…"))
    before = sums(store)["failure_groups"]
    assert sorted(row[3] for row in before) == [1, 2]
    regroup_failures(store, NOW)
    [group] = sums(store)["failure_groups"]
    assert group[:1] == (failure_group_id(WHOLE),)
    assert group[3] == 3
    assert not any(verify_rollups(store).values())
    rebuild_rollups(store)
    assert sums(store)["failure_groups"] == [group]


def test_a_truncated_line_of_which_several_are_the_beginning_joins_none(store: Store) -> None:
    ingest(store, truncated_run(18, WHOLE))
    ingest(store, truncated_run(19, WHOLE.replace("into the prefix", "twice")))
    ingest(store, truncated_run(20, "Error: cannot relocate the placeholders o…"))
    assert len(sums(store)["failure_groups"]) == 3
    regroup_failures(store, NOW)
    assert len(sums(store)["failure_groups"]) == 3


def test_little_of_a_line_joins_nothing(store: Store) -> None:
    ingest(store, truncated_run(18, WHOLE))
    ingest(store, truncated_run(19, "Error: cannot…"))
    regroup_failures(store, NOW)
    assert len(sums(store)["failure_groups"]) == 2


def test_incidents_and_snoozes_follow_their_group(store: Store) -> None:
    ingest(store, truncated_run(18, "Error: no route"))
    before = older_group_id(failed_result()["error_category"], "Error: no route")
    after = failure_group_id("Error: no route")
    group_by_older_rule(store)
    with store.write() as connection:
        for closed_at in (NOW, None):
            connection.execute(
                insert(incident_table).values(
                    finding_key=FindingKind.NEW_FAILURE.key(before),
                    kind="new failure",
                    severity="notice",
                    subject="build",
                    failure_group_id=before,
                    since=NOW,
                    opened_at=NOW,
                    opening_sentence="",
                    last_sentence="",
                    closed_at=closed_at,
                    closed_notified=False,
                )
            )
        connection.execute(
            insert(alert_snoozes).values(
                finding_key=FindingKind.NEW_FAILURE.key(before), until=NOW + timedelta(1), reason=""
            )
        )
    with store.read() as connection:
        # A group that gets its results now is no news.
        found, cut = find_all(connection, NOW)
        assert not [f for f in found if f.kind is FindingKind.NEW_FAILURE]
        assert cut == {FindingKind.NEW_FAILURE}
    regroup_failures(store, NOW)
    with store.read() as connection:
        [closed, opened] = incidents.fetch_all(connection)
        assert {each.subject.failure_group_id for each in (closed, opened)} == {after}
        assert opened.closed_at is None
        assert {closed.finding_key, opened.finding_key} == {FindingKind.NEW_FAILURE.key(after)}
        assert list(incidents.fetch_snoozes(connection, NOW)) == [
            FindingKind.NEW_FAILURE.key(after)
        ]
        found, _ = find_all(connection, NOW)
        assert opened.finding_key in {finding.key for finding in found}


def test_two_open_incidents_of_what_is_one_group_now_become_one(store: Store) -> None:
    ingest(store, truncated_run(18, "one\nError: no route"))
    ingest(store, truncated_run(19, "two\nError: no route"))
    category = failed_result()["error_category"]
    group_by_older_rule(store)
    with store.write() as connection:
        for line in ("one", "two"):
            group_id = older_group_id(category, line)
            connection.execute(
                insert(incident_table).values(
                    finding_key=FindingKind.NEW_FAILURE.key(group_id),
                    kind="new failure",
                    severity="notice",
                    subject="build",
                    failure_group_id=group_id,
                    since=NOW,
                    opened_at=NOW,
                    opening_sentence="",
                    last_sentence="",
                    closed_notified=False,
                )
            )
    regroup_failures(store, NOW)
    with store.read() as connection:
        found = incidents.fetch_all(connection)
    assert {incident.subject.failure_group_id for incident in found} == {
        failure_group_id("Error: no route")
    }
    assert sorted(incident.closed_at is None for incident in found) == [False, True]
    assert all(incident.closed_notified for incident in found if incident.closed_at)


def test_failures_of_an_unknown_rule_are_grouped_again_once(store: Store) -> None:
    fill(store)
    with store.read() as connection:
        assert not regrouping.is_known(connection)
    jobs.ask_to_regroup(store, NOW)
    jobs.ask_to_regroup(store, NOW)
    while jobs.run_next(store, lambda: NOW):
        pass
    jobs.ask_to_regroup(store, NOW)
    with store.read() as connection:
        [job] = job_store.fetch_latest(connection, (JobKind.REGROUP,), 9)
        assert regrouping.is_known(connection)
        assert not is_due(connection)
    assert job.state is JobState.DONE
