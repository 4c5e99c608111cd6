"""The list of all stored sums of batch runs and results.

A new one is a module with functions for the events of `Summary`, and an entry here. Storing,
excluding, restoring, deleting and pruning runs, and `rollups verify` and `rollups rebuild` follow.
Source: docs/data-model.md, "Summaries".
"""

from batch_dashboard.store.batch_runs import rollups, run_counts
from batch_dashboard.store.failures import (
    failure_classes,
    failure_group_sums,
    failure_groups,
    message_index,
    pruned_groups,
    regrouping,
)
from batch_dashboard.store.judgement import circuit_breakers
from batch_dashboard.store.plan import ledger, streaks
from batch_dashboard.store.recipes import pruned_recipes, recipes
from batch_dashboard.store.spending import ci_job_sums
from batch_dashboard.store.summaries.summary import Summary

# In the order of additions and rebuilds.
SUMMARIES = (
    Summary(
        rebuild=run_counts.rebuild,
        count_drift=run_counts.count_drift,
    ),
    Summary(
        add=rollups.add,
        removing=rollups.removing,
        rebuild=rollups.rebuild,
        count_drift=rollups.count_drift,
        pruning_day=rollups.pruning_day,
    ),
    Summary(
        add=ci_job_sums.add,
        removing=ci_job_sums.removing,
        rebuild=ci_job_sums.rebuild,
        upgrade=ci_job_sums.rebuild,
        count_drift=ci_job_sums.count_drift,
        pruning_day=ci_job_sums.pruning_day,
    ),
    Summary(
        add=failure_groups.add,
        removing=failure_groups.removing,
        rebuild=regrouping.rebuild,
        count_drift=failure_group_sums.count_drift,
        prune=pruned_groups.prune,
    ),
    # Before the sums that leave out infrastructure failures.
    Summary(
        rebuild=failure_classes.rebuild,
        upgrade=failure_classes.rebuild,
    ),
    # Messages are added and rebuilt with their failure groups, which number them.
    Summary(
        removing=message_index.removing,
        count_drift=message_index.count_drift,
        prune=message_index.prune,
    ),
    Summary(
        add=recipes.add,
        removing=recipes.removing,
        rebuild=recipes.rebuild,
        count_drift=recipes.count_drift,
        prune=pruned_recipes.prune,
    ),
    # Streaks of failures decide what a run says to the circuit breaker, so they are kept together.
    Summary(
        add=circuit_breakers.add,
        removing=circuit_breakers.removing,
        rebuild=circuit_breakers.rebuild,
        upgrade=circuit_breakers.upgrade,
        count_drift=circuit_breakers.count_drift,
        prune=streaks.prune,
        pruning_day=circuit_breakers.pruning_day,
    ),
    # After the failure groups, which decide the class of a failure.
    Summary(
        add=ledger.add,
        removing=ledger.removing,
        rebuild=ledger.rebuild,
        count_drift=ledger.count_drift,
        pruning_day=ledger.pruning_day,
    ),
)
