"""Bad tokens are counted by client, within a time, in a table of bounded size."""

from pathlib import Path

import pytest

from batch_dashboard.model.access.clients import network_of
from batch_dashboard.services.access.throttle import (
    BUCKETS,
    CLIENTS_PER_BUCKET,
    MAX_FAILURES,
    TABLE_BYTES,
    WINDOW_SECONDS,
    Throttle,
)

NOW = 1_800_000_000.0
HERE, THERE = "192.0.2.1", "192.0.2.2"


def fail(throttle: Throttle, client: str, times: int = 1, now: float = NOW) -> list[float]:
    return [throttle.add_failure(client, now) for _ in range(times)]


def test_the_failure_after_the_last_free_one_has_to_wait() -> None:
    throttle = Throttle()
    assert fail(throttle, HERE, MAX_FAILURES) == [0.0] * MAX_FAILURES
    assert fail(throttle, HERE, 1, NOW + 10) == [WINDOW_SECONDS - 10]
    assert throttle.seconds_to_wait(HERE, NOW + 59) == 1
    assert throttle.seconds_to_wait(THERE, NOW) == 0


def test_after_its_time_a_client_begins_anew() -> None:
    throttle = Throttle()
    fail(throttle, HERE, MAX_FAILURES + 5)
    assert throttle.seconds_to_wait(HERE, NOW + WINDOW_SECONDS) == 0
    assert fail(throttle, HERE, 1, NOW + WINDOW_SECONDS) == [0.0]


def test_a_clock_that_was_set_back_blocks_nobody() -> None:
    throttle = Throttle()
    fail(throttle, HERE, MAX_FAILURES + 5)
    assert throttle.seconds_to_wait(HERE, NOW - 3600) == 0


def test_processes_that_share_a_file_count_together(tmp_path: Path) -> None:
    one, other = Throttle(tmp_path / "table"), Throttle(tmp_path / "table")
    fail(one, HERE, MAX_FAILURES - 1)
    fail(other, HERE)
    assert one.seconds_to_wait(HERE, NOW) == WINDOW_SECONDS
    assert fail(one, HERE) == [WINDOW_SECONDS]
    assert (tmp_path / "table").stat().st_size == TABLE_BYTES


def test_a_flood_from_many_addresses_keeps_the_latest_and_needs_no_more_room(
    tmp_path: Path,
) -> None:
    throttle = Throttle(tmp_path / "table")
    for number in range(2 * BUCKETS * CLIENTS_PER_BUCKET):
        client = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        fail(throttle, client, 1, NOW + number / 1e6)
    fail(throttle, HERE, MAX_FAILURES, NOW + 1)
    assert throttle.seconds_to_wait(HERE, NOW + 1) == WINDOW_SECONDS
    assert (tmp_path / "table").stat().st_size == TABLE_BYTES


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("unix socket", "unix socket"),
        ("", ""),
    ],
)
def test_the_addresses_of_one_ipv6_network_are_one_client(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_failure_that_began_before_the_first_one_counted_is_counted_with_it() -> None:
    throttle = Throttle(max_failures=2)
    assert [throttle.add_failure("192.0.2.1", now) for now in (100.0, 99.99)] == [0, 0]
    assert throttle.add_failure("192.0.2.1", 100.0) > 0
