"""The CI jobs of a batch run, and how they are checked.

Source: docs/ingest-api.md, "Jobs".
"""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from batch_dashboard.errors import Problem
from batch_dashboard.model.ingest.complaints import named_kind, problems_of
from batch_dashboard.model.ingest.names import nfc
from batch_dashboard.model.ingest.upload_times import check_time

MAX_JOBS = 2_000
MAX_JOB_NAME_LENGTH = 200
SECONDS_PER_MINUTE = 60
TIMES = ("queued_at", "started_at", "completed_at")


class JobFields(TypedDict):
    """One entry of `jobs`."""

    __pydantic_config__ = ConfigDict(  # type: ignore[misc]
        strict=True, extra="ignore", regex_engine="rust-regex"
    )

    name: Annotated[
        str,
        Field(min_length=1, max_length=MAX_JOB_NAME_LENGTH, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$"),
    ]
    runner_os: Literal["macos", "linux", "windows", "other"]
    queued_at: NotRequired[str | None]
    started_at: str
    completed_at: NotRequired[str | None]


JOBS = TypeAdapter(list[JobFields])
JOB_FIELDS = frozenset(JobFields.__annotations__)


class NewJob(NamedTuple):
    """A job that passed every check. Times are UTC, to the second."""

    name: str
    runner_os: str
    queued_at: datetime | None
    started_at: datetime
    completed_at: datetime | None

    @property
    def wait_seconds(self) -> float | None:
        """The wait for a runner; None: unknown."""
        if self.queued_at is None:
            return None
        return (self.started_at - self.queued_at).total_seconds()

    @property
    def duration_seconds(self) -> float | None:
        """The duration; None: it had not ended."""
        if self.completed_at is None:
            return None
        return (self.completed_at - self.started_at).total_seconds()

    @property
    def billed_minutes(self) -> int | None:
        """Its duration rounded up to a whole minute, as CI systems bill it; None: unknown."""
        seconds = self.duration_seconds
        return None if seconds is None else math.ceil(seconds / SECONDS_PER_MINUTE)


def read_jobs(entries: Any, now: datetime) -> tuple[tuple[NewJob, ...], list[Problem]]:
    """The jobs of a payload, or everything that is wrong with them."""
    if entries is None:
        return (), []
    if not isinstance(entries, list):
        return (), [Problem("jobs", f"jobs must be an array, not {named_kind(entries)}")]
    if len(entries) > MAX_JOBS:
        found = f"jobs contains {len(entries):,} entries; send at most {MAX_JOBS:,}"
        return (), [Problem("jobs", found)]
    try:
        JOBS.validate_python(entries)
    except ValidationError as error:
        return (), list(problems_of(error, "jobs"))
    problems: list[Problem] = []
    jobs = tuple(_read_job(index, entry, now, problems) for index, entry in enumerate(entries))
    return (() if problems else tuple(job for job in jobs if job)), problems


def _read_job(
    index: int, entry: Mapping[str, Any], now: datetime, problems: list[Problem]
) -> NewJob | None:
    known = len(problems)
    times: list[datetime | None] = []
    for name in TIMES:
        text = entry.get(name)
        if text is None or (not text and name != "started_at"):
            times.append(None)
            continue
        found = check_time(name, text, now)
        if isinstance(found, Problem):
            problems.append(found.within(f"jobs[{index}]"))
            times.append(None)
        else:
            times.append(found)
    queued_at, started_at, completed_at = times
    if started_at is None or len(problems) > known:
        return None
    if completed_at is not None and completed_at < started_at:
        path = f"jobs[{index}]"
        place = f"{path}.completed_at"
        problems.append(Problem(place, f"{place} must not be before {path}.started_at"))
        return None
    if queued_at is not None:
        # The clocks of the CI system and of the runner can differ by seconds.
        queued_at = min(queued_at, started_at)
    return NewJob(nfc(entry["name"]), entry["runner_os"], queued_at, started_at, completed_at)
