"""The results of a search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from batch_dashboard.model.batch_runs.records import BatchRun, EcosystemSpan
from batch_dashboard.model.failures.failures import FailureGroupCount
from batch_dashboard.model.recipes.recipes import Recipe


@dataclass(frozen=True)
class SearchResults:
    """Some results of each kind, and the kinds of which there are more."""

    text: str
    slots: Mapping[str, int]
    ecosystems: Sequence[EcosystemSpan] = ()
    recipes: Sequence[Recipe] = ()
    runs: Sequence[BatchRun] = ()
    groups: Sequence[FailureGroupCount] = ()
    more: frozenset[str] = frozenset()

    @property
    def shown(self) -> int:
        """The number of shown results."""
        return len(self.ecosystems) + len(self.recipes) + len(self.runs) + len(self.groups)
