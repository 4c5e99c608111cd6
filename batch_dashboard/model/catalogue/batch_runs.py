"""Batch runs and their recipe results."""

from dataclasses import replace

from batch_dashboard.model.batch_runs.vocabulary import JOB_RUNNER_OS_NAMES
from batch_dashboard.model.batch_runs.vocabulary import RESULTS as RESULT_WORDS
from batch_dashboard.model.catalogue.fields import (
    BATCH_RUN_ID,
    ECOSYSTEM,
    ERROR_CATEGORY,
    MINUTES,
    RATE,
    RECIPE_NAME,
    RECIPE_NAME_FILTER,
    RECIPES,
    RESULTS,
    SECONDS,
    STARTED_AT,
    Field,
    Filter,
    Kind,
    Order,
    Resource,
)
from batch_dashboard.model.failures.failure_classes import FailureClass
from batch_dashboard.model.recipes.attempts import AttemptChange

_BATCH_ID = Field(
    "batch_id", Kind.TEXT, "The name that the client gave the batch; several runs can share one."
)
_NO_PREVIOUS = "there is none"
# Without one of them, a text would have to be searched in all results.
_ONE_OF = ("batch_run", "recipe_name")

BATCH_RUNS = Resource(
    "batch_runs",
    "One row for each batch run.",
    "In the order in which they were stored (id).",
    (
        Field("id", Kind.INTEGER, "The number of the batch run in this dashboard."),
        _BATCH_ID,
        ECOSYSTEM,
        STARTED_AT,
        Field("completed_at", Kind.TIME, "The time at which it ended.", empty="not reported"),
        Field("total_recipes", Kind.INTEGER, "Recipes in the batch.", RECIPES),
        Field("passed", Kind.INTEGER, "Recipes that passed.", RECIPES),
        Field("failed", Kind.INTEGER, "Recipes that failed.", RECIPES),
        Field("skipped", Kind.INTEGER, "Recipes that were skipped: not attempted.", RECIPES),
        Field(
            "success_rate",
            Kind.NUMBER,
            "passed / (passed + failed).",
            RATE,
            empty="nothing was attempted",
        ),
        Field("macos_minutes", Kind.NUMBER, "macOS minutes used.", MINUTES, "unknown, not 0"),
        Field("linux_minutes", Kind.NUMBER, "Linux minutes used.", MINUTES, "unknown, not 0"),
        Field("run_url", Kind.TEXT, "The page of the run in the CI system.", empty="not reported"),
        Field("commit_sha", Kind.TEXT, "The commit that was tested.", empty="not reported"),
        Field("stored_at", Kind.TIME, "The time at which the dashboard stored it."),
        Field(
            "result_count",
            Kind.INTEGER,
            "Recipe results received with it; these can be fewer than passed + failed + skipped.",
            RESULTS,
        ),
        Field(
            "run_attempt",
            Kind.INTEGER,
            "Which attempt of the same CI run it is.",
            empty="not reported",
        ),
    ),
    (Filter("text", "only runs whose batch_id or commit_sha contains this text"),),
    key=("started_at", "id"),
    orders=(
        Order("started_at"),
        Order("failed"),
        Order("success_rate", largest_first=False),
        Order("macos_minutes"),
        Order("linux_minutes"),
    ),
)

EXCLUDED_BATCH_RUNS = replace(
    BATCH_RUNS,
    name="excluded_batch_runs",
    sentence="One row for each batch run that is excluded from the statistics.",
    fields=(
        *BATCH_RUNS.fields,
        Field("excluded_at", Kind.TIME, "The time at which it was excluded."),
        Field("excluded_by", Kind.TEXT, "Who excluded it."),
        Field("reason", Kind.TEXT, "Why it was excluded."),
    ),
    filters=(),
    orders=(Order("started_at"),),
)

