"""What visitors, people and programs may do, and what each endpoint asks for."""

import pytest
from flask import Flask

from batch_dashboard.errors import Forbidden
from batch_dashboard.model.access.users import Role
from batch_dashboard.store.access.users import User
from batch_dashboard.views.access.principal import VISITOR, Principal, Program
from batch_dashboard.views.access.rules import (
    OPEN_ENDPOINTS,
    READ_ENDPOINTS,
    Need,
    is_private,
    need_of,
)
from tests.factories import NOW

LIMITED = Program(roles=("read",), ecosystems=("cask", "homebrew"))


def person(role: str) -> Principal:
    return Principal.of_user(User(7, "ada", role, NOW, None))


def test_a_visitor_is_nobody_and_may_see_every_ecosystem() -> None:
    assert (VISITOR.name, VISITOR.user, VISITOR.is_administrator) == ("nobody", None, False)
    assert VISITOR.may_see("homebrew")
    VISITOR.require("homebrew", "cask")
    VISITOR.require_all("a budget")
    assert not VISITOR.is_user(7)


def test_only_the_role_of_a_person_makes_an_administrator() -> None:
    assert person(Role.ADMINISTRATOR).is_administrator
    assert not person(Role.VIEWER).is_administrator
    assert not Program().is_administrator
    assert person(Role.VIEWER).name == "ada"
    assert person(Role.VIEWER).is_user(7)
    assert not person(Role.VIEWER).is_user(8)


def test_a_limited_program_is_refused_with_the_ecosystems_it_may_use() -> None:
    assert LIMITED.is_limited
    assert LIMITED.may_see("cask")
    assert not LIMITED.may_see("ports")
    LIMITED.require("cask", "homebrew")
    with pytest.raises(Forbidden, match=r"limited to cask, homebrew; .* cannot be used for ports"):
        LIMITED.require("cask", "ports")
    with pytest.raises(Forbidden, match="limited to cask, homebrew; choose one"):
        LIMITED.require_one()
    with pytest.raises(Forbidden, match="a budget covers all ecosystems"):
        LIMITED.require_all("a budget")


def test_a_program_limited_to_no_ecosystem_may_see_none() -> None:
    program = Program(ecosystems=())
    assert program.is_limited
    assert not program.may_see("homebrew")


@pytest.mark.parametrize(
    ("endpoint", "public", "closed"),
    [
        ("admin_tokens.index", Need.ADMINISTRATOR, Need.ADMINISTRATOR),
        ("account.sign_out", Need.PERSON, Need.PERSON),
        ("overview.index", Need.ANYBODY, Need.PERSON),
        ("exports.download", Need.ANYBODY, Need.READER),
        ("api.list_batch_runs", Need.CHECKED, Need.READER),
        ("ingest.receive", Need.ANYBODY, Need.ANYBODY),
        ("added.later", Need.ANYBODY, Need.PERSON),
    ],
)
def test_what_an_endpoint_needs(endpoint: str, public: Need, closed: Need) -> None:
    assert need_of(endpoint, public=True) == public
    assert need_of(endpoint, public=False) == closed


def test_no_browser_keeps_what_only_a_sign_in_opens() -> None:
    assert not is_private("overview.index", public=True)
    assert is_private("overview.index", public=False)
    assert is_private("admin_tokens.index", public=True)
    assert is_private("sign_in.form", public=True)
    assert not is_private("static", public=False)


def test_the_endpoints_with_a_rule_of_their_own_exist(app: Flask) -> None:
    known = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert known >= OPEN_ENDPOINTS | READ_ENDPOINTS
