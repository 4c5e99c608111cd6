"""Whatever happens in whatever order, the kept sums are what the rows say."""

import json
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

from batch_dashboard.services.batch_runs import delete_batch_run
from batch_dashboard.services.rollups import rebuild_rollups, verify_rollups
from batch_dashboard.store.engine import Store
from tests.conftest import WAIT_SECONDS, NewDatabase
from tests.factories import batch_run, ingest, recipe_result

# Few names and times, so that runs meet: at the same second, late, in the middle of a streak.
RESULTS = st.lists(
    st.builds(
        recipe_result,
        recipe_name=st.sampled_from(["wget", "sharkdp/bat", "jq"]),
        ecosystem=st.sampled_from(["homebrew", "npm"]),
        result=st.sampled_from(["passed", "failed", "failed", "skipped"]),
        error_category=st.sampled_from([None, "build", "network"]),
        error_message=st.sampled_from([None, "Error: no route", "Error: exit status 7", "odd: jq"]),
        duration_seconds=st.one_of(st.none(), st.floats(0, 1e4)),
    ),
    max_size=5,
)
MINUTES = st.one_of(st.none(), st.floats(0, 1e6), st.sampled_from([0.1, 0.2, 1 / 3]))
TIMES = st.builds(
    "2026-11-{:02}T{:02}:00:00Z".format, st.integers(18, 20), st.sampled_from([0, 1, 23])
)
RUNS = st.builds(
    batch_run,
    batch_id=st.sampled_from(["a", "b"]),
    ecosystem=st.sampled_from(["homebrew", "npm"]),
    started_at=TIMES,
    completed_at=st.none(),
    macos_minutes=MINUTES,
    linux_minutes=MINUTES,
    total_recipes=st.integers(5, 9),
    results=RESULTS,
)


@pytest.mark.slow
def test_sums_stay_exact_through_any_sequence(new_database: NewDatabase) -> None:
    class Sequence(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            self.database = new_database()
            self.store = Store(self.database.__enter__(), WAIT_SECONDS)
            self.stored: dict[int, dict[str, Any]] = {}

        @rule(payload=RUNS)
        def upload(self, payload: dict[str, Any]) -> None:
            receipt = ingest(self.store, payload)
            known = {json.dumps(p, sort_keys=True): i for i, p in self.stored.items()}
            earlier = known.get(json.dumps(payload, sort_keys=True))
            assert receipt.replayed == (earlier is not None)
            assert earlier in (None, receipt.batch_run_id)
            self.stored[receipt.batch_run_id] = payload

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
            assert delete_batch_run(self.store, chosen)
            del self.stored[chosen]

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

    run_state_machine_as_test(
        Sequence,
        settings=settings(
            max_examples=15,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
