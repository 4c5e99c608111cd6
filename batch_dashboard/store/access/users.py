"""The people who sign in."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from batch_dashboard.store.schema import users

_user = users.c


class User(NamedTuple):
    """A person who can sign in."""

    id: int
    name: str
    role: str  # administrator or viewer
    created_at: datetime
    last_signed_in_at: datetime | None  # None: never, in a browser


class Credentials(NamedTuple):
    """The name, password hash and role of a user."""

    id: int
    password_hash: str
    role: str

    def __repr__(self) -> str:
        return f"Credentials({self.id}, {self.role!r})"


_COLUMNS = tuple(_user[name] for name in User._fields)


def count(connection: Connection, role: str | None = None) -> int:
    """How many users there are, in all or of a role."""
    query = select(func.count()).select_from(users)
    if role is not None:
        query = query.where(_user.role == role)
    found: int = connection.execute(query).scalar_one()
    return found


def insert_user(
    connection: Connection, name: str, password_hash: str, role: str, now: datetime
) -> int:
    """Insert a user; the id. The name must be free."""
    new_id: int = connection.execute(
        insert(users)
        .values(name=name, password_hash=password_hash, role=role, created_at=now)
        .returning(_user.id)
    ).scalar_one()
    return new_id


def fetch_all(connection: Connection) -> list[User]:
    """Every user, by name."""
    return [User(*row) for row in connection.execute(select(*_COLUMNS).order_by(_user.name))]


def find(connection: Connection, user_id: int) -> User | None:
    """The user with an id, None if there is none."""
    row = connection.execute(select(*_COLUMNS).where(_user.id == user_id)).one_or_none()
    return None if row is None else User(*row)


def find_named(connection: Connection, name: str) -> tuple[User, str] | None:
    """The user with a name, and the password hash; None if there is no such user."""
    query = select(*_COLUMNS, _user.password_hash).where(_user.name == name)
    row = connection.execute(query).one_or_none()
    return None if row is None else (User(*row[:-1]), row.password_hash)


def fetch_credentials(connection: Connection) -> dict[str, Credentials]:
    """The credentials of every user, by name."""
    query = select(_user.name, *(_user[name] for name in Credentials._fields))
    return {row[0]: Credentials(*row[1:]) for row in connection.execute(query)}


def update_password(connection: Connection, user_id: int, password_hash: str) -> None:
    """Change the password of a user."""
    connection.execute(update(users).where(_user.id == user_id).values(password_hash=password_hash))


def update_role(connection: Connection, user_id: int, role: str) -> None:
    """Change the role of a user."""
    connection.execute(update(users).where(_user.id == user_id).values(role=role))


def delete_user(connection: Connection, user_id: int) -> None:
    """Delete a user and sign all their browsers out."""
    connection.execute(delete(users).where(_user.id == user_id))
