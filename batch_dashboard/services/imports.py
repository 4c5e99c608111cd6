"""Importing many batch runs at once, through the same checks and sums as an upload."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from batch_dashboard.errors import PayloadError
from batch_dashboard.model.payload import NewBatchRun, check_payload
from batch_dashboard.model.summaries import RunSummary, summarise
from batch_dashboard.services.import_sources import Entry, Source, open_source
from batch_dashboard.services.ingest import add_batch_run
from batch_dashboard.store.engine import Store

# Small enough that uploads hardly wait for a transaction, large enough to be quick.
RESULTS_PER_TRANSACTION = 5_000
RUNS_PER_TRANSACTION = 200


@dataclass
class ImportReport:
    """What became of a file's entries."""

    stored_runs: int = 0
    stored_results: int = 0
    known_runs: int = 0  # stored before
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
    with open_source(path) as source:
        on_start(source)
        waiting: list[tuple[NewBatchRun, RunSummary]] = []
        results = 0
        for entry, run in _checked(source, now, on_refused, report):
            on_progress(entry.position)
            if run is None:
                continue
            waiting.append((run, summarise(run.results)))
            results += len(run.results)
            if results >= RESULTS_PER_TRANSACTION or len(waiting) >= RUNS_PER_TRANSACTION:
                _store(store, waiting, now, report)
                waiting, results = [], 0
        _store(store, waiting, now, report)
    return report


def _checked(
    source: Source, now: datetime, on_refused: Callable[[str, str], None], report: ImportReport
) -> Iterator[tuple[Entry, NewBatchRun | None]]:
    for entry in source.entries:
        run, problem = None, entry.problem
        if problem is None:
            try:
                run = check_payload(entry.payload, now)
            except PayloadError as error:
                more = len(error.problems) - 1
                problem = f"{error}{f' (and {more} more problems)' if more else ''}"
        if problem is not None:
            report.refused += 1
            on_refused(entry.place, problem)
        yield entry, run


def _store(
    store: Store, runs: list[tuple[NewBatchRun, RunSummary]], now: datetime, report: ImportReport
) -> None:
    if not runs:
        return
    with store.write() as connection:
        receipts = [add_batch_run(connection, run, summary, now) for run, summary in runs]
    for receipt, (run, _summary) in zip(receipts, runs, strict=True):
        if receipt.replayed:
            report.known_runs += 1
        else:
            report.stored_runs += 1
            report.stored_results += len(run.results)
