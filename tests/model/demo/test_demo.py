"""The demo data passes every check and tells each of its stories."""

import json
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from typing import Any

import pytest

from batch_dashboard.model.demo.demo import demo_payloads
from batch_dashboard.model.demo.demo_collection import (
    ECOSYSTEMS,
    FLAKY_RECIPE,
    HOMEBREW,
    SILENT_ECOSYSTEM,
    STUCK_RECIPE,
)
from batch_dashboard.model.demo.demo_schedule import INCIDENT_DAYS_AGO
from batch_dashboard.model.failures.failure_groups import find_reason
from batch_dashboard.model.ingest.payload import parse_payload
from batch_dashboard.model.lists.periods import DAY

RESULTS = 4_000
LAST_DAY = date(2026, 6, 26)
# The earliest moment of the last day: nothing may be a day ahead of it.
NOW = datetime(2026, 6, 26, tzinfo=UTC)

Payload = dict[str, Any]


@pytest.fixture(scope="module")
def payloads() -> list[Payload]:
    return list(demo_payloads(RESULTS, 1, LAST_DAY))


def days_ago(payload: Payload) -> int:
    return (LAST_DAY - date.fromisoformat(payload["started_at"][:10])).days


def outcomes_of(payloads: list[Payload], recipe_name: str) -> list[dict[str, Any]]:
    return [
        entry
        for payload in payloads
        for entry in payload["results"]
        if entry["recipe_name"] == recipe_name
    ]


def test_a_seed_gives_the_same_history_and_another_one_another() -> None:
    first, again, other = (
        json.dumps(list(demo_payloads(1_000, seed, LAST_DAY))) for seed in (7, 7, 8)
    )
    assert first == again != other


@pytest.mark.parametrize("results", [1, 30, 1_000, RESULTS, 20_000])
def test_it_holds_as_many_results_as_wanted(results: int) -> None:
    held = sum(len(payload["results"]) for payload in demo_payloads(results, 3, LAST_DAY))
    assert held == pytest.approx(results, rel=0.02)


@pytest.mark.parametrize("seed", [1, 2])
def test_every_payload_passes_the_checks_without_a_warning(seed: int) -> None:
    for payload in demo_payloads(RESULTS, seed, LAST_DAY):
        assert parse_payload(json.dumps(payload).encode(), NOW + DAY).warnings == ()


def test_a_large_history_is_made_up_as_it_is_read() -> None:
    payloads = list(islice(demo_payloads(1_000_000, 1, LAST_DAY), 60))
    assert max(len(payload["results"]) for payload in payloads) > 50
    for payload in payloads:
        names = [entry["recipe_name"] for entry in payload["results"]]
        assert len(set(names)) == len(names)


def test_runs_come_oldest_first_from_eight_ecosystems_over_two_years(
    payloads: list[Payload],
) -> None:
    times = [payload["started_at"] for payload in payloads]
    assert times == sorted(times)
    assert {payload["ecosystem"] for payload in payloads} == {eco.name for eco in ECOSYSTEMS}
    assert len(ECOSYSTEMS) == 8
    assert days_ago(payloads[0]) > 720
    assert any(days_ago(payload) <= LAST_DAY.weekday() for payload in payloads)


def test_weekends_are_quieter(payloads: list[Payload]) -> None:
    runs = Counter(date.fromisoformat(payload["started_at"][:10]).weekday() for payload in payloads)
    assert max(runs[5], runs[6]) < min(runs[day] for day in range(5))


def test_the_incident_fails_nearly_everything_with_one_error(payloads: list[Payload]) -> None:
    first, last = INCIDENT_DAYS_AGO
    results = [
        entry
        for payload in payloads
        if payload["ecosystem"] == HOMEBREW and first >= days_ago(payload) >= last
        for entry in payload["results"]
        if entry["result"] != "skipped" and entry["recipe_name"] != STUCK_RECIPE
    ]
    groups = Counter(
        find_reason(entry["error_message"], entry["recipe_name"]).masked_line
        for entry in results
        if "403 Forbidden" in entry.get("error_message", "")
    )
    assert len(groups) == 1
    assert groups.total() > 0.8 * len(results)


def test_one_recipe_is_stuck(payloads: list[Payload]) -> None:
    outcomes = outcomes_of(payloads, STUCK_RECIPE)
    latest = outcomes[-41:]
    assert [entry["result"] for entry in latest] == ["failed"] * 41
    assert len({entry["error_message"] for entry in latest}) == 1
    assert "passed" in {entry["result"] for entry in outcomes}


@pytest.mark.parametrize("seed", range(5))
def test_one_recipe_is_flaky(seed: int) -> None:
    outcomes = outcomes_of(list(demo_payloads(RESULTS, seed, LAST_DAY)), FLAKY_RECIPE)
    latest = [entry["result"] for entry in outcomes[-20:]]
    assert sum(a != b for a, b in pairwise(latest)) / 19 >= 0.2


def test_one_ecosystem_fell_silent_three_months_ago(payloads: list[Payload]) -> None:
    latest = {payload["ecosystem"]: days_ago(payload) for payload in payloads}
    assert 88 <= latest.pop(SILENT_ECOSYSTEM) <= 105
    assert max(latest.values()) < 14


def test_some_runs_process_nothing_tell_no_minutes_or_list_too_few(
    payloads: list[Payload],
) -> None:
    empty = [payload for payload in payloads if payload["total_recipes"] == 0]
    assert 0.05 < len(empty) / len(payloads) < 0.4
    assert all(payload["results"] == [] for payload in empty)
    untold = [payload for payload in payloads if "linux_minutes" not in payload]
    assert 0.01 < len(untold) / len(payloads) < 0.2
    assert any(len(payload["results"]) < payload["total_recipes"] for payload in payloads)
    batches = Counter(payload["batch_id"] for payload in payloads)
    assert max(batches.values()) > 1
    assert any("run_url" in payload and "commit_sha" in payload for payload in payloads)


def test_failures_become_fewer_and_fall_into_few_groups(payloads: list[Payload]) -> None:
    groups: set[str] = set()
    attempts: dict[bool, list[bool]] = defaultdict(list)
    for payload in payloads:
        for entry in payload["results"]:
            if entry["result"] == "skipped":
                continue
            failed = entry["result"] == "failed"
            if entry["recipe_name"] != STUCK_RECIPE:
                attempts[days_ago(payload) > 365].append(failed)
            if failed:
                groups.add(
                    find_reason(entry.get("error_message"), entry["recipe_name"]).masked_line
                )
    assert 12 <= len(groups) <= 28
    rates = {long_ago: sum(each) / len(each) for long_ago, each in attempts.items()}
    assert 0.03 < rates[False] < rates[True] < 0.35


@pytest.mark.parametrize("results", [2_000, 20_000, 60_000])
def test_recent_minutes_bring_the_weekly_budgets_in_sight(results: int) -> None:
    monday = LAST_DAY - timedelta(days=LAST_DAY.weekday())
    macos = linux = macos_seconds = 0.0
    for payload in demo_payloads(results, 1, LAST_DAY):
        day = date.fromisoformat(payload["started_at"][:10])
        if monday - timedelta(weeks=4) <= day < monday:
            macos += payload.get("macos_minutes", 0)
            linux += payload.get("linux_minutes", 0)
            macos_seconds += sum(
                entry.get("duration_seconds", 0)
                for entry in payload["results"]
                if entry.get("platform", "").startswith("darwin")
            )
    assert 300 < macos / 4 < 900
    assert 1_000 < linux / 4 < 4_500
    assert macos_seconds > 0
