"""`import`: import batch runs from files."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
from tqdm import tqdm

from batch_dashboard.commands.context import changing, in_application, store
from batch_dashboard.model.ingest.complaints import shown
from batch_dashboard.model.text.wording import plural
from batch_dashboard.services.ingest.import_entries import Source
from batch_dashboard.services.ingest.imports import ImportReport, import_file

MAX_NAMED = 10


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@in_application
def import_runs(files: tuple[Path, ...]) -> None:
    """Import batch runs from FILES: NDJSON, JSON arrays, SQL dumps or SQLite files.

    What cannot be stored is reported with its place, the rest is imported, and the exit code is 1.
    The command can be run again: batch runs that are stored already are not stored twice.
    """
    refused = 0
    for path in files:
        report = _import(path)
        refused += report.refused
        stored = {"batch_runs": report.stored_runs, "recipe_results": report.stored_results}
        with changing() as change:
            change.record("import", path.name, None, stored)
        click.echo(
            f"{path}: {plural(report.stored_runs, 'batch run')} with "
            f"{plural(report.stored_results, 'result')} stored, {report.known_runs:,} were stored "
            f"already, {report.refused:,} refused"
        )
        for sentence in _losses(report):
            click.echo(f"{path}: {sentence}")
    if refused:
        sys.exit(1)


def _losses(report: ImportReport) -> Iterator[str]:
    """The parts of imported batch runs that were left out."""
    if report.shortened_messages:
        yield f"{plural(report.shortened_messages, 'message')} shortened because they are too long"
    if report.ignored_fields:
        most = report.ignored_fields.most_common(MAX_NAMED)
        names = ", ".join(f"{shown(name)} (of {plural(runs, 'batch run')})" for name, runs in most)
        more = len(report.ignored_fields) - len(most)
        yield f"ignored fields: {names}{f' and {more:,} more' if more else ''}"


def _import(path: Path) -> ImportReport:
    with tqdm(desc=path.name, file=sys.stderr, disable=None, unit_scale=True) as bar:

        def start(source: Source) -> None:
            bar.reset(total=source.length)
            bar.unit = source.unit

        def advance(position: int) -> None:
            bar.update(max(0, position - bar.n))

        def refuse(place: str, problem: str) -> None:
            bar.write(f"{path}: {place}: {problem}", file=sys.stderr)

        return import_file(
            store(),
            path,
            datetime.now(UTC),
            on_start=start,
            on_progress=advance,
            on_refused=refuse,
        )
