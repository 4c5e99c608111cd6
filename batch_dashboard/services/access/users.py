"""Users: administrators, who can make changes, and viewers."""

import secrets

from batch_dashboard.errors import InputError, NotFound
from batch_dashboard.model.access.users import Role
from batch_dashboard.services.access.sign_in import hash_password
from batch_dashboard.services.administration.changes import Change
from batch_dashboard.store.access import sessions, users
from batch_dashboard.store.access.users import User

MIN_PASSWORD_LENGTH = 12
MAX_PASSWORD_LENGTH = 200
MADE_PASSWORD_BYTES = 15
MAX_NAME_LENGTH = 60


def made_password() -> str:
    """Generate a password that cannot be guessed; it is shown once."""
    return secrets.token_urlsafe(MADE_PASSWORD_BYTES)


def add(change: Change, name: str, password: str, role: str) -> User:
    """Create a user. Raises InputError that names the invalid field."""
    name = name.strip()
    if not 0 < len(name) <= MAX_NAME_LENGTH or not name.isprintable() or ":" in name:
        raise InputError(
            "name", f"a name must have 1 to {MAX_NAME_LENGTH} characters, none of them “:”"
        )
    if users.find_named(change.connection, name) is not None:
        raise InputError("name", f"the name {name} is already used")
    if role not in set(Role):
        raise InputError("role", f"the role must be one of {', '.join(Role)}")
    stored = hash_password(_checked(password, name))
    user_id = users.insert_user(change.connection, name, stored, role, change.now)
    change.record("add user", name, None, {"role": role})
    return User(user_id, name, role, change.now, None)


def set_role(change: Change, user_id: int, role: str) -> User:
    """Change a user's role. Raises NotFound, or InputError for the last administrator."""
    user = _find(change, user_id)
    if role not in set(Role):
        raise InputError("role", f"the role must be one of {', '.join(Role)}")
    if role != user.role:
        _another_remains(change, user)
        users.update_role(change.connection, user_id, role)
        change.record("set role", user.name, {"role": user.role}, {"role": role})
    return user._replace(role=role)


def set_password(change: Change, user_id: int, password: str, session: bytes | None = None) -> User:
    """Change a user's password and sign out their browsers, except that of `session`.

    Raises NotFound, or InputError if the password is invalid.
    """
    user = _find(change, user_id)
    stored = hash_password(_checked(password, user.name))
    users.update_password(change.connection, user_id, stored)
    sessions.delete_of_user(change.connection, user_id, session)
    change.record("set password", user.name)
    return user


def remove(change: Change, user_id: int) -> User:
    """Remove a user. Raises NotFound, or InputError for the last administrator."""
    user = _find(change, user_id)
    _another_remains(change, user)
    users.delete_user(change.connection, user_id)
    change.record("remove user", user.name, {"role": user.role}, None)
    return user


def _find(change: Change, user_id: int) -> User:
    user = users.find(change.connection, user_id)
    if user is None:
        raise NotFound("this user does not exist; the user may have been removed")
    return user


def _another_remains(change: Change, user: User) -> None:
    if user.role == Role.ADMINISTRATOR and users.count(change.connection, Role.ADMINISTRATOR) == 1:
        raise InputError("role", f"{user.name} is the last administrator: create another one first")


def _checked(password: str, name: str) -> str:
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        raise InputError(
            "password",
            f"a password must have {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters",
        )
    if password.casefold() == name.casefold() or len(set(password)) < 4:
        raise InputError(
            "password", "this password is too easy to guess; use a few unrelated words"
        )
    return password
