"""Every resource, in the order in which the exports page and the documentation list them."""

from batch_dashboard.model.catalogue.batch_runs import (
    ATTEMPTS,
    BATCH_RUNS,
    EXCLUDED_BATCH_RUNS,
    JOBS,
    RECIPE_RESULTS,
)
from batch_dashboard.model.catalogue.comparison import COMPARED_RUNS, COMPARISON
from batch_dashboard.model.catalogue.ecosystems import CIRCUIT_BREAKERS, ECOSYSTEMS, ERROR_BUDGETS
from batch_dashboard.model.catalogue.failures import (
    FAILURE_COUNTS,
    FAILURE_GROUP_RECIPES,
    FAILURE_GROUPS,
    FAILURE_RATES,
)
from batch_dashboard.model.catalogue.findings import FINDINGS
from batch_dashboard.model.catalogue.incidents import INCIDENTS
from batch_dashboard.model.catalogue.known_issues import KNOWN_ISSUES
from batch_dashboard.model.catalogue.plan import LEDGER
from batch_dashboard.model.catalogue.recipes import RECIPES
from batch_dashboard.model.catalogue.spending import (
    BUDGET_CHANGES,
    BUDGETS,
    BURN_UP,
    JOB_MINUTES,
    PRICES,
    QUEUE_WAITS,
    SPENT_MINUTES,
)

__all__ = [
    "ATTEMPTS",
    "BATCH_RUNS",
    "BUDGETS",
    "BUDGET_CHANGES",
    "BURN_UP",
    "CIRCUIT_BREAKERS",
    "COMPARED_RUNS",
    "COMPARISON",
    "ECOSYSTEMS",
    "ERROR_BUDGETS",
    "EXCLUDED_BATCH_RUNS",
    "FAILURE_COUNTS",
    "FAILURE_GROUPS",
    "FAILURE_GROUP_RECIPES",
    "FAILURE_RATES",
    "FILES",
    "FINDINGS",
    "INCIDENTS",
    "JOBS",
    "JOB_MINUTES",
    "KNOWN_ISSUES",
    "LEDGER",
    "PRICES",
    "QUEUE_WAITS",
    "RECIPES",
    "RECIPE_RESULTS",
    "RESOURCES",
    "SPENT_MINUTES",
]

RESOURCES = (
    BATCH_RUNS,
    RECIPE_RESULTS,
    ATTEMPTS,
    JOBS,
    SPENT_MINUTES,
    JOB_MINUTES,
    QUEUE_WAITS,
    LEDGER,
    FAILURE_RATES,
    FAILURE_GROUPS,
    RECIPES,
    ECOSYSTEMS,
    FAILURE_COUNTS,
    FAILURE_GROUP_RECIPES,
    COMPARISON,
    COMPARED_RUNS,
    EXCLUDED_BATCH_RUNS,
    FINDINGS,
    INCIDENTS,
    KNOWN_ISSUES,
    CIRCUIT_BREAKERS,
    ERROR_BUDGETS,
    BUDGETS,
    BUDGET_CHANGES,
    BURN_UP,
    PRICES,
)
FILES = {resource.file_name: resource for resource in RESOURCES}
