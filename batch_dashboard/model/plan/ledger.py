"""What the plan left out, and what became of it. Pure.

Source: docs/plan.md, "Ledger".
"""

from collections.abc import Collection
from typing import NamedTuple

from batch_dashboard.model.batch_runs.vocabulary import LINUX, MACOS
from batch_dashboard.model.plan.replay import runner_os_of

# Of each recipe that waits; CI may run so many batches at once.
REMEMBERED_REQUESTS = 4


class GivenAdvice(NamedTuple):
    """What a request for the plan of an ecosystem was answered."""

    ecosystem: str
    batch_id: str | None  # None: the request did not state it
    advised: int  # recipes to run
    left_out: Collection[tuple[str, str]]  # recipes that wait, each with its platform or ''


class Request(NamedTuple):
    """A request for the plan, in answer to which a recipe was left out."""

    batch_id: str | None
    at: int  # Unix seconds


class Wait(NamedTuple):
    """How a recipe was left out on a platform since its last failure."""

    since: int | None  # the first time, Unix seconds; None: not since its last failure
    left_out: int  # attempts since then
    last_at: int  # Unix seconds
    milliseconds: int | None  # of an attempt, by its own median; None: unknown
    requests: tuple[Request, ...]  # the latest ones that no attempt was uploaded for


class Savings(NamedTuple):
    """Attempts and their estimated durations, which are whole milliseconds."""

    attempts: int = 0
    unknown_durations: int = 0  # attempts of unknown duration
    unknown_costs: int = 0  # attempts of unknown duration or operating system
    milliseconds: int = 0  # of all attempts of known duration
    macos_milliseconds: int = 0  # those of them on macOS
    linux_milliseconds: int = 0

    def plus(self, other: "Savings") -> "Savings":
        """The sum of both."""
        return Savings(*(a + b for a, b in zip(self, other, strict=True)))

    def minus(self, other: "Savings") -> "Savings":
        """This without another."""
        return Savings(*(a - b for a, b in zip(self, other, strict=True)))


class Outcome(NamedTuple):
    """What batch runs attempted although it was left out, and passes that came later."""

    not_followed: Savings = Savings()
    late_passes: int = 0
    max_delay_seconds: int = 0  # of a late pass, at most

    def plus(self, other: "Outcome") -> "Outcome":
        """Both together."""
        return Outcome(
            self.not_followed.plus(other.not_followed),
            self.late_passes + other.late_passes,
            max(self.max_delay_seconds, other.max_delay_seconds),
        )


class Settled(NamedTuple):
    """What an uploaded attempt says about a wait."""

    wait: Wait
    is_not_followed: bool  # the plan had left this attempt out
    delay_seconds: int | None  # of a pass that came later; None: it did not


def savings_of(milliseconds: int | None, platform: str) -> Savings:
    """One attempt on a platform."""
    runner_os = runner_os_of(platform)
    if milliseconds is None:
        return Savings(1, unknown_durations=1, unknown_costs=1)
    return Savings(
        1,
        unknown_costs=int(runner_os is None),
        milliseconds=milliseconds,
        macos_milliseconds=milliseconds if runner_os == MACOS else 0,
        linux_milliseconds=milliseconds if runner_os == LINUX else 0,
    )


def leave_out(
    wait: Wait | None, request: Request, new_milliseconds: int | None = None
) -> Wait | None:
    """The wait after a recipe is left out once more; None: it was left out for this batch before.

    `new_milliseconds` is the duration of an attempt, used where the wait begins.
    """
    if wait is None:
        return Wait(request.at, 1, request.at, new_milliseconds, (request,))
    if request.batch_id is not None and request.batch_id in (r.batch_id for r in wait.requests):
        return None
    is_first = wait.since is None
    return Wait(
        request.at if is_first else wait.since,
        wait.left_out + 1,
        request.at,
        new_milliseconds if is_first else wait.milliseconds,
        (*wait.requests, request)[-REMEMBERED_REQUESTS:],
    )


def settle(
    wait: Wait, batch_id: str, started_at: int, *, passed: bool, is_infrastructure: bool
) -> Settled:
    """What an attempt of a batch run that started at a time says about the wait of its recipe."""
    request = _request_of(wait, batch_id, started_at)
    if request is not None:
        requests = tuple(other for other in wait.requests if other is not request)
        left_out = max(wait.left_out - 1, 0)
        wait = wait._replace(
            requests=requests, left_out=left_out, since=wait.since if left_out else None
        )
    delay = None
    if wait.since is not None and started_at > wait.since:
        delay = started_at - wait.since if passed else None
        if not is_infrastructure:
            wait = wait._replace(since=None, left_out=0)
    return Settled(wait, request is not None, delay)


def _request_of(wait: Wait, batch_id: str, started_at: int) -> Request | None:
    """The request that a batch run made: of its batch, or the last one before it if of none."""
    for request in wait.requests:
        if request.batch_id == batch_id:
            return request
    before = [request for request in wait.requests if request.at <= started_at]
    return before[-1] if before and before[-1].batch_id is None else None
