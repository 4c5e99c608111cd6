"""Guesses of passwords are counted first; a right one takes its own count back, and no more."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest

from batch_dashboard.model.access.users import Role
from batch_dashboard.services.access.sign_in import (
    FIRST_DELAY,
    FREE_FAILURES_OF_ADDRESS,
    METHOD,  # as the application has it: imported before the tests make it cheap
    TooManyAttempts,
    check_password,
)
from batch_dashboard.store.access.users import User
from batch_dashboard.store.engine import Store
from tests.factories import NOW
from tests.visitors import PASSWORD, make_user

KEY = "k" * 32


def enter(
    store: Store,
    name: str,
    password: str,
    later: timedelta = timedelta(0),
    address: str = "192.0.2.9",
) -> User | None:
    return check_password(store, KEY, name, password, address, NOW + later)


def test_a_right_password_leaves_the_count_of_its_address_as_it_was(store: Store) -> None:
    make_user(store, "ada", Role.ADMINISTRATOR)
    for number in range(FREE_FAILURES_OF_ADDRESS):
        assert enter(store, f"guess {number}", "wrong") is None
    with pytest.raises(TooManyAttempts):
        enter(store, "ada", PASSWORD)
    # Each of these is the one guess that the delay allows; it neither adds to the delay nor
    # begins it anew.
    for _ in range(3):
        assert enter(store, "ada", PASSWORD, FIRST_DELAY) is not None
    assert enter(store, "another", "wrong", FIRST_DELAY) is None
    with pytest.raises(TooManyAttempts) as delayed:
        enter(store, "ada", PASSWORD, FIRST_DELAY)
    assert delayed.value.wait_seconds == 2 * FIRST_DELAY.total_seconds() + 1


def test_addresses_of_one_ipv6_network_share_their_guesses(store: Store) -> None:
    make_user(store, "ada", Role.ADMINISTRATOR)
    for number in range(5):
        assert enter(store, "ada", "wrong", address=f"2001:db8::{number:x}") is None
    with pytest.raises(TooManyAttempts):
        enter(store, "ada", PASSWORD, address="2001:db8::ff")
    assert enter(store, "ada", PASSWORD, address="2001:db8:0:1::1") is not None


def test_a_guess_at_an_unknown_name_takes_the_same_work(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_user(store, "ada", Role.ADMINISTRATOR)
    hash_once, costs = hashlib.scrypt, []

    def counted(*values: Any, **cost: Any) -> bytes:
        costs.append({name: cost[name] for name in ("n", "r", "p")})
        return hash_once(*values, **cost)

    monkeypatch.setattr(hashlib, "scrypt", counted)
    assert enter(store, "ada", "wrong") is None
    assert enter(store, "nobody", "wrong") is None
    assert len(costs) == 2
    assert costs[0] == costs[1]


def test_a_guess_takes_32_mib_outside_the_tests() -> None:
    name, *cost = METHOD.split(":")
    n, r, p = map(int, cost)
    assert name == "scrypt"
    assert (128 * n * r, p) == (32 * 1024 * 1024, 1)
