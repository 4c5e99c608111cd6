"""The tables, the same for every database. Source: docs/data-model.md.

Columns that clients of the older schema know keep their names and meanings; the rest is ours.
"""

from batch_dashboard.store.schema.access import (
    ingest_tokens,
    issuer_keys,
    sign_in_failures,
    trusted_publishers,
    used_forms,
    user_sessions,
    users,
)
from batch_dashboard.store.schema.administration import (
    audit_log,
    jobs,
    request_errors,
    retention_rules,
    slow_queries,
    system_facts,
)
from batch_dashboard.store.schema.alerts import (
    alert_deliveries,
    alert_destinations,
    alert_snoozes,
    alert_watch,
    incidents,
)
from batch_dashboard.store.schema.batch_runs import (
    RUN_ORDERS,
    batch_runs,
    ecosystem_days,
    excluded_ci_jobs,
    excluded_results,
    excluded_runs,
    idempotency_keys,
    recipe_results,
)
from batch_dashboard.store.schema.columns import OneOf, UnixTime, metadata
from batch_dashboard.store.schema.failures import (
    ALL_ECOSYSTEMS,
    INDEXED_LINE,
    failure_class_rules,
    failure_group_categories,
    failure_group_days,
    failure_group_recipes,
    failure_group_weeks,
    failure_groups,
    failure_messages,
)
from batch_dashboard.store.schema.judgement import (
    circuit_breaker_changes,
    circuit_breaker_runs,
    ecosystem_pauses,
    ecosystem_rules,
)
from batch_dashboard.store.schema.plan import recipe_streaks
from batch_dashboard.store.schema.pruned import (
    pruned_ci_job_days,
    pruned_ci_wait_days,
    pruned_ecosystem_days,
    pruned_failure_group_days,
    pruned_failure_group_recipes,
    pruned_failure_groups,
    pruned_recipe_streaks,
    pruned_recipes,
)
from batch_dashboard.store.schema.recipes import recipes
from batch_dashboard.store.schema.spending import (
    ci_job_days,
    ci_jobs,
    ci_wait_days,
    list_prices,
    minute_budgets,
    wait_limits,
)

__all__ = [
    "ALL_ECOSYSTEMS",
    "INDEXED_LINE",
    "RUN_ORDERS",
    "OneOf",
    "UnixTime",
    "alert_deliveries",
    "alert_destinations",
    "alert_snoozes",
    "alert_watch",
    "audit_log",
    "batch_runs",
    "ci_job_days",
    "ci_jobs",
    "ci_wait_days",
    "circuit_breaker_changes",
    "circuit_breaker_runs",
    "ecosystem_days",
    "ecosystem_pauses",
    "ecosystem_rules",
    "excluded_ci_jobs",
    "excluded_results",
    "excluded_runs",
    "failure_class_rules",
    "failure_group_categories",
    "failure_group_days",
    "failure_group_recipes",
    "failure_group_weeks",
    "failure_groups",
    "failure_messages",
    "idempotency_keys",
    "incidents",
    "ingest_tokens",
    "issuer_keys",
    "jobs",
    "list_prices",
    "metadata",
    "minute_budgets",
    "pruned_ci_job_days",
    "pruned_ci_wait_days",
    "pruned_ecosystem_days",
    "pruned_failure_group_days",
    "pruned_failure_group_recipes",
    "pruned_failure_groups",
    "pruned_recipe_streaks",
    "pruned_recipes",
    "recipe_results",
    "recipe_streaks",
    "recipes",
    "request_errors",
    "retention_rules",
    "sign_in_failures",
    "slow_queries",
    "system_facts",
    "trusted_publishers",
    "used_forms",
    "user_sessions",
    "users",
    "wait_limits",
]
