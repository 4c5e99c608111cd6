"""Importing files of batch runs, through the same checks and sums as an upload."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from batch_dashboard.errors import PayloadError
from batch_dashboard.model.ingest.payload import NewBatchRun, check_payload
from batch_dashboard.services.ingest.bulk_ingest import StoredRuns, ingest_batch_runs
from batch_dashboard.services.ingest.import_entries import Source
from batch_dashboard.services.ingest.import_sources import open_source
from batch_dashboard.store.engine import Store


@dataclass
class ImportReport(StoredRuns):
    """What became of a file's entries, and of what was in those that went in."""

    refused: int = 0
    shortened_messages: int = 0
    # In how many batch runs a field was that is not known, by its name.
    ignored_fields: Counter[str] = field(default_factory=Counter)


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
                    run = check_payload(entry.payload, now, entry.warnings)
                    report.shortened_messages += run.shortened_messages
                    report.ignored_fields.update(run.ignored_fields)
                    yield run
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
        for name in source.ignored_columns:
            report.ignored_fields[name] = report.stored_runs + report.known_runs
    return report
