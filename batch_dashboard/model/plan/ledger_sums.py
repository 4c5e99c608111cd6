"""What the plan saved in a period, as pages show it. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from batch_dashboard.model.batch_runs.vocabulary import LINUX, MACOS
from batch_dashboard.model.plan.ledger import Outcome, Savings
from batch_dashboard.model.spending.prices import ListPrice, list_price

MILLISECONDS_PER_MINUTE = 60_000


class LedgerPart(NamedTuple):
    """The ledger of an ecosystem from a day on, until at most the next change of price."""

    start: date
    ecosystem: str
    requests: int
    advised: int  # recipes to run
    left_out: Savings
    outcome: Outcome


class LedgerSums(NamedTuple):
    """What the plan advised in a period, and what became of it."""

    ecosystem: str  # empty: several
    requests: int = 0
    advised: int = 0
    left_out: int = 0
    not_followed: int = 0
    avoided: Savings = Savings()
    dollars: float = 0.0  # at list price, of the avoided attempts whose cost is known
    late_passes: int = 0
    max_delay_seconds: int = 0

    @property
    def minutes(self) -> float | None:
        """The avoided minutes as far as durations are known; None: none is."""
        if _is_unknown(self.avoided.unknown_durations, self.avoided.attempts):
            return None
        return self.avoided.milliseconds / MILLISECONDS_PER_MINUTE

    @property
    def cost(self) -> float | None:
        """The avoided US dollars as far as they are known; None: no cost is known."""
        if _is_unknown(self.avoided.unknown_costs, self.avoided.attempts):
            return None
        return self.dollars


def _is_unknown(unknown: int, attempts: int) -> bool:
    """Whether nothing is known of some attempts, which are negative on a day without its advice."""
    return attempts != 0 and unknown == attempts


def sum_parts(
    parts: Iterable[LedgerPart], prices: Sequence[ListPrice], ecosystem: str = ""
) -> LedgerSums:
    """The sum of some parts, each at the list price of its first day."""
    sums = LedgerSums(ecosystem)
    for part in parts:
        avoided = part.left_out.minus(part.outcome.not_followed)
        price = list_price(part.start, prices)
        dollars = (
            avoided.macos_milliseconds * price.of(MACOS)
            + avoided.linux_milliseconds * price.of(LINUX)
        ) / MILLISECONDS_PER_MINUTE
        sums = LedgerSums(
            ecosystem,
            sums.requests + part.requests,
            sums.advised + part.advised,
            sums.left_out + part.left_out.attempts,
            sums.not_followed + part.outcome.not_followed.attempts,
            sums.avoided.plus(avoided),
            sums.dollars + dollars,
            sums.late_passes + part.outcome.late_passes,
            max(sums.max_delay_seconds, part.outcome.max_delay_seconds),
        )
    return sums


def sum_ecosystems(parts: Sequence[LedgerPart], prices: Sequence[ListPrice]) -> list[LedgerSums]:
    """One row for each ecosystem, the most avoided attempts first."""
    by_ecosystem: dict[str, list[LedgerPart]] = {}
    for part in parts:
        by_ecosystem.setdefault(part.ecosystem, []).append(part)
    rows = [sum_parts(of_one, prices, name) for name, of_one in by_ecosystem.items()]
    return sorted(rows, key=lambda row: (-row.avoided.attempts, row.ecosystem))
