"""Whatever happens in whatever order, the kept sums are what the rows say."""

import contextlib
import json
from datetime import UTC, date, datetime
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from batch_dashboard.model.administration.pruning import fold
from batch_dashboard.model.plan.ledger import GivenAdvice
from batch_dashboard.services.administration.rollups import rebuild_rollups, verify_rollups
from batch_dashboard.services.batch_runs.batch_runs import delete_run, exclude_run, restore_run
from batch_dashboard.services.failures import regrouping
from batch_dashboard.services.failures.regrouping import regroup_failures
from batch_dashboard.services.plan.ledger import record_advice
from batch_dashboard.store.administration import pruning
from batch_dashboard.store.engine import Store
from batch_dashboard.store.lists.conditions import midnight
from batch_dashboard.store.schema import (
    batch_runs,
    ecosystem_days,
    excluded_runs,
    failure_group_days,
    failure_group_recipes,
    failure_group_weeks,
    failure_groups,
    plan_days,
    recipes,
)
from tests.conftest import WAIT_SECONDS, NewDatabase
from tests.factories import NOW, batch_run, ci_job, ingest, recipe_result
from tests.older_rule import group_by_older_rule

# What stays as it is when results are pruned.
KEPT = (
    ecosystem_days,
    recipes,
    failure_groups,
    failure_group_days,
    failure_group_weeks,
    failure_group_recipes,
    plan_days,
)
# Few names and times, so that runs meet: at the same second, late, in the middle of a streak.
MESSAGES = [
    None,
    "Error: no route",
    "Error: exit status 7",
    "odd: jq",
    "step 1\nError: cannot find the header of libyaml",
    "Error: cannot find the header o…",
    f"Error: disk full\n{'log ' * 2_600}",
]
RESULTS = st.lists(
    st.builds(
        recipe_result,
        recipe_name=st.sampled_from(["wget", "sharkdp/bat", "jq"]),
        ecosystem=st.sampled_from(["homebrew", "npm"]),
        result=st.sampled_from(["passed", "failed", "failed", "skipped"]),
        error_category=st.sampled_from([None, "build", "network"]),
        error_message=st.sampled_from(MESSAGES),
        duration_seconds=st.one_of(st.none(), st.floats(0, 1e4)),
        platform=st.sampled_from([None, None, "darwin-arm64"]),
        recipe_version=st.sampled_from([None, "1.0", "1.1"]),
        failure_class=st.sampled_from([None, "package", "infrastructure"]),
    ),
    max_size=12,
)
MINUTES = st.one_of(st.none(), st.floats(0, 1e6), st.sampled_from([0.1, 0.2, 1 / 3]))
TIMES = st.builds(
    "2026-11-{:02}T{}:00Z".format,
    st.integers(18, 20),
    st.sampled_from(["00:00", "00:40", "01:00", "23:00"]),
)
JOBS = st.lists(
    st.builds(
        ci_job,
        runner_os=st.sampled_from(["macos", "linux", "windows"]),
        waited=st.one_of(st.none(), st.integers(0, 5_000)),
        took=st.one_of(st.none(), st.integers(0, 500)),
    ),
    max_size=3,
)
RUNS = st.builds(
    batch_run,
    batch_id=st.sampled_from(["a", "b"]),
    ecosystem=st.sampled_from(["homebrew", "npm"]),
    started_at=TIMES,
    completed_at=st.none(),
    macos_minutes=MINUTES,
    linux_minutes=MINUTES,
    total_recipes=st.integers(12, 15),
    results=RESULTS,
    jobs=JOBS,
)


class Interrupted(Exception):
    """Somebody stopped it."""


