"""`import`: batch runs from files."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from tqdm import tqdm

from batch_dashboard.commands.context import changing, in_application, store
from batch_dashboard.services.import_sources import Source
from batch_dashboard.services.imports import ImportReport, import_file


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@in_application
def import_runs(files: tuple[Path, ...]) -> None:
    """Import FILES: payloads one a line (.ndjson, .ndjson.gz), SQL dumps, SQLite files.

    What cannot be stored is named with its place while the rest goes in (exit code 1 then).
    Safe to run again: what is stored already is not stored twice.
    """
    refused = 0
    for path in files:
        report = _import(path)
        refused += report.refused
        stored = {"batch_runs": report.stored_runs, "recipe_results": report.stored_results}
        with changing() as change:
            change.record("import", path.name, None, stored)
        click.echo(
            f"{path}: {report.stored_runs:,} batch runs with {report.stored_results:,} results "
            f"stored, {report.known_runs:,} were there already, {report.refused:,} refused"
        )
    if refused:
        sys.exit(1)


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
