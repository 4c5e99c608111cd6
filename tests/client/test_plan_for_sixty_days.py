"""A CI workflow follows the plan of a real dashboard for sixty simulated days.

It asks for the plan, runs what the plan lists and uploads the results, three times a day. The
dashboard is unavailable at every tenth request. For a few days, the network of the runners is down.
"""

import io
import itertools
import json
import os
import re
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from batch_dashboard.client.batch_metrics import main
from tests.client.collection import Recipe, generate
from tests.client.conftest import Dashboard
from tests.client.servers import UnreliableProxy, unreliable_proxy
from tests.client.simulated_clock import SimulatedClock
from tests.factories import TOKEN
from tests.http.server import running_server

START = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = 60
INTERVAL = timedelta(hours=8)
RUNS = DAYS * 24 // 8
OUTAGE = (START + timedelta(days=24), START + timedelta(days=28))
LONGEST_WAIT = timedelta(days=7)
LONGEST_BREAKER_WAIT = timedelta(hours=24)
LEFT_OUT = re.compile(r"left out (\S+) until (\S+ \S+) UTC: ")


class Run(NamedTuple):
    """A run of the workflow; `next_attempts` are those of the recipes that the plan left out."""

    at: datetime
    has_plan: bool
    is_stopped: bool  # by the decision for the ecosystem
    names: list[str]
    passed: set[str]
    next_attempts: dict[str, datetime]


@dataclass
class Workflow:
    """A CI workflow that uses the uploader, in an ecosystem of its own."""

    ecosystem: str
    recipes: Sequence[Recipe]
    outage: tuple[datetime, datetime]
    folder: Path
    proxy: UnreliableProxy
    clock: SimulatedClock
    ignores_plan: bool = False  # it asks for the plan, and runs everything
    runs: list[Run] = field(default_factory=list)

    def run(self, now: datetime, plan_is_lost: bool = False, upload_is_lost: bool = False) -> Run:
        """Ask for the plan, run the recipes in it, and upload their results."""
        self.clock.set(now)
        candidates = self.folder / "candidates.ndjson"
        candidates.write_text(_lines(recipe.candidate(now) for recipe in self.recipes))
        self.proxy.is_down = plan_is_lost
        output, report = self._command(
            *("plan", "--candidates", str(candidates), "--batch-id", now.isoformat())
        )
        names = [recipe.name for recipe in self.recipes] if self.ignores_plan else output.split()
        passed = self.attempt(now, names, upload_is_lost) if names else set()
        done = Run(
            now,
            "the dashboard gave no plan" not in report,
            "nothing runs, as the dashboard advises" in report,
            names,
            passed,
            {
                name: datetime.fromisoformat(f"{moment}+00:00")
                for name, moment in LEFT_OUT.findall(report)
            },
        )
        self.runs.append(done)
        return done

    def attempt(
        self, now: datetime, names: Iterable[str], upload_is_lost: bool = False
    ) -> set[str]:
        """Run recipes and upload their results; the recipes that passed."""
        self.clock.set(now)
        is_outage = self.outage[0] <= now < self.outage[1]
        results = [
            recipe.attempt(now, is_outage) for recipe in self.recipes if recipe.name in names
        ]
        file = self.folder / "results.ndjson"
        file.write_text(_lines(results))
        moment = now.isoformat()
        self.proxy.is_down = upload_is_lost
        self._command(
            *("upload", str(file), "--spool", str(self.folder / "spool"), "--batch-id", moment),
            *("--started-at", moment, "--completed-at", moment),
        )
        return {result["recipe_name"] for result in results if result["result"] == "passed"}

    def decide(self, now: datetime) -> dict[str, str]:
        """The decision for the ecosystem."""
        self.clock.set(now)
        self.proxy.is_down = False
        output, _report = self._command("decision")
        return dict(line.split("=", 1) for line in output.splitlines())

    def _command(self, command: str, *arguments: str) -> tuple[str, str]:
        """Run a command of the uploader in this process; its standard output and error."""
        output, report = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
        with redirect_stdout(output), redirect_stderr(report):
            code = main(
                [
                    *(command, "--url", self.proxy.address, "--ecosystem", self.ecosystem),
                    *("--timeout", "0.4" if self.proxy.is_down else "30", *arguments),
                ]
            )
        assert code == 0
        output.seek(0)
        return output.read(), report.getvalue()


def _lines(entries: Iterable[dict[str, Any]]) -> str:
    return "".join(f"{json.dumps(entry)}\n" for entry in entries)


