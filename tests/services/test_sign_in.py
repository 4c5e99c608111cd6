"""Guesses of passwords are counted first; a right one takes its own count back, and no more."""

from datetime import timedelta

import pytest

from batch_dashboard.services.sign_in import (
    FIRST_DELAY,
    FREE_FAILURES_OF_ADDRESS,
    TooManyAttempts,
    check_password,
)
from batch_dashboard.services.users import ADMINISTRATOR
from batch_dashboard.store.engine import Store
from batch_dashboard.store.users import User
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
    make_user(store, "ada", ADMINISTRATOR)
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
    make_user(store, "ada", ADMINISTRATOR)
    for number in range(5):
        assert enter(store, "ada", "wrong", address=f"2001:db8::{number:x}") is None
    with pytest.raises(TooManyAttempts):
        enter(store, "ada", PASSWORD, address="2001:db8::ff")
    assert enter(store, "ada", PASSWORD, address="2001:db8:0:1::1") is not None