RECIPE_RESULTS = Resource(
    "recipe_results",
    "One row for each recipe result of the selected batch runs.",
    "By batch run (batch_run_id), then in the order in which they were stored (id).",
    (
        Field("id", Kind.INTEGER, "The number of the result in this dashboard."),
        BATCH_RUN_ID,
        _BATCH_ID,
        STARTED_AT,
        RECIPE_NAME,
        Field("ecosystem", Kind.TEXT, "The ecosystem of the recipe."),
        Field("result", Kind.WORD, "passed, failed or skipped.", words=RESULT_WORDS),
        ERROR_CATEGORY,
        Field(
            "error_message",
            Kind.TEXT,
            "The whole error message, with its line breaks.",
            empty="none was reported",
        ),
        Field("duration_seconds", Kind.NUMBER, "How long it took.", SECONDS, "unknown"),
        Field(
            "platform",
            Kind.TEXT,
            "The platform on which it ran, such as darwin-arm64.",
            empty="unknown",
        ),
        Field(
            "reason",
            Kind.TEXT,
            "The cause: `masked_line` of its failure group.",
            empty="it did not fail, or it had no message",
        ),
        Field(
            "recipe_version",
            Kind.TEXT,
            "The version, digest or commit of the recipe that was tried.",
            empty="not reported",
        ),
        Field(
            "failure_class",
            Kind.WORD,
            "What the failure is about: package, infrastructure or unknown, as the client reported"
            " it or by its failure group.",
            empty="it did not fail",
            words=tuple(FailureClass),
        ),
    ),
    (
        Filter("platform", "only results on this platform"),
        Filter("result", "only results that passed, failed or were skipped", words=RESULT_WORDS),
        Filter("batch_run", "only results of this batch run, by its number", numbers="a batch run"),
        RECIPE_NAME_FILTER,
        Filter(
            "category",
            "only results of this error category, or (none): without one",
            requires=_ONE_OF,
        ),
        Filter(
            "text",
            "only results whose name, category or message contains this text",
            requires=_ONE_OF,
        ),
    ),
    key=("id",),
    orders=(
        Order("id", largest_first=False),
        Order("recipe_name", largest_first=False),
        Order("duration_seconds"),
    ),
)
_FILTERS = RECIPE_RESULTS.filters_by_name
# The results of one batch run.
RUN_RESULTS = replace(
    RECIPE_RESULTS,
    sentence="One row for each recipe result of a batch run.",
    filters=(
        _FILTERS["platform"],
        _FILTERS["result"],
        _FILTERS["category"]._replace(requires=()),
        _FILTERS["text"]._replace(requires=()),
    ),
    has_period=False,
    has_ecosystem=False,
)
# The results of one recipe.
RECIPE_HISTORY = replace(
    RECIPE_RESULTS,
    sentence="One row for each result of a recipe.",
    filters=(
        RECIPE_NAME_FILTER._replace(is_required=True),
        _FILTERS["platform"],
        _FILTERS["result"],
    ),
    orders=(Order("started_at"),),
)
ATTEMPTS = Resource(
    "attempts",
    "One row for each recipe result of a batch run, compared with the previous attempt of the"
    " recipe on the same platform.",
    "In the order in which they were stored (id).",
    (
        Field("id", Kind.INTEGER, "The recipe result: `id` in recipe_results."),
        BATCH_RUN_ID,
        STARTED_AT,
        Field("ecosystem", Kind.TEXT, "The ecosystem of the recipe."),
        RECIPE_NAME,
        Field("platform", Kind.TEXT, "The platform on which it ran.", empty="unknown"),
        Field("result", Kind.WORD, "passed, failed or skipped.", words=RESULT_WORDS),
        Field(
            "change",
            Kind.WORD,
            "What changed since the previous attempt.",
            empty="it was skipped: not attempted",
            words=tuple(AttemptChange),
        ),
        Field("previous_id", Kind.INTEGER, "The result of that attempt.", empty=_NO_PREVIOUS),
        Field(
            "previous_batch_run_id",
            Kind.INTEGER,
            "The batch run of that attempt.",
            empty=_NO_PREVIOUS,
        ),
        Field(
            "previous_started_at",
            Kind.TIME,
            "The time at which that batch run started.",
            empty=_NO_PREVIOUS,
        ),
        Field(
            "previous_result",
            Kind.WORD,
            "Whether that attempt passed or failed.",
            empty=_NO_PREVIOUS,
            words=RESULT_WORDS,
        ),
        Field(
            "seconds_longer",
            Kind.NUMBER,
            "How much longer it took than that attempt; negative if it took less.",
            SECONDS,
            "either duration is unknown",
        ),
    ),
    (_FILTERS["batch_run"]._replace(is_required=True),),
    key=("id",),
    orders=(Order("id", largest_first=False),),
    has_period=False,
    has_ecosystem=False,
)
# The attempts of one recipe.
RECIPE_ATTEMPTS = replace(
    ATTEMPTS,
    sentence="One row for each result of a recipe, compared with its previous attempt on the same"
    " platform.",
    filters=(RECIPE_NAME_FILTER._replace(is_required=True), _FILTERS["platform"]),
    orders=(Order("started_at"),),
    has_period=True,
    has_ecosystem=True,
)
JOBS = Resource(
    "jobs",
    "One row for each CI job of a batch run.",
    "In the order in which the client sent them.",
    (
        BATCH_RUN_ID,
        Field("id", Kind.INTEGER, "The number of the job in this dashboard."),
        Field("name", Kind.TEXT, "The name of the job."),
        Field(
            "runner_os",
            Kind.WORD,
            "The operating system of its runner.",
            words=tuple(JOB_RUNNER_OS_NAMES),
        ),
        Field(
            "queued_at",
            Kind.TIME,
            "The time at which it began to wait for a runner.",
            empty="not reported",
        ),
        Field("started_at", Kind.TIME, "The time at which it started."),
        Field("completed_at", Kind.TIME, "The time at which it ended.", empty="it had not ended"),
        Field("wait_seconds", Kind.INTEGER, "started_at - queued_at.", SECONDS, "unknown"),
        Field("duration_seconds", Kind.INTEGER, "completed_at - started_at.", SECONDS, "unknown"),
        Field(
            "billed_minutes",
            Kind.INTEGER,
            "The duration, rounded up to a whole minute.",
            MINUTES,
            "unknown",
        ),
    ),
    (
        Filter(
            "batch_run",
            "the number of the batch run",
            numbers="a batch run",
            is_required=True,
        ),
    ),
    key=("id",),
    orders=(Order("id", largest_first=False),),
    has_period=False,
)
