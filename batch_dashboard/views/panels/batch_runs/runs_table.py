"""Batch runs as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from batch_dashboard.model.batch_runs.records import BatchRun
from batch_dashboard.views.listing import Listing


@dataclass(frozen=True)
class RunsTable:
    """The runs under a caption for screen readers; without a `listing` it has fewer columns.

    The heads of a listing sort it.
    """

    id: str
    caption: str
    runs: Sequence[BatchRun]
    slots: Mapping[str, int]
    listing: Listing | None = None
