"""What the plan would have saved: the stored history, followed as it happened. Pure.

Each batch run asks the plan before it starts. An attempt that the plan would have left out did not
happen, so it does not count in the streaks either. Source: docs/plan.md, "Replay".
"""

import heapq
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import NamedTuple

from batch_dashboard.model.batch_runs.vocabulary import LINUX, MACOS
from batch_dashboard.model.plan.rule import Action, PlanRule, advise
from batch_dashboard.model.plan.streaks import Attempt, Streak, follow
from batch_dashboard.model.spending.prices import ListPrice, list_price

_MACOS = re.compile(r"(?<![a-z])(?:darwin|mac|macos|osx)(?![a-z])", re.IGNORECASE)
_LINUX = re.compile(
    r"(?<![a-z])(?:linux|ubuntu|debian|fedora|alpine|arch|centos|rhel|suse|opensuse|manylinux"
    r"|musllinux)(?![a-z])",
    re.IGNORECASE,
)

RecipeKey = tuple[str, str]  # ecosystem and recipe name


class PastAttempt(NamedTuple):
    """An attempt that is stored, of a recipe, and how long it took."""

    recipe: RecipeKey
    attempt: Attempt
    duration_seconds: float | None  # None: unknown


class PastRun(NamedTuple):
    """A batch run that is stored, with the attempts that it lists."""

    started_at: int  # Unix seconds
    attempts: Sequence[PastAttempt]
    unlisted: int = 0  # attempts that the run counts but does not list


class Replayed(NamedTuple):
    """What a plan would have changed in the history of an ecosystem."""

    runs: int = 0  # that attempted a recipe
    attempts: int = 0
    unlisted: int = 0  # those of them that no run lists: the plan cannot leave them out
    avoided: int = 0
    empty_runs: int = 0  # in which the plan would have left out every attempt
    avoided_seconds: float = 0.0  # of the avoided attempts whose duration is known
    unknown_durations: int = 0  # avoided attempts whose duration is unknown
    avoided_dollars: float = 0.0  # at list price, where duration and operating system are known
    unknown_costs: int = 0  # avoided attempts whose duration or operating system is unknown
    passes: int = 0  # that runs list
    delays: tuple[int, ...] = ()  # of the passes that come later, in seconds

    @property
    def avoided_share(self) -> float | None:
        """The share of the attempts that are avoided, 0…1; None: there was no attempt."""
        return self.avoided / self.attempts if self.attempts else None

    @property
    def median_delay_seconds(self) -> float | None:
        """The median delay of the passes that come later; None: none does."""
        return median(self.delays) if self.delays else None

    @property
    def max_delay_seconds(self) -> int | None:
        """The longest delay of a pass; None: none comes later."""
        return max(self.delays, default=None)


NOTHING = Replayed()


def add(replayed: Iterable[Replayed]) -> Replayed:
    """The sum over several ecosystems."""
    rows = list(replayed)
    numbers = {
        name: sum(getattr(row, name) for row in rows)
        for name in Replayed._fields
        if name != "delays"
    }
    return Replayed(**numbers, delays=tuple(delay for row in rows for delay in row.delays))


def runner_os_of(platform: str) -> str | None:
    """The runner operating system of a platform such as `darwin-arm64`; None: unknown."""
    if _MACOS.search(platform):
        return MACOS
    return LINUX if _LINUX.search(platform) else None


