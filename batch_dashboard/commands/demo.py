"""`demo`: store generated demo data."""

import sys
from datetime import UTC, datetime

import click
from tqdm import tqdm

from batch_dashboard.commands.context import changing, in_application, store
from batch_dashboard.services.demo.demo import has_batch_runs, store_demo

MAX_RESULTS = 100_000_000


@click.command("demo")
@click.option(
    "--results",
    type=click.IntRange(1, MAX_RESULTS),
    default=20_000,
    show_default=True,
    help="Number of recipe results to generate.",
)
@click.option(
    "--seed",
    type=int,
    default=1,
    show_default=True,
    help="The same seed generates the same data on the same day.",
)
@click.option("--if-empty", is_flag=True, help="Do nothing if batch runs are stored.")
@in_application
def demo(results: int, seed: int, if_empty: bool) -> None:
    """Generate and store two years of batch runs of eight ecosystems, ending today."""
    if if_empty and has_batch_runs(store()):
        click.echo("Batch runs are stored already, so no demo data was added.")
        return
    with tqdm(
        desc="demo", total=results, unit="result", file=sys.stderr, disable=None, unit_scale=True
    ) as bar:
        report = store_demo(store(), results, seed, datetime.now(UTC), bar.update)
    with changing() as change:
        change.record("store demo data", "batch runs", None, {"batch_runs": report.stored_runs})
    click.echo(
        f"{report.stored_runs:,} batch runs with {report.stored_results:,} results stored"
        + (f", {report.known_runs:,} were stored already" if report.known_runs else "")
        + "."
    )
