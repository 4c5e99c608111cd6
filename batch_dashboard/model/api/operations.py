"""The operations that read the catalogue's resources, as data.

Routes, allowed parameters, the OpenAPI document and the page about the API follow from this list: a
resource that is stored as rows, or computed as rows, needs one entry here to become readable.
"""

import re
from dataclasses import dataclass, replace
from functools import cached_property

from batch_dashboard.model.catalogue import (
    ATTEMPTS,
    BATCH_RUNS,
    BUDGET_CHANGES,
    BUDGETS,
    BURN_UP,
    CIRCUIT_BREAKERS,
    COMPARISON,
    ECOSYSTEMS,
    ERROR_BUDGETS,
    EXCLUDED_BATCH_RUNS,
    FAILURE_COUNTS,
    FAILURE_GROUPS,
    FAILURE_RATES,
    FINDINGS,
    INCIDENTS,
    JOB_MINUTES,
    JOBS,
    KNOWN_ISSUES,
    LEDGER,
    PRICES,
    QUEUE_WAITS,
    RECIPES,
    SPENT_MINUTES,
)
from batch_dashboard.model.catalogue.batch_runs import (
    RECIPE_ATTEMPTS,
    RECIPE_HISTORY,
    RUN_RESULTS,
)
from batch_dashboard.model.catalogue.failures import GROUP_RECIPES, RECIPE_FAILURE_GROUPS
from batch_dashboard.model.catalogue.fields import Field, Filter, Kind, Resource

ROOT = "/api/v1"
# Groups with operations beside the catalogue.
CI_GROUP = "CI"
INCIDENTS_GROUP = "Incidents"
ABOUT_GROUP = "About the API"
DEFAULT_LIMIT = 100
MAX_LIMIT = 1_000
# Rows with error messages can take 10,000 characters each.
MAX_LIMIT_OF_MESSAGES = 200
# The Python name of a converter (`views/names`) for each kind of value in a path.
_CONVERTERS = {Kind.INTEGER: "row_id", Kind.LARGE_INTEGER: "row_id", Kind.TEXT: "name"}


@dataclass(frozen=True)
class PathPart:
    """A value in the path of an operation: `field` of a row of `resource` that must exist.

    `chooses` is the filter of the answer's rows that takes the value; empty: the row is the answer.
    """

    name: str
    resource: Resource
    field: str
    chooses: str = ""
    is_rest: bool = False  # the rest of the path, whose slashes are part of the value

    @property
    def description(self) -> Field:
        """The field that the value belongs to."""
        return self.resource.by_name[self.field]

    @property
    def in_route(self) -> str:
        """The part as the routes of the application write it."""
        converter = "path_name" if self.is_rest else _CONVERTERS[self.description.kind]
        return f"<{converter}:{self.name}>"


