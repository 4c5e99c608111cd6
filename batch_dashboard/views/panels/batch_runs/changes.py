"""Changes of recipes between two batch runs."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for

from batch_dashboard.model.batch_runs.comparison import (
    LISTED,
    SENTENCES,
    Change,
    ComparedRecipe,
    Comparison,
)


@dataclass(frozen=True)
class ChangesTable:
    """Recipes of two runs; an ecosystem is named where it is not that of the later run."""

    caption: str
    recipes: Sequence[ComparedRecipe]
    ecosystem: str


@dataclass(frozen=True)
class ChangeCount:
    """The number of recipes with one change, and the address of their list."""

    change: Change
    sentence: str
    recipes: int
    url: str


@dataclass(frozen=True)
class ChangeCounts:
    """The ways in which recipes changed; `chosen` is the one that is listed, None: all are."""

    counts: Sequence[ChangeCount]
    all_url: str
    chosen: str | None = None


def change_counts(
    compared: Comparison, before: int, after: int, chosen: str | None = None
) -> ChangeCounts:
    """The counts of two runs, given by their numbers."""

    def url(change: str | None) -> str:
        return url_for("run_comparison.show", a=before, b=after, change=change)

    counts = [
        ChangeCount(change, SENTENCES[change], compared.counts.get(change, 0), url(change))
        for change in LISTED
    ]
    return ChangeCounts(counts, url(None), chosen)
