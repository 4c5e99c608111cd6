"""Ecosystems: their states, circuit breakers and error budgets."""

from batch_dashboard.model.alerts.finding_kinds import Severity
from batch_dashboard.model.catalogue.fields import (
    BATCH_RUN_ID,
    ECOSYSTEM,
    RATE,
    RECIPES,
    RUNS,
    STARTED_AT,
    Field,
    Kind,
    Order,
    Resource,
)
from batch_dashboard.model.catalogue.spending import MINUTES_FIELDS
from batch_dashboard.model.judgement.circuit_breaker import BreakerState
from batch_dashboard.model.judgement.ecosystem_health import STATES
from batch_dashboard.model.judgement.slo import WINDOWS
from batch_dashboard.model.recipes.recipes import STUCK_FROM

BREAKER_STATES = (BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN)
_DROPPED = "retention deleted all its runs"

ECOSYSTEMS = Resource(
    "ecosystems",
    "One row for each ecosystem: its present state, and sums of the selected period.",
    "By ecosystem.",
    (
        ECOSYSTEM,
        Field(
            "state",
            Kind.WORD,
            "Its present state, such as silent, failing or met.",
            empty=_DROPPED,
            words=STATES,
        ),
        Field(
            "severity",
            Kind.WORD,
            "critical, warning or notice.",
            empty="it needs no attention",
            words=tuple(Severity),
        ),
        Field("state_since", Kind.TIME, "The time since which it has this state.", empty=_DROPPED),
        Field("sentence", Kind.TEXT, "The reason for this state.", empty=_DROPPED),
        Field(
            "last_run_at",
            Kind.TIME,
            "The time at which its last batch run started.",
            empty=_DROPPED,
        ),
        Field(
            "last_passed_at",
            Kind.TIME,
            "The time of the last batch run in which a recipe passed.",
            empty="never",
        ),
        Field(
            "runs_since_pass",
            Kind.INTEGER,
            "Batch runs since then; all of them if none passed.",
            RUNS,
            _DROPPED,
        ),
        Field("target", Kind.NUMBER, "The lowest acceptable success rate.", RATE, "no target"),
        Field("runs", Kind.INTEGER, "Batch runs of the period.", RUNS),
        Field("passed", Kind.INTEGER, "Recipes that passed in the period.", RECIPES),
        Field("failed", Kind.INTEGER, "Recipes that failed in the period.", RECIPES),
        Field("skipped", Kind.INTEGER, "Recipes that were skipped: not attempted.", RECIPES),
        Field(
            "success_rate",
            Kind.NUMBER,
            "passed / (passed + failed).",
            RATE,
            "nothing was attempted",
        ),
        Field(
            "success_rate_low",
            Kind.NUMBER,
            "The lower end of its 95 % Wilson interval.",
            RATE,
            "nothing was attempted",
        ),
        Field(
            "success_rate_high",
            Kind.NUMBER,
            "The upper end of its 95 % Wilson interval.",
            RATE,
            "nothing was attempted",
        ),
        *MINUTES_FIELDS,
        Field(
            "slo_attempts",
            Kind.INTEGER,
            "Attempts of the last 7 days, by which its target is judged.",
            RECIPES,
            _DROPPED,
        ),
        Field(
            "slo_success_rate",
            Kind.NUMBER,
            "The success rate of these attempts.",
            RATE,
            "nothing was attempted",
        ),
        Field(
            "slo_success_rate_low",
            Kind.NUMBER,
            "The lower end of its 95 % Wilson interval.",
            RATE,
            "nothing was attempted",
        ),
        Field(
            "slo_success_rate_high",
            Kind.NUMBER,
            "The upper end of its 95 % Wilson interval.",
            RATE,
            "nothing was attempted",
        ),
        Field(
            "error_budget_used_share",
            Kind.NUMBER,
            "The failures of 28 days / the failures that the target allows.",
            "1: all of it",
            "no target, or nothing was attempted",
        ),
        *(
            Field(
                f"burn_rate_{window.name.replace(' ', '')}",
                Kind.NUMBER,
                f"How fast the last {window.name} used the error budget.",
                "1: all of it in 28 days",
                "no target, or too few attempts",
            )
            for window in WINDOWS
        ),
        Field(
            "circuit_breaker_state",
            Kind.WORD,
            "The state of its circuit breaker.",
            empty=_DROPPED,
            words=BREAKER_STATES,
        ),
        Field(
            "circuit_breaker_half_open_at",
            Kind.TIME,
            "The time from which a batch run may close the circuit breaker.",
            empty="it is closed",
        ),
        Field("pause_link", Kind.TEXT, "The page that explains its pause.", empty="there is none"),
        Field(
            "failing_recipes",
            Kind.INTEGER,
            "Recipes seen in the period whose last attempt failed.",
            RECIPES,
        ),
        Field(
            "stuck_recipes",
            Kind.INTEGER,
            f"Of these, recipes that failed at least {STUCK_FROM} times in a row.",
            RECIPES,
        ),
        Field(
            "flaky_recipes",
            Kind.INTEGER,
            "Recipes seen in the period that change between passed and failed and are not stuck.",
            RECIPES,
        ),
    ),
    key=("ecosystem",),
    orders=(Order("ecosystem", largest_first=False),),
)

CIRCUIT_BREAKERS = Resource(
    "circuit_breakers",
    "One row for each trial of the period (the batch runs of one batch within an hour) that opened,"
    " reopened or closed the circuit breaker of its ecosystem.",
    "By ecosystem, oldest first.",
    (
        ECOSYSTEM,
        Field("at", Kind.TIME, "The time of the change: the end of the trial."),
        Field(
            "state",
            Kind.WORD,
            "The new state: open or closed.",
            words=(BreakerState.OPEN, BreakerState.CLOSED),
        ),
        Field(
            "reason",
            Kind.WORD,
            "The reason: rate (fewer than half of the last recipes passed) or probe (a run that"
            " tried again).",
        ),
        Field(
            "half_open_at",
            Kind.TIME,
            "The time from which the next run may try again.",
            empty="it closed",
        ),
        BATCH_RUN_ID,
        STARTED_AT,
    ),
    key=("ecosystem", "started_at", "batch_run_id"),
    orders=(Order("ecosystem", largest_first=False),),
)
ERROR_BUDGETS = Resource(
    "error_budgets",
    "One row for each ecosystem with a target and each of the last 28 UTC days.",
    "By ecosystem, oldest first.",
    (
        ECOSYSTEM,
        Field("day", Kind.DAY, "The last of the 28 days that are counted."),
        Field("attempts", Kind.INTEGER, "Attempts in these 28 days.", RECIPES),
        Field("failed", Kind.INTEGER, "Attempts that failed.", RECIPES),
        Field("target", Kind.NUMBER, "The lowest acceptable success rate.", RATE),
        Field(
            "used_share",
            Kind.NUMBER,
            "failed / the failures that the target allows.",
            "1: all of it",
            "nothing was attempted",
        ),
    ),
    key=("ecosystem", "day"),
    orders=(Order("ecosystem", largest_first=False),),
    has_period=False,
)