class Sequence(RuleBasedStateMachine):
    """Anything that changes what is stored, in any order; each test sets `new_database`."""

    new_database: NewDatabase

    @initialize()
    def begin(self) -> None:
        self.database = self.new_database()
        self.store = Store(self.database.__enter__(), WAIT_SECONDS)
        self.stored: dict[int, dict[str, Any]] = {}
        self.excluded: set[int] = set()

    @rule(payload=RUNS)
    def upload(self, payload: dict[str, Any]) -> None:
        receipt = ingest(self.store, payload)
        known = {json.dumps(p, sort_keys=True): i for i, p in self.stored.items()}
        earlier = known.get(json.dumps(payload, sort_keys=True))
        assert receipt.replayed == (earlier is not None)
        assert earlier in (None, receipt.batch_run_id)
        self.stored[receipt.batch_run_id] = payload

    @rule(
        ecosystem=st.sampled_from(["homebrew", "npm"]),
        batch_id=st.sampled_from([None, "a", "b"]),
        left_out=st.sets(
            st.tuples(st.sampled_from(["wget", "jq"]), st.sampled_from(["", "darwin-arm64"])),
            min_size=1,
        ),
        time=st.builds(datetime, st.just(2026), st.just(11), st.integers(18, 20), st.just(0)),
    )
    def ask_for_a_plan(
        self, ecosystem: str, batch_id: str | None, left_out: set[tuple[str, str]], time: datetime
    ) -> None:
        """A plan that leaves recipes out, which later uploads may follow or not."""
        advised = GivenAdvice(ecosystem, batch_id, 1, left_out)
        assert record_advice(self.store, advised, time.replace(tzinfo=UTC))

    @precondition(lambda self: self.stored)
    @rule(data=st.data())
    def upload_again(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(sorted(self.stored)))
        receipt = ingest(self.store, self.stored[chosen])
        assert (receipt.batch_run_id, receipt.replayed) == (chosen, True)

    @precondition(lambda self: self.stored)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(sorted(self.stored)))
        with self.store.write() as connection:
            assert delete_run(connection, chosen)
        del self.stored[chosen]
        self.excluded.discard(chosen)

    @precondition(lambda self: self.stored.keys() - self.excluded)
    @rule(data=st.data())
    def exclude(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(sorted(self.stored.keys() - self.excluded)))
        with self.store.write() as connection:
            assert exclude_run(connection, chosen, "why", "who", NOW)
            assert not exclude_run(connection, chosen, "why", "who", NOW)
        self.excluded.add(chosen)

    @precondition(lambda self: self.excluded)
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(sorted(self.excluded)))
        with self.store.write() as connection:
            assert restore_run(connection, chosen)
            assert not restore_run(connection, chosen)
        self.excluded.discard(chosen)

    @rule(day=st.integers(18, 21), size=st.integers(1, 6))
    def prune(self, day: int, size: int) -> None:
        """A few results of runs before a day, perhaps some of a run's only."""
        until = midnight(date(2026, 11, day))
        before = self.sums()
        with self.store.write() as connection:
            taken = pruning.take_results(connection, until, size)
            pruning.prune_results(connection, fold(taken))
        assert self.sums() == before
        with self.store.write() as connection:
            pruning.prune_excluded_results(connection, until, size)

    @rule(day=st.integers(18, 20))
    def prune_runs(self, day: int) -> None:
        with self.store.write() as connection:
            pruning.prune_day_of_runs(connection, date(2026, 11, day))
            left = set(connection.execute(select(batch_runs.c.id)).scalars())
            left |= set(connection.execute(select(excluded_runs.c.id)).scalars())
        self.stored = {i: payload for i, payload in self.stored.items() if i in left}
        self.excluded &= left

    def sums(self) -> list[Any]:
        with self.store.read() as connection:
            return [
                sorted(map(tuple, connection.execute(select(table))), key=repr) for table in KEPT
            ]

    @rule()
    def come_from_an_older_version(self) -> None:
        group_by_older_rule(self.store)

    @rule(steps=st.integers(1, 3))
    def regroup(self, steps: int) -> None:
        """All of it or, where it takes more steps than these, a part."""
        left = iter(range(steps))

        def look(_looked_at: int) -> None:
            if next(left, None) is None:
                raise Interrupted

        with contextlib.suppress(Interrupted):
            regroup_failures(self.store, NOW, look)

    @rule()
    def rebuild(self) -> None:
        rebuild_rollups(self.store)

    @invariant()
    def sums_are_exact(self) -> None:
        if hasattr(self, "store"):
            assert not any(verify_rollups(self.store).values()), verify_rollups(self.store)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.database.__exit__(None, None, None)


@pytest.mark.slow
def test_sums_stay_exact_through_any_sequence(
    new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regrouping, "RESULTS_AT_ONCE", 3)
    run_state_machine_as_test(
        type("Sequence", (Sequence,), {"new_database": staticmethod(new_database)}),
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
