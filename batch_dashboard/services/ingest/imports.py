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
    """The outcome of an import: stored and rejected entries, shortened and ignored parts."""

    refused: int = 0
    shortened_messages: int = 0
    # The number of batch runs with an unknown field, by the name of the field.
    ignored_fields: Counter[str] = field(default_factory=Counter)


def import_file(
    store: Store,
    path: Path,
    now: datetime,
    on_start: Callable[[Source], None],
    on_progress: Callable[[int], None],
    on_refused: Callable[[str, str], None],
) -> ImportReport:
    """Import one file; entries that cannot be stored are passed to `on_refused`.

    `on_progress` gets positions in the source. It can be repeated after an interruption, because
    stored runs are recognised by their content. Raises ImportFileError and StoreUnavailable.
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