@dataclass
class Simulation:
    """A real dashboard with a simulated clock."""

    dashboard: Dashboard
    proxy: UnreliableProxy
    clock: SimulatedClock


@pytest.fixture(scope="module")
def simulation(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Simulation]:
    folder = tmp_path_factory.mktemp("simulation")
    database = folder / "database.db"
    database.write_bytes(sqlite_template.read_bytes())
    clock = SimulatedClock(folder / "clock")
    clock.set(START)
    application = "tests.client.simulated_clock:app"
    environ = {**clock.environ(), "BATCH_DASHBOARD_WORKERS": "1"}
    with (
        running_server(f"sqlite:///{database}", folder, environ, application) as address,
        unreliable_proxy(address, kinds=["pass"]) as proxy,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITLAB_CI", "JENKINS_URL"):
            patch.delenv(name, raising=False)
        patch.setenv("BATCH_METRICS_TOKEN", TOKEN)
        # Reading all certificates of the machine takes longer than anything else here.
        patch.setenv("SSL_CERT_FILE", os.devnull)
        yield Simulation(Dashboard(address, database), proxy, clock)


@pytest.fixture(scope="module")
def workflow(simulation: Simulation, tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    """The workflow after its sixty days."""
    workflow = Workflow(
        "homebrew",
        generate(START, DAYS),
        OUTAGE,
        tmp_path_factory.mktemp("workflow"),
        simulation.proxy,
        simulation.clock,
    )
    for number in range(RUNS):
        workflow.run(
            START + number * INTERVAL,
            plan_is_lost=number % 10 == 9,
            upload_is_lost=number % 10 == 4,
        )
    return workflow


def recipes_of(workflow: Workflow, kind: str) -> list[Recipe]:
    return [recipe for recipe in workflow.recipes if recipe.name.startswith(kind)]


def runs_since(workflow: Workflow, moment: datetime) -> list[Run]:
    """The runs from a moment on that the decision for the ecosystem did not stop."""
    return [run for run in workflow.runs if run.at >= moment and not run.is_stopped]


def test_every_fix_is_found_when_its_wait_ends(workflow: Workflow) -> None:
    for recipe in recipes_of(workflow, "fixed"):
        after = runs_since(workflow, recipe.fixed_at)
        due = after[0].next_attempts.get(recipe.name, after[0].at)
        assert due - recipe.fixed_at <= LONGEST_WAIT, recipe
        [found, *_] = (run for run in after if recipe.name in run.passed)
        # On a day without a plan it is found even earlier.
        assert found.at <= runs_since(workflow, due)[0].at, recipe


def test_every_bumped_version_is_found_at_once(workflow: Workflow) -> None:
    for recipe in recipes_of(workflow, "bumped"):
        assert recipe.name in runs_since(workflow, recipe.fixed_at)[0].passed, recipe
    waited = {name for run in workflow.runs for name in run.next_attempts}
    assert any(recipe.name in waited for recipe in recipes_of(workflow, "bumped"))


def test_no_run_is_lost_when_the_dashboard_is_unavailable(
    simulation: Simulation, workflow: Workflow
) -> None:
    without_plan = [run for run in workflow.runs if not run.has_plan]
    assert len(without_plan) == RUNS // 10
    assert all(len(run.names) == len(workflow.recipes) for run in without_plan)
    stored = simulation.dashboard.query(
        "SELECT batch_id, total_recipes, passed FROM batch_runs WHERE ecosystem = 'homebrew'"
    )
    assert sorted((row["batch_id"], row["total_recipes"], row["passed"]) for row in stored) == [
        (run.at.isoformat(), len(run.names), len(run.passed)) for run in workflow.runs if run.names
    ]


def test_sound_recipes_never_wait_and_broken_ones_cost_little(workflow: Workflow) -> None:
    for run in workflow.runs:
        assert not any(name.startswith("sound") for name in run.next_attempts), run
        if run.at < OUTAGE[0] or run.at >= OUTAGE[1] + LONGEST_BREAKER_WAIT + INTERVAL:
            assert {recipe.name for recipe in recipes_of(workflow, "sound")} <= run.passed
    for recipe in recipes_of(workflow, "broken"):
        broken = [run for run in workflow.runs if recipe.is_broken(run.at) and run.has_plan]
        assert sum(recipe.name in run.names for run in broken) <= len(broken) / 5


def test_attempts_of_a_workflow_that_ignores_the_plan_are_not_avoided(
    simulation: Simulation, tmp_path: Path
) -> None:
    fixed_at = START + timedelta(days=4)
    recipes = [Recipe("broken", START, fixed_at), Recipe("sound", START, START)]
    workflow = Workflow(
        "nix", recipes, (START, START), tmp_path, simulation.proxy, simulation.clock, True
    )
    for number in range(15):
        workflow.run(START + number * INTERVAL)
    left_out = [run for run in workflow.runs if run.next_attempts]
    ledger = ledger_of(simulation, workflow)
    assert ledger["left_out"] == ledger["not_followed"] == len(left_out) > 3
    assert ledger["late_passes"] == 0


def ledger_of(simulation: Simulation, workflow: Workflow) -> dict[str, int]:
    """The sums of all days of the ledger."""
    query = f"last=all&ecosystem={workflow.ecosystem}&limit=1000"
    address = f"{simulation.dashboard.address}/api/v1/ledger?{query}"
    with urllib.request.urlopen(address) as answer:
        days = json.load(answer)["items"]
    names = ("requests", "advised", "left_out", "not_followed", "late_passes")
    longest = max(day["max_delay_seconds"] for day in days)
    return {name: sum(day[name] for day in days) for name in names} | {"max_delay_seconds": longest}


def test_an_outage_stops_the_runs_until_a_trial_passes(workflow: Workflow) -> None:
    during = [run for run in workflow.runs if OUTAGE[0] <= run.at < OUTAGE[1] and run.has_plan]
    assert sum(bool(run.names) for run in during) <= len(during) / 2
    [ended, *_] = (run for run in workflow.runs if run.at >= OUTAGE[1] and run.passed)
    assert ended.at - OUTAGE[1] <= LONGEST_BREAKER_WAIT


def test_the_ledger_agrees_to_the_single_attempt(
    simulation: Simulation, workflow: Workflow
) -> None:
    left_out_since: dict[str, datetime] = {}
    delays: list[timedelta] = []
    for run in workflow.runs:
        for name in run.next_attempts:
            left_out_since.setdefault(name, run.at)
        delays += [run.at - left_out_since.pop(name) for name in run.passed & left_out_since.keys()]
        # A failure of the infrastructure does not end the wait of a recipe.
        if not OUTAGE[0] <= run.at < OUTAGE[1]:
            for name in run.names:
                left_out_since.pop(name, None)
    [ledger] = simulation.dashboard.query(
        "SELECT sum(requests) AS requests, sum(advised) AS advised, sum(left_out) AS left_out, "
        "sum(not_followed) AS not_followed, sum(late_passes) AS late_passes, "
        "max(max_delay_seconds) AS max_delay_seconds FROM plan_days "
        "WHERE ecosystem = 'homebrew' AND day > ?",
        START.date().isoformat(),
    )
    # The first request counts only if the first run is stored before it is counted.
    counted = [run for run in workflow.runs if run.at.date() > START.date()]
    assert ledger == {
        "requests": sum(run.has_plan for run in counted),
        "advised": sum(len(run.names) for run in counted if run.has_plan),
        "left_out": sum(len(run.next_attempts) for run in counted),
        "not_followed": 0,
        "late_passes": len(delays),
        "max_delay_seconds": max(delays).total_seconds(),
    }


def test_an_outage_of_everything_stops_the_runs_within_ten_recipes(
    simulation: Simulation, tmp_path: Path
) -> None:
    """Each hour, the workflow asks for the decision and runs the next two of fifty recipes."""
    hour = timedelta(hours=1)
    began, ended = START + 12 * hour, START + 36 * hour
    recipes = [Recipe(f"recipe-{number}", ended, ended) for number in range(50)]
    workflow = Workflow(
        "cask", recipes, (began, ended), tmp_path, simulation.proxy, simulation.clock
    )
    queue = itertools.cycle(recipe.name for recipe in recipes)
    tried_until_it_opened: set[str] = set()
    opens_at = last_trial_at = None
    for number in range(80):
        now = START + number * hour
        decision = workflow.decide(now)
        if decision["decision"] == "skip":
            opens_at = datetime.fromisoformat(decision["circuit_breaker_opens_at"])
            continue
        names = [next(queue), next(queue)]
        passed = workflow.attempt(now, names)
        if passed and now >= ended:
            break
        if began <= now < ended:
            last_trial_at = now
            if opens_at is None:
                tried_until_it_opened |= set(names)
    assert 5 <= len(tried_until_it_opened) <= 10
    assert opens_at is not None
    assert last_trial_at is not None
    # The first run at the stated time finds that the outage is over.
    assert now - hour < opens_at <= now
    assert now - ended <= opens_at - last_trial_at <= LONGEST_BREAKER_WAIT
    assert workflow.decide(now + hour)["circuit_breaker_state"] == "closed"