class Replay:
    """Follows the batch runs of one ecosystem in their order."""

    def __init__(
        self, rule: PlanRule, prices: Sequence[ListPrice], counted_since: int | None = None
    ) -> None:
        """`prices` are the list prices in force, oldest first.

        Runs that started before `counted_since`, in Unix seconds, are followed but not counted.
        """
        self._rule = rule
        self._prices = prices
        self._counted_since = counted_since
        self._streaks: dict[RecipeKey, dict[str, Streak]] = {}
        # Passes that the plan would have left out: of a recipe on a platform, when it first passed.
        self._pending: dict[tuple[RecipeKey, str], int] = {}
        # The same by the end of their wait, the first one on top.
        self._due: list[tuple[int, RecipeKey, str]] = []
        self._sums = NOTHING
        self._delays: list[int] = []

    @property
    def result(self) -> Replayed:
        """What the plan would have changed so far.

        Passes that are left out and were not tried again yet count until the end of their wait.
        """
        waiting = [
            due - since
            for due, recipe, platform in self._due
            if (since := self._pending.get((recipe, platform))) is not None
            and self._is_counted(since)
        ]
        return self._sums._replace(delays=(*self._delays, *waiting))

    def follow(self, run: PastRun) -> None:
        """Process the next run; runs must be in the order in which they started."""
        skipped = self._skipped(run)
        done = [past for past in run.attempts if _place(past) not in skipped]
        self._retry_passes(run.started_at, {_place(past) for past in done})
        for past in run.attempts:
            place = _place(past)
            if place in skipped and past.attempt.passed and place not in self._pending:
                self._pending[place] = run.started_at
                heapq.heappush(self._due, (skipped[place], *place))
        self._try(done)
        self._count(run, [past for past in run.attempts if _place(past) in skipped])

    def _skipped(self, run: PastRun) -> dict[tuple[RecipeKey, str], int]:
        """What the plan leaves out of a run, with the time of the next attempt."""
        skipped: dict[tuple[RecipeKey, str], int] = {}
        for past in run.attempts:
            streak = self._streaks.get(past.recipe, {}).get(past.attempt.platform)
            if streak is not None:
                version = past.attempt.recipe_version
                advice = advise(streak, self._rule, run.started_at, recipe_version=version)
                if advice.action == Action.SKIP and advice.next_attempt_at is not None:
                    skipped[_place(past)] = advice.next_attempt_at
        return skipped

    def _retry_passes(self, now: int, tried: set[tuple[RecipeKey, str]]) -> None:
        """Recipes that passed while they waited pass in the first run after their wait.

        The recorded CI had no reason to try them again; with the plan it would have.
        """
        while self._due and self._due[0][0] <= now:
            _, recipe, platform = heapq.heappop(self._due)
            since = self._pending.get((recipe, platform))
            if since is not None and (recipe, platform) not in tried:
                self._passed(recipe, platform, now)
                self._add(recipe, Attempt(now, platform, passed=True))

    def _try(self, done: Sequence[PastAttempt]) -> None:
        for recipe, attempt, _ in done:
            if attempt.passed:
                self._passed(recipe, attempt.platform, attempt.at)
            if recipe in self._streaks or not attempt.passed:
                self._add(recipe, attempt)

    def _passed(self, recipe: RecipeKey, platform: str, at: int) -> None:
        since = self._pending.pop((recipe, platform), None)
        if since is not None and self._is_counted(since):
            self._delays.append(at - since)

    def _is_counted(self, at: int) -> bool:
        return self._counted_since is None or at >= self._counted_since

    def _add(self, recipe: RecipeKey, attempt: Attempt) -> None:
        after, _ = follow(self._streaks.get(recipe, {}), [attempt])
        if after:
            self._streaks[recipe] = after
        else:
            self._streaks.pop(recipe, None)

    def _count(self, run: PastRun, avoided: Sequence[PastAttempt]) -> None:
        sums, attempts = self._sums, len(run.attempts) + run.unlisted
        if not attempts or not self._is_counted(run.started_at):
            return
        durations = [past.duration_seconds for past in avoided]
        costs = [self._cost(past) for past in avoided]
        self._sums = sums._replace(
            runs=sums.runs + 1,
            attempts=sums.attempts + attempts,
            unlisted=sums.unlisted + run.unlisted,
            avoided=sums.avoided + len(avoided),
            empty_runs=sums.empty_runs + (len(avoided) == attempts),
            avoided_seconds=sums.avoided_seconds + sum(known or 0.0 for known in durations),
            unknown_durations=sums.unknown_durations + durations.count(None),
            avoided_dollars=sums.avoided_dollars + sum(known or 0.0 for known in costs),
            unknown_costs=sums.unknown_costs + costs.count(None),
            passes=sums.passes + sum(past.attempt.passed for past in run.attempts),
        )

    def _cost(self, past: PastAttempt) -> float | None:
        runner_os = runner_os_of(past.attempt.platform)
        if past.duration_seconds is None or runner_os is None:
            return None
        day = datetime.fromtimestamp(past.attempt.at, UTC).date()
        return past.duration_seconds / 60 * list_price(day, self._prices).of(runner_os)


def _place(past: PastAttempt) -> tuple[RecipeKey, str]:
    return past.recipe, past.attempt.platform
