"""Somebody who is signed in."""

import pytest
from flask import Flask

from batch_dashboard.model.access.users import Role
from batch_dashboard.store.engine import Store
from tests.visitors import Visitor, make_user


@pytest.fixture
def administrator(app: Flask, store: Store) -> Visitor:
    make_user(store, "ada", Role.ADMINISTRATOR)
    visitor = Visitor(app)
    assert visitor.sign_in("ada").status_code == 303
    return visitor


@pytest.fixture
def viewer(app: Flask, store: Store) -> Visitor:
    make_user(store, "vera", Role.VIEWER)
    visitor = Visitor(app)
    assert visitor.sign_in("vera").status_code == 303
    return visitor
