"""Forms that were sent: each has an effect once."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from batch_dashboard.store.schema import used_forms


def spend(connection: Connection, form_id: str, now: datetime) -> bool:
    """Mark a form as used; False if it was used before. Takes the write lock."""
    is_used = select(used_forms.c.form_id).where(used_forms.c.form_id == form_id)
    if connection.execute(is_used).one_or_none() is not None:
        return False
    connection.execute(insert(used_forms).values(form_id=form_id, used_at=now))
    return True


def delete_before(connection: Connection, until: datetime) -> None:
    """Delete the marks of forms sent before a time; these are too old to be accepted."""
    connection.execute(delete(used_forms).where(used_forms.c.used_at < until))