@dataclass(frozen=True)
class Operation:
    """An address that answers with a page of the rows of a resource, or with one row."""

    name: str
    path: str
    summary: str
    resource: Resource
    parts: tuple[PathPart, ...] = ()
    is_list: bool = True
    needs_ecosystem: bool = False  # without it, no index leads to the rows
    group: str = ""  # what it is listed under

    @property
    def full_path(self) -> str:
        """The path as OpenAPI writes it."""
        return f"{ROOT}/{self.path}"

    @property
    def route(self) -> str:
        """The path as the routes of the application write it."""
        route = self.full_path
        for part in self.parts:
            route = route.replace(f"{{{part.name}}}", part.in_route)
        return route

    @property
    def max_limit(self) -> int:
        """The largest page."""
        has_messages = {"error_message", "sample_message"} & self.resource.by_name.keys()
        return MAX_LIMIT_OF_MESSAGES if has_messages else MAX_LIMIT

    @cached_property
    def filters(self) -> tuple[Filter, ...]:
        """The filters that are parameters of the query string."""
        in_path = {part.chooses for part in self.parts}
        return tuple(each for each in self.resource.filters if each.name not in in_path)

    @property
    def has_period(self) -> bool:
        """Whether a period can be chosen."""
        return self.resource.has_period and (self.is_list or self.resource is ECOSYSTEMS)

    @property
    def has_ecosystem(self) -> bool:
        """Whether an ecosystem can be chosen."""
        return self.is_list and self.resource.has_ecosystem and self.resource is not JOBS

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The names of all parameters of the query string."""
        names = [*(("last", "since", "until") if self.has_period else ())]
        if self.has_ecosystem:
            names.append("ecosystem")
        if self.is_list:
            names += [each.name for each in self.filters]
            names += ["sort"] if len(self.resource.orders) > 1 else []
            names += ["order", "limit", "after", "before"]
        return tuple(names)


_BATCH_RUN = PathPart("batch_run_id", BATCH_RUNS, "id", "batch_run")
_FAILURE_GROUP = PathPart("failure_group_id", FAILURE_GROUPS, "id", "failure_group")


def _list(
    path: str, summary: str, resource: Resource, *parts: PathPart, needs_ecosystem: bool = False
) -> Operation:
    # `batch-runs/{batch_run_id}/results`: of one batch run.
    words = re.sub(r"s/\{\w+\}/", "_", path).partition("/")[0]
    name = f"list_{words.replace('-', '_')}"
    return Operation(name, path, summary, resource, parts, needs_ecosystem=needs_ecosystem)


def _one(path: str, resource: Resource, *parts: PathPart) -> Operation:
    thing = resource.singular
    article = "an" if thing[0] in "aeiou" else "a"
    name = f"get_{thing.replace(' ', '_')}"
    return Operation(name, path, f"Read {article} {thing}", resource, parts, is_list=False)


def _group(name: str, *operations: Operation) -> tuple[Operation, ...]:
    return tuple(replace(operation, group=name) for operation in operations)


OPERATIONS = (
    *_group(
        "Batch runs",
        _list("batch-runs", "List batch runs", BATCH_RUNS),
        _one("batch-runs/{batch_run_id}", BATCH_RUNS, _BATCH_RUN),
        _list(
            "batch-runs/{batch_run_id}/results",
            "List the recipe results of a batch run",
            RUN_RESULTS,
            _BATCH_RUN,
        ),
        _list(
            "batch-runs/{batch_run_id}/attempts",
            "List the recipe results of a batch run with their previous attempts",
            ATTEMPTS,
            _BATCH_RUN,
        ),
        _list(
            "batch-runs/{batch_run_id}/jobs", "List the CI jobs of a batch run", JOBS, _BATCH_RUN
        ),
        _list(
            "batch-runs/{batch_run_id}/changes/{later_batch_run_id}",
            "List the recipes whose result changed between two batch runs",
            COMPARISON,
            replace(_BATCH_RUN, chooses="before"),
            PathPart("later_batch_run_id", BATCH_RUNS, "id", "after"),
        ),
        _list("excluded-batch-runs", "List excluded batch runs", EXCLUDED_BATCH_RUNS),
    ),
    *_group(
        "Recipes",
        _list("recipes", "List recipes", RECIPES),
        _one(
            "recipes/{ecosystem}/{recipe_name}",
            RECIPES,
            PathPart("ecosystem", RECIPES, "ecosystem"),
            PathPart("recipe_name", RECIPES, "recipe_name", is_rest=True),
        ),
        _list(
            "recipe-results", "List the results of a recipe", RECIPE_HISTORY, needs_ecosystem=True
        ),
        _list(
            "recipe-attempts",
            "List the results of a recipe with their previous attempts",
            RECIPE_ATTEMPTS,
            needs_ecosystem=True,
        ),
        _list(
            "recipe-failure-groups",
            "List the failure groups of a recipe",
            RECIPE_FAILURE_GROUPS,
            needs_ecosystem=True,
        ),
    ),
    *_group(
        "Failures",
        _list("failure-groups", "List failure groups", FAILURE_GROUPS),
        _one("failure-groups/{failure_group_id}", FAILURE_GROUPS, _FAILURE_GROUP),
        _list(
            "failure-groups/{failure_group_id}/recipes",
            "List the recipes of a failure group",
            GROUP_RECIPES,
            _FAILURE_GROUP,
        ),
        _list("failure-counts", "List failures over time", FAILURE_COUNTS),
        _list("failure-rates", "List failure rates over time", FAILURE_RATES),
    ),
    *_group(
        "Minutes",
        _list("minutes", "List minutes over time", SPENT_MINUTES),
        _list("job-minutes", "List measured and billed minutes of CI jobs over time", JOB_MINUTES),
        _list("queue-waits", "List waits for a runner over time", QUEUE_WAITS),
        _list("ledger", "List what the plan avoided over time", LEDGER),
        _list("budgets", "List the budgets of this week", BUDGETS),
        _list("budget-changes", "List the changes of budgets", BUDGET_CHANGES),
        _list("burn-up", "List the minutes of this week against the budget", BURN_UP),
        _list("prices", "List the prices of a minute", PRICES),
    ),
    *_group(
        "Ecosystems",
        _list("ecosystems", "List ecosystems", ECOSYSTEMS),
        _one("ecosystems/{ecosystem}", ECOSYSTEMS, PathPart("ecosystem", ECOSYSTEMS, "ecosystem")),
        _list("error-budgets", "List error budgets over time", ERROR_BUDGETS),
        _list("circuit-breaker-changes", "List the changes of circuit breakers", CIRCUIT_BREAKERS),
    ),
    *_group(
        INCIDENTS_GROUP,
        _list("findings", "List what needs attention", FINDINGS),
        _list("incidents", "List incidents", INCIDENTS),
        _one("incidents/{incident_id}", INCIDENTS, PathPart("incident_id", INCIDENTS, "id")),
        _list("known-issues", "List known issues", KNOWN_ISSUES),
        _one(
            "known-issues/{known_issue_id}",
            KNOWN_ISSUES,
            PathPart("known_issue_id", KNOWN_ISSUES, "id"),
        ),
    ),
)
# Of the OpenAPI document and the page about the API, in their order.
GROUPS = tuple(
    dict.fromkeys([CI_GROUP, *(operation.group for operation in OPERATIONS), ABOUT_GROUP])
)
