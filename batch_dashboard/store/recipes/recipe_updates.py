"""SQL expressions that update the summary of a recipe for an added batch run.

`recipes` is the stored row, `excluded` the sums of the added run alone.
"""

from batch_dashboard.model.ingest.summaries import FAILED_ATTEMPT, PASSED_ATTEMPT, RECENT_ATTEMPTS

# A late run is in the middle of the stored attempts: what depends on their order must be recounted.
RECOUNT = -1

# For a recipe that has only passed or only failed, the order of attempts does not matter.
_ATTEMPTS = "(recipes.passed + recipes.failed + excluded.passed + excluded.failed)"
_UNIFORM = "(recipes.failed + excluded.failed = 0 OR recipes.passed + excluded.passed = 0)"
_LATE = """(excluded.recent_attempts != '' AND (excluded.last_seen_at < recipes.last_passed_at
    OR excluded.last_seen_at < recipes.last_failed_at))"""

# A run that is added is the newest at its time, so "at the same time" means "after" here.
_NEWER = "(recipes.last_passed_at IS NULL OR excluded.last_passed_at >= recipes.last_passed_at)"


def _added_streak() -> str:
    """The streak of a recipe with an added run, an SQL expression. The first line that is true:

    ====================================================  ================================
    the added run                                         the streak
    ====================================================  ================================
    is late, and some attempts passed and others failed   must be recounted
    has no pass, and is not before the last pass          the stored one, and its failures
    has no pass, and is before the last pass              the stored one
    has a pass, but the last pass is later                the stored one
    has the last pass, and no stored failure is after it  its own
    has the last pass, and the streak began after it      the stored one and its own
    has the last pass, within the stored streak           must be recounted
    ====================================================  ================================
    """
    return f"""CASE
    WHEN {_LATE} AND NOT {_UNIFORM} THEN {RECOUNT}
    WHEN excluded.last_passed_at IS NULL THEN recipes.failure_streak + CASE
        WHEN recipes.last_passed_at IS NULL OR excluded.last_seen_at >= recipes.last_passed_at
        THEN excluded.failed ELSE 0 END
    WHEN NOT {_NEWER} THEN recipes.failure_streak
    WHEN recipes.failure_streak = 0 OR recipes.last_failed_at <= excluded.last_passed_at
        THEN excluded.failure_streak
    WHEN recipes.failing_since > excluded.last_passed_at
        THEN recipes.failure_streak + excluded.failure_streak
    ELSE {RECOUNT} END"""


def _added_since() -> str:
    """When the streak of a recipe with an added run began, an SQL expression.

    The first line that is true; where the streak is recounted, so is its beginning:

    ====================================================  ================================
    the added run                                         the streak began
    ====================================================  ================================
    has no failure and no pass                            as stored
    has no pass, and is before the last pass              as stored
    has no pass, and is later than the stored beginning   as stored
    has no pass                                           with it
    has a pass, but the last pass is later                as stored
    has the last pass, and no stored failure is after it  with its own, if there is one
    has the last pass and failures after that             with its own
    has the last pass and no failures after that          as stored
    ====================================================  ================================
    """
    return f"""CASE
    WHEN excluded.last_passed_at IS NULL THEN CASE
        WHEN excluded.failed = 0 OR excluded.last_seen_at < recipes.last_passed_at
            OR recipes.failing_since < excluded.last_seen_at
        THEN recipes.failing_since ELSE excluded.last_seen_at END
    WHEN NOT {_NEWER} THEN recipes.failing_since
    WHEN recipes.failure_streak = 0 OR recipes.last_failed_at <= excluded.last_passed_at
        THEN excluded.failing_since
    WHEN excluded.failing_since IS NOT NULL THEN excluded.failing_since
    ELSE recipes.failing_since END"""


_RECENT = f"""CASE
    WHEN {_UNIFORM} THEN substr(CASE WHEN recipes.failed + excluded.failed = 0
        THEN '{PASSED_ATTEMPT * RECENT_ATTEMPTS}' ELSE '{FAILED_ATTEMPT * RECENT_ATTEMPTS}' END,
        1, CAST({_ATTEMPTS} AS INTEGER))
    ELSE substr(recipes.recent_attempts || excluded.recent_attempts, CASE
        WHEN length(recipes.recent_attempts || excluded.recent_attempts) > {RECENT_ATTEMPTS}
        THEN length(recipes.recent_attempts || excluded.recent_attempts) - {RECENT_ATTEMPTS - 1}
        ELSE 1 END) END"""
UPDATES = (
    *(
        f"{name} = recipes.{name} + excluded.{name}"
        for name in ("passed", "failed", "skipped", "failed_milliseconds")
    ),
    f"failure_streak = {_added_streak()}",
    f"failing_since = {_added_since()}",
    f"recent_attempts = {_RECENT}",
    "first_seen_at = CASE WHEN excluded.first_seen_at < recipes.first_seen_at"
    " THEN excluded.first_seen_at ELSE recipes.first_seen_at END",
    *(
        f"{name} = CASE WHEN recipes.{name} IS NULL OR excluded.{name} > recipes.{name}"
        f" THEN excluded.{name} ELSE recipes.{name} END"
        for name in ("last_seen_at", "last_passed_at", "last_failed_at")
    ),
)
