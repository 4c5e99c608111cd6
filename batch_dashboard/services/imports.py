"""Importing files of batch runs, through the same checks and sums as an upload."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from batch_dashboard.errors import PayloadError
from batch_dashboard.model.payload import NewBatchRun, check_payload
from batch_dashboard.services.bulk_ingest import StoredRuns, ingest_batch_runs
from batch_dashboard.services.import_sources import Source, open_source
from batch_dashboard.store.engine import Store


@dataclass
class ImportReport(StoredRuns):
    """What became of a file's entries."""

    refused: int = 0


def import_file(
    store: Store,
    path: Path,
    now: datetime,
    on_start: Callable[[Source], None],
    on_progress: Callable[[int], None],
    on_refused: Callable[[str, str], None],
) -> ImportReport:
    """Import one file; what cannot be stored is told to `on_refused` while the rest goes in.

    `on_progress` gets positions in the source. Safe to run again after an interruption: what is
    stored already is known by its content. Raises ImportFileError and StoreUnavailable.
    """
    report = ImportReport()

    def runs(source: Source) -> Iterator[NewBatchRun]:
        for entry in source.entries:
            problem = entry.problem
            if problem is None:
                try:
                    yield check_payload(entry.payload, now)
                except PayloadError as error:
                    more = len(error.problems) - 1
                    problem = f"{error}{f' (and {more} more problems)' if more else ''}"
            if problem is not None:
                report.refused += 1
                on_refused(entry.place, problem)
            on_progress(entry.position)

    with open_source(path) as source:
        on_start(source)
        ingest_batch_runs(store, runs(source), now, report)
    return report
