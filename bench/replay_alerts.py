"""Replays batch runs with the clock following them, and lists the incidents that open and close.

    python bench/replay_alerts.py PAYLOADS.ndjson.gz

Each run is stored when it ended, and all is judged then and each hour between. The output is
Markdown, as in docs/judgement-on-real-data.md.
"""

import argparse
import gzip
import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from batch_dashboard.model.alerts.finding_kinds import Severity
from batch_dashboard.model.alerts.incidents import Incident
from batch_dashboard.model.ingest.payload import NewBatchRun, check_payload
from batch_dashboard.services.administration.database import upgrade_database
from batch_dashboard.services.alerts.alerts import check
from batch_dashboard.services.alerts.destinations import Destination
from batch_dashboard.services.ingest.ingest import ingest_batch_run
from batch_dashboard.store.alerts import alerts, incidents
from batch_dashboard.store.alerts.incidents import fetch_all
from batch_dashboard.store.engine import Store

HOUR = timedelta(hours=1)
DAYS_AFTER = 2
NOWHERE = Destination("nobody", "json://127.0.0.1:9/", Severity.NOTICE)


class Replay(NamedTuple):
    """What a replay brought."""

    incidents: list[Incident]
    messages: list[alerts.Delivery]
    first: datetime
    last: datetime
    bad_runs: dict[int, int]  # by incident: the bad runs of its subject up to its opening
    most_bad_runs: dict[str, int]  # by ecosystem: the most in a row before it was critical


def replay(store: Store, runs: list[NewBatchRun], every: timedelta = HOUR) -> Replay:
    """Store runs in the order they ended, judging after each and every hour or so."""
    ordered = sorted(runs, key=_ended_at)
    first = clock = _ended_at(ordered[0])
    bad: Counter[str] = Counter()
    bad_runs: dict[int, int] = {}
    most: dict[str, int] = {}

    def look(now: datetime) -> None:
        check(store, [NOWHERE], None, now)
        with store.read() as connection:
            known = set()
            for incident in incidents.fetch_open(connection):
                if incident.severity == "critical":
                    known.add(incident.finding_key)
                bad_runs.setdefault(incident.id, bad[incident.finding_key])
        for key, runs in bad.items():
            if key.startswith("ecosystem:") and key not in known:
                most[key] = max(most.get(key, 0), runs + 1)

    for run, following in pairwise([*ordered, None]):
        assert run is not None
        while clock + every < _ended_at(run):
            clock += every
            look(clock)
        clock = _ended_at(run)
        ingest_batch_run(store, run, clock)
        _count_bad(run, bad)
        # Whoever watches sees what ends in one second at once.
        if following is None or _ended_at(following) > clock:
            look(clock)
    last = clock
    while clock + every <= last + timedelta(days=DAYS_AFTER):
        clock += every
        look(clock)
    with store.read() as connection:
        return Replay(
            fetch_all(connection), alerts.fetch_log(connection, 10_000), first, last, bad_runs, most
        )


def _count_bad(run: NewBatchRun, bad: Counter[str]) -> None:
    """How many runs in a row failed each ecosystem and each recipe."""
    if run.passed:
        bad[f"ecosystem:{run.ecosystem}"] = 0
    elif run.failed:
        bad[f"ecosystem:{run.ecosystem}"] += 1
    outcomes = defaultdict(list)
    for name, ecosystem, result in zip(
        run.results.recipe_name, run.results.ecosystem, run.results.result, strict=True
    ):
        outcomes[f"stuck:{ecosystem}/{name}"].append(result)
    for key, results in outcomes.items():
        if "passed" in results:
            bad[key] = 0
        elif "failed" in results:
            bad[key] += 1


def _ended_at(run: NewBatchRun) -> datetime:
    return run.completed_at or run.started_at


def read(path: Path) -> Iterator[Any]:
    """The payloads of a file, one a line."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        yield from map(json.loads, lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("payloads", type=Path)
    path = parser.parse_args().payloads
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/replay.db", 60)
        upgrade_database(store)
        report(replay(store, [check_payload(payload, now) for payload in read(path)]))
        store.close()


def report(found: Replay) -> None:
    days = (found.last - found.first) / timedelta(days=1)
    kinds = Counter(incident.kind for incident in found.incidents)
    print(f"{len(found.incidents)} incidents, {len(found.messages)} messages in {days:.1f} days")
    print(f"= {len(found.messages) / days:.2f} messages a day; by kind: {dict(kinds)}\n")
    print("| opened | kind | subject | severity | began | bad runs | closed |")
    print("|---|---|---|---|---|---|---|")
    for each in found.incidents:
        if each.kind == "new failure":
            continue
        closed = "open" if each.closed_at is None else f"{each.closed_at:%m-%d %H:%M}"
        print(
            f"| {each.opened_at:%m-%d %H:%M} | {each.kind} | {each.subject.name} | {each.severity} "
            f"| {each.since:%m-%d %H:%M} | {found.bad_runs[each.id]} | {closed} |"
        )


if __name__ == "__main__":
    main()
