"""Forms that were sent: each is obeyed once."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from batch_dashboard.store.schema import used_forms


def spend(connection: Connection, form_id: str, now: datetime) -> bool:
    """Note that a form was sent; False when it was before. Asks for the write lock."""
    is_used = select(used_forms.c.form_id).where(used_forms.c.form_id == form_id)
    if connection.execute(is_used).one_or_none() is not None:
        return False
    connection.execute(insert(used_forms).values(form_id=form_id, used_at=now))
    return True


def delete_before(connection: Connection, until: datetime) -> None:
    """Forget forms sent before a time; they are too old to be taken again."""
    connection.execute(delete(used_forms).where(used_forms.c.used_at < until))
