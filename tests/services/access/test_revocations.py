"""An older copy of the database does not give back access that was taken away since."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from batch_dashboard.errors import InputError
from batch_dashboard.model.access.tokens import Scope
from batch_dashboard.model.access.users import Role
from batch_dashboard.services.access import publishers, revocations, tokens, users
from batch_dashboard.services.access.sign_in import begin_session, check_password, find_user
from batch_dashboard.services.administration.backups import back_up, restore
from batch_dashboard.services.administration.changes import Change, changing
from batch_dashboard.store.access import publishers as publisher_store
from batch_dashboard.store.access import tokens as token_store
from batch_dashboard.store.access import users as user_store
from batch_dashboard.store.engine import Store
from tests.conftest import WAIT_SECONDS
from tests.factories import NOW
from tests.visitors import PASSWORD, SOMEBODY, make_user

KEY = "k" * 32
LATER = NOW + timedelta(hours=1)
OTHER_PASSWORD = "another four words here"


@pytest.fixture
def store(sqlite_template: Path, tmp_path: Path) -> Store:
    store = Store(
        f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'own.db')}", WAIT_SECONDS
    )
    for name in ("ada", "bob", "eve", "zoe"):
        make_user(store, name, Role.ADMINISTRATOR)
    for name in ("kept", "revoked", "rotated"):
        change(store, partial(tokens.create, secret_key=KEY, name=name))
    change(store, add_publisher)
    return store


def add_publisher(change: Change) -> None:
    claims = {"repository": "owner/recipes"}
    publishers.add(change, "recipes", "github", claims, "", "audience", [Scope.INGEST], None)


def change(store: Store, do: Callable[[Change], object]) -> None:
    with changing(store, SOMEBODY, LATER) as opened:
        do(opened)


def take_away(store: Store) -> None:
    """One of each kind of revocation."""
    change(store, lambda c: tokens.revoke(c, 2))
    change(store, lambda c: tokens.rotate(c, KEY, 3, timedelta(hours=2)))
    change(store, lambda c: publishers.remove(c, 1))
    change(store, lambda c: users.remove(c, 2))
    change(store, lambda c: users.set_password(c, 3, OTHER_PASSWORD))
    change(store, lambda c: users.set_role(c, 4, Role.VIEWER))


def states(store: Store) -> tuple[list[str], dict[str, str]]:
    with store.read() as connection:
        found = sorted(token_store.fetch_all(connection))
        people = user_store.fetch_all(connection)
    at = LATER + timedelta(hours=3)
    return [token.state(at) for token in found], {user.name: user.role for user in people}


def publishers_in_force(store: Store) -> list[str]:
    with store.read() as connection:
        return [publisher.name for publisher in publisher_store.fetch_in_force(connection)]


def test_what_was_revoked_after_the_backup_stays_revoked(store: Store, tmp_path: Path) -> None:
    with store.write() as connection:
        ada = user_store.find(connection, 1)
        assert ada is not None
        cookie = begin_session(connection, KEY, ada, "192.0.2.1", NOW)
    back_up(store, SOMEBODY, tmp_path / "kept.db", NOW)
    take_away(store)
    done = restore(store, SOMEBODY, tmp_path / "kept.db", LATER)
    assert done.access.ended_sessions == 1
    assert find_user(store, KEY, cookie, LATER) is None
    assert done.access.revocations == [
        "token 2, revoked: revoked 2026-11-23 13:00 UTC",
        "token 3, rotated: rotated, ends 2026-11-23 15:00 UTC",
        "trusted publisher 1, recipes: removed 2026-11-23 13:00 UTC",
        "user bob: removed",
        "user eve: the password was changed",
        "user zoe: made a viewer",
    ]
    assert states(store) == (
        ["in force", "revoked", "expired"],
        {"ada": Role.ADMINISTRATOR, "eve": Role.ADMINISTRATOR, "zoe": Role.VIEWER},
    )
    assert publishers_in_force(store) == []
    assert check_password(store, KEY, "eve", PASSWORD, "", LATER) is None
    assert check_password(store, KEY, "eve", OTHER_PASSWORD, "", LATER) is not None
    # What was kept is in the log again, so that a second restore keeps it too.
    again = restore(store, SOMEBODY, tmp_path / "kept.db", LATER + timedelta(minutes=1))
    assert again.access.revocations == done.access.revocations
    store.close()


def test_it_comes_back_when_somebody_asks_for_that(store: Store, tmp_path: Path) -> None:
    back_up(store, SOMEBODY, tmp_path / "kept.db", NOW)
    take_away(store)
    done = restore(store, SOMEBODY, tmp_path / "kept.db", LATER, bring_back=True)
    assert len(done.access.revocations) == 6
    assert states(store) == (
        ["in force"] * 3,
        dict.fromkeys(("ada", "bob", "eve", "zoe"), Role.ADMINISTRATOR),
    )
    assert publishers_in_force(store) == ["recipes"]
    assert check_password(store, KEY, "eve", PASSWORD, "", LATER) is not None
    store.close()


def test_a_newer_backup_is_not_held_to_what_an_older_database_does_not_know(
    store: Store, tmp_path: Path
) -> None:
    back_up(store, SOMEBODY, tmp_path / "old.db", NOW)
    make_user(store, "new", Role.VIEWER)
    change(store, lambda c: users.set_password(c, 3, OTHER_PASSWORD))
    back_up(store, SOMEBODY, tmp_path / "new.db", LATER)
    restore(store, SOMEBODY, tmp_path / "old.db", LATER, bring_back=True)
    done = restore(store, SOMEBODY, tmp_path / "new.db", LATER + timedelta(minutes=1))
    assert done.access.revocations == []
    assert "new" in states(store)[1]
    assert check_password(store, KEY, "eve", OTHER_PASSWORD, "", LATER) is not None
    store.close()


def test_revocations_are_kept_in_a_file_for_other_tools(store: Store, tmp_path: Path) -> None:
    back_up(store, SOMEBODY, tmp_path / "kept.db", NOW)
    take_away(store)
    saved = tmp_path / "revocations.json"
    with store.read() as connection:
        access = revocations.collect(connection)
    revocations.save(access, saved)
    assert saved.stat().st_mode & 0o077 == 0
    assert revocations.load(saved) == access
    with pytest.raises(InputError, match="cannot be written"):
        revocations.save(access, saved)
    restored = Store(f"sqlite:///{tmp_path / 'kept.db'}", WAIT_SECONDS)
    kept = revocations.settle_restored(restored, SOMEBODY, saved, LATER, bring_back=False)
    assert len(kept.revocations) == 6
    assert states(restored)[0] == ["in force", "revoked", "expired"]
    saved.write_text("[1]")
    with pytest.raises(InputError, match="not written by"):
        revocations.load(saved)
    restored.close()
    store.close()


def test_a_restore_that_leaves_no_administrator_is_told(store: Store, tmp_path: Path) -> None:
    for user_id in (2, 3, 4):
        change(store, partial(users.remove, user_id=user_id))
    back_up(store, SOMEBODY, tmp_path / "kept.db", NOW)
    make_user(store, "new", Role.ADMINISTRATOR)
    change(store, lambda c: users.remove(c, 1))
    done = restore(store, SOMEBODY, tmp_path / "kept.db", LATER)
    assert done.access.revocations == ["user ada: removed"]
    assert done.access.has_administrator is False
    store.close()
