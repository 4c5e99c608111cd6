"""The payload of `POST /batch-metrics`: decoding, checking, and the batch run it describes.

Source: docs/ingest-api.md. Every problem is named with its path; nothing is stored of a payload
that has one.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Annotated, Any, Literal, NotRequired

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from batch_dashboard.errors import PayloadError, Problem
from batch_dashboard.model.batch_runs.vocabulary import FAILED, PASSED, RESULTS, RUNNER_OS, SKIPPED
from batch_dashboard.model.failures.messages import KeptMessages, keep_messages
from batch_dashboard.model.ingest.complaints import named_kind, problems_of, shown
from batch_dashboard.model.ingest.decoding import canonical, decode_json
from batch_dashboard.model.ingest.names import Name, long_names, nfc, nfc_column
from batch_dashboard.model.ingest.upload_times import ahead_warning, check_time
from batch_dashboard.model.judgement.rates import success_rate
from batch_dashboard.model.spending.ci_job_sums import (
    JobSums,
    minutes_of,
    minutes_warnings,
    sum_jobs,
)
from batch_dashboard.model.spending.ci_jobs import (
    JOB_FIELDS,
    NewJob,
    read_jobs,
)

MAX_RESULTS = 100_000
MAX_PROBLEMS = 100
MAX_NAME_LENGTH = 100
MAX_BATCH_ID_LENGTH = 200
MAX_RECIPE_NAME_LENGTH = 500
MAX_VERSION_LENGTH = 200
MAX_WARNINGS = 100
# Room for any real batch, and sums of a century of them still fit 64 bits.
MAX_COUNT = 1_000_000_000
# A month, longer than any CI system lets a job run: the milliseconds of 3 billion results of this
# length fit 64 bits.
MAX_SECONDS = 31 * 86_400.0
# A year for each of 100,000 jobs; sums of any number of runs stay finite.
MAX_MINUTES = 100_000 * 366 * 1_440.0
MIN_MINUTES = 1e-9
# One slice of results is checked at a time, so a payload of only mistakes costs little.
CHECK_SLICE = 1_000
MAX_RATE_ERROR = 0.01

NO_CONTROL = r"^[^\x00-\x1f\x7f-\x9f]*$"
NO_NUL = r"^[^\x00]*$"


def _whole_float_is_integer(value: Any) -> Any:
    # JSON has one kind of number, and some clients write 5 as 5.0.
    return int(value) if isinstance(value, float) and value.is_integer() else value


Name100 = Annotated[str, Field(min_length=1, max_length=MAX_NAME_LENGTH, pattern=NO_CONTROL)]
BatchId = Annotated[str, Field(min_length=1, max_length=MAX_BATCH_ID_LENGTH, pattern=NO_CONTROL)]
RecipeName = Annotated[
    str, Field(min_length=1, max_length=MAX_RECIPE_NAME_LENGTH, pattern=NO_CONTROL)
]
Word100 = Annotated[str, Field(max_length=MAX_NAME_LENGTH, pattern=NO_CONTROL)]
Message = Annotated[str, Field(pattern=NO_NUL)]
Address = Annotated[str, Field(max_length=2_000, pattern=NO_CONTROL)]
Sha = Annotated[str, Field(max_length=200, pattern=NO_CONTROL)]
Count = Annotated[
    int, BeforeValidator(_whole_float_is_integer), Field(strict=True, ge=0, le=MAX_COUNT)
]
Attempt = Annotated[
    int, BeforeValidator(_whole_float_is_integer), Field(strict=True, ge=1, le=MAX_COUNT)
]
Seconds = Annotated[float, Field(ge=0, le=MAX_SECONDS, allow_inf_nan=False)]
Minutes = Annotated[float, Field(strict=True, ge=0, le=MAX_MINUTES, allow_inf_nan=False)]

FailureClass = Annotated[
    Literal["package", "infrastructure"] | None, BeforeValidator(lambda value: value or None)
]

STRICT = ConfigDict(strict=True, extra="ignore", regex_engine="rust-regex")


class BatchRunFields(BaseModel):
    """The payload without its results."""

    model_config = STRICT

    batch_id: BatchId
    ecosystem: Name100
    started_at: str
    completed_at: str | None = None
    total_recipes: Count
    passed: Count | None = None
    failed: Count | None = None
    skipped: Count | None = None
    success_rate: Annotated[float, Field(ge=0, le=1)] | None = None
    macos_minutes: Minutes | None = None
    linux_minutes: Minutes | None = None
    run_url: Address | None = None
    commit_sha: Sha | None = None
    run_attempt: Attempt | None = None


class RecipeResultFields(TypedDict):
    """One entry of `results`."""

    __pydantic_config__ = STRICT  # type: ignore[misc]

    recipe_name: RecipeName
    ecosystem: Name100
    result: Literal["passed", "failed", "skipped"]
    error_category: NotRequired[Word100 | None]
    error_message: NotRequired[Message | None]
    duration_seconds: NotRequired[Seconds | None]
    platform: NotRequired[Word100 | None]
    recipe_version: NotRequired[Sha | None]
    failure_class: NotRequired[FailureClass]


RESULT_SLICE = TypeAdapter(list[RecipeResultFields])
RUN_FIELDS = frozenset(BatchRunFields.model_fields) | {"jobs", "results"}
RESULT_FIELDS = frozenset(RecipeResultFields.__annotations__)


@dataclass(frozen=True, slots=True)
class NewRecipeResults:
    """The results as columns: one list for each column of `recipe_results` that clients send.

    Blank texts and absent fields are None: unknown. Lists by column, because a hundred thousand
    rows as objects take more time and memory than all the checks.
    """

    recipe_name: list[str]
    ecosystem: list[str]
    result: list[str]
    error_category: list[str | None]
    error_message: list[str | None]
    duration_seconds: list[float | None]
    platform: list[str | None]
    recipe_version: list[str | None]
    # The cause as the client knows it.
    failure_class: list[str | None]
    # The line that names the cause, where the middle of the message is not kept.
    telling_line: list[str | None]

    def __len__(self) -> int:
        return len(self.recipe_name)


@dataclass(frozen=True)
class NewBatchRun:
    """A batch run that passed every check, ready to be stored. Times are UTC, to the second."""

    batch_id: str
    ecosystem: str
    started_at: datetime
    completed_at: datetime | None
    total_recipes: int
    passed: int
    failed: int
    skipped: int
    success_rate: float | None
    macos_minutes: float | None
    linux_minutes: float | None
    run_url: str | None
    commit_sha: str | None
    run_attempt: int | None  # which attempt of the same CI run it is
    jobs: tuple[NewJob, ...]
    ci_job_sums: JobSums
    results: NewRecipeResults
    truncated_at: int | None  # the length at which its messages arrived truncated
    shortened_messages: int  # how many were too long to be kept whole
    ignored_fields: tuple[str, ...]  # names of unknown fields; `results[].x` of results
    content_digest: bytes
    warnings: tuple[str, ...]


def parse_payload(body: bytes, now: datetime) -> NewBatchRun:
    """The batch run that a request body describes.

    Raises PayloadError with every problem found, the first 100 at most.
    """
    decoded = decode_json(body)
    return check_payload(decoded.value, now, decoded.warnings)


def check_payload(payload: Any, now: datetime, warnings: Sequence[str] = ()) -> NewBatchRun:
    """The batch run that a decoded payload describes; `warnings` are those of decoding it.

    Raises PayloadError with every problem found, the first 100 at most.
    """
    if not isinstance(payload, dict):
        raise PayloadError(
            [Problem("", f"invalid JSON payload: it must be an object, not {named_kind(payload)}")]
        )
    problems: list[Problem] = []
    fields: BatchRunFields | None = None
    try:
        fields = BatchRunFields.model_validate(payload)
    except ValidationError as error:
        problems += problems_of(error)
    started_at = _check_time(payload, "started_at", now, problems)
    completed_at = _check_time(payload, "completed_at", now, problems)
    if started_at and completed_at and completed_at < started_at:
        problems.append(
            Problem(
                "completed_at",
                "completed_at must not be before started_at: "
                f"{completed_at:%Y-%m-%dT%H:%M:%SZ} is before {started_at:%Y-%m-%dT%H:%M:%SZ}",
            )
        )
    jobs, wrong_jobs = read_jobs(payload.get("jobs"), now)
    problems += wrong_jobs
    entries = payload.get("results")
    if isinstance(entries, list):
        problems += _result_problems(entries, MAX_PROBLEMS - len(problems))
    else:
        found = "" if entries is None else f", not {named_kind(entries)}"
        problems.append(Problem("results", f"results array is required{found}"))
    if problems or fields is None or started_at is None or not isinstance(entries, list):
        raise PayloadError(problems[:MAX_PROBLEMS])

    sent: set[str] = set().union(*entries)
    results, messages = _results(entries, sent, problems)
    batch_id, ecosystem = nfc(fields.batch_id), nfc(fields.ecosystem)
    problems += long_names("batch_id", [batch_id], MAX_BATCH_ID_LENGTH)
    problems += long_names("ecosystem", [ecosystem], MAX_NAME_LENGTH)
    listed = Counter(results.result)
    counts = {
        name: listed[name] if given is None else given
        for name, given in (
            (PASSED, fields.passed),
            (FAILED, fields.failed),
            (SKIPPED, fields.skipped),
        )
    }
    problems += _count_problems(counts, listed, fields.total_recipes)
    if problems:
        raise PayloadError(problems[:MAX_PROBLEMS])
    rate = success_rate(counts[PASSED], counts[FAILED])
    given = {
        name: _without_dust(minutes)
        for name, minutes in zip(
            RUNNER_OS, (fields.macos_minutes, fields.linux_minutes), strict=True
        )
    }
    ci_job_sums = sum_jobs(jobs)
    minutes = {
        name: minutes_of(ci_job_sums, name) if known is None else known
        for name, known in given.items()
    }
    ignored = _unknown_fields(payload, sent)
    return NewBatchRun(
        batch_id=batch_id,
        ecosystem=ecosystem,
        started_at=started_at,
        completed_at=completed_at,
        total_recipes=fields.total_recipes,
        passed=counts[PASSED],
        failed=counts[FAILED],
        skipped=counts[SKIPPED],
        success_rate=rate,
        macos_minutes=minutes["macos"],
        linux_minutes=minutes["linux"],
        run_url=fields.run_url or None,
        commit_sha=fields.commit_sha or None,
        run_attempt=fields.run_attempt,
        jobs=jobs,
        ci_job_sums=ci_job_sums,
        results=results,
        truncated_at=messages.truncated_at,
        shortened_messages=messages.shortened,
        ignored_fields=ignored,
        content_digest=hashlib.sha256(canonical(payload)).digest(),
        warnings=tuple(
            [
                *warnings,
                *(f"unknown field {shown(name)} is ignored" for name in ignored),
                *_ahead_warnings(started_at, completed_at, now),
                *_rate_warnings(fields.success_rate, rate),
                *minutes_warnings(ci_job_sums, given),
                *messages.warnings,
            ][:MAX_WARNINGS]
        ),
    )


def _without_dust(minutes: float | None) -> float | None:
    """Minutes too short to have happened are none: PostgreSQL refuses to multiply the smallest."""
    return 0.0 if minutes is not None and minutes < MIN_MINUTES else minutes


def _result_problems(entries: list[Any], wanted: int) -> list[Problem]:
    if len(entries) > MAX_RESULTS:
        return [
            Problem(
                "results",
                f"results contains {len(entries):,} entries; send at most {MAX_RESULTS:,} at once",
            )
        ]
    problems: list[Problem] = []
    for start in range(0, len(entries), CHECK_SLICE):
        try:
            RESULT_SLICE.validate_python(entries[start : start + CHECK_SLICE])
        except ValidationError as error:
            problems += problems_of(error, "results", start)
        if len(problems) >= wanted:
            break
    return problems[: max(wanted, 0)]


def _results(
    entries: list[dict[str, Any]], sent: set[str], problems: list[Problem]
) -> tuple[NewRecipeResults, KeptMessages]:
    """The entries by column, and what is kept of their messages; `sent` are their fields."""

    def required(name: str) -> list[str]:
        return list(map(itemgetter(name), entries))

    def optional(name: str) -> list[str | None]:
        if name not in sent:
            return [None] * len(entries)
        return [entry.get(name) or None for entry in entries]

    def named(name: str, column: list[Name], longest: int = MAX_NAME_LENGTH) -> list[Name]:
        names = nfc_column(column)
        if names is not column:
            problems.extend(long_names(f"results[{{}}].{name}", names, longest))
        return names

    recipe_names = named("recipe_name", required("recipe_name"), MAX_RECIPE_NAME_LENGTH)
    outcomes = required("result")
    messages = keep_messages(optional("error_message"), recipe_names, outcomes)
    durations = [entry.get("duration_seconds") for entry in entries]
    results = NewRecipeResults(
        recipe_name=recipe_names,
        ecosystem=named("ecosystem", required("ecosystem")),
        result=outcomes,
        error_category=named("error_category", optional("error_category")),
        error_message=messages.error_message,
        duration_seconds=[None if value is None else float(value) for value in durations],
        platform=named("platform", optional("platform")),
        recipe_version=named("recipe_version", optional("recipe_version"), MAX_VERSION_LENGTH),
        failure_class=optional("failure_class"),
        telling_line=messages.telling_line,
    )
    return results, messages


def _count_problems(
    counts: Mapping[str, int], listed: Mapping[str, int], total_recipes: int
) -> Iterator[Problem]:
    outcomes = sum(counts.values())
    if outcomes > total_recipes:
        yield Problem(
            "total_recipes",
            f"passed + failed + skipped is {outcomes}, more than total_recipes ({total_recipes})",
        )
    for name in RESULTS:
        if listed[name] > counts[name]:
            yield Problem(
                name, f"results lists {listed[name]} {name}, more than {name} says ({counts[name]})"
            )


def _ahead_warnings(
    started_at: datetime, completed_at: datetime | None, now: datetime
) -> Iterator[str]:
    for name, time in (("started_at", started_at), ("completed_at", completed_at)):
        if time is not None and (warning := ahead_warning(name, time, now)):
            yield warning


def _rate_warnings(given: float | None, computed: float | None) -> Iterator[str]:
    if given is None:
        return
    if computed is None:
        if given:
            yield f"success_rate {given:g} is left out: nothing was attempted"
    elif abs(given - computed) > MAX_RATE_ERROR:
        yield (
            f"success_rate {given:g} does not match the counts; "
            f"stored is passed / (passed + failed) = {computed:.4g}"
        )


def _unknown_fields(payload: dict[str, Any], sent: set[str]) -> tuple[str, ...]:
    found = sorted(payload.keys() - RUN_FIELDS)
    found += [
        f"jobs[].{name}" for name in sorted(set().union(*payload.get("jobs") or []) - JOB_FIELDS)
    ]
    found += [f"results[].{name}" for name in sorted(sent - RESULT_FIELDS)]
    return tuple(found)


def _check_time(
    payload: dict[str, Any], name: str, now: datetime, problems: list[Problem]
) -> datetime | None:
    text = payload.get(name)
    if not isinstance(text, str):
        return None  # absence and wrong types are named by the field's own check
    if not text and name == "started_at":
        problems.append(Problem(name, f"{name} is required"))
        return None
    found = check_time(name, text, now)
    if isinstance(found, Problem):
        problems.append(found)
        return None
    return found
