"""The people who sign in."""

from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from batch_dashboard.store.schema import users


def count(connection: Connection) -> int:
    """How many users there are."""
    found: int = connection.execute(select(func.count()).select_from(users)).scalar_one()
    return found


def insert_user(
    connection: Connection, name: str, password_hash: str, role: str, now: datetime
) -> int:
    """Insert a user; the id. The name must be free."""
    new_id: int = connection.execute(
        insert(users)
        .values(name=name, password_hash=password_hash, role=role, created_at=now)
        .returning(users.c.id)
    ).scalar_one()
    return new_id


def find_password_hash(connection: Connection, name: str) -> str | None:
    """The password hash of a user, None when nobody has the name."""
    return connection.execute(
        select(users.c.password_hash).where(users.c.name == name)
    ).scalar_one_or_none()
