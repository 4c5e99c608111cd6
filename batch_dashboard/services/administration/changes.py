"""Changes by operators, each in one transaction with its entry in the audit log."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from batch_dashboard.errors import FormUsed
from batch_dashboard.store.access import forms
from batch_dashboard.store.administration import audit
from batch_dashboard.store.alerts import alerts
from batch_dashboard.store.engine import Connection, Store

COMMAND_LINE = "command line"
NIGHTLY = "nightly"
UPGRADE = "upgrade"
OF_ITSELF = "Batch Dashboard"


@dataclass(frozen=True)
class Actor:
    """The person who makes a change, and their address."""

    name: str
    address: str


@dataclass(frozen=True)
class Change:
    """An open transaction for changes by an actor."""

    connection: Connection
    actor: Actor
    now: datetime

    def record(
        self,
        action: str,
        subject: str,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> None:
        """Write a change to the audit log; `before` and `after` must not contain secrets."""
        audit.insert_entry(
            self.connection,
            self.now,
            self.actor.name,
            self.actor.address,
            action,
            subject,
            before,
            after,
        )

    def judge_again(self) -> None:
        """Request a new judgement of everything, after a change of the rules."""
        alerts.ask_for_check(self.connection)


@contextmanager
def changing(
    store: Store,
    actor: Actor,
    now: datetime,
    form_id: str | None = None,
    *,
    frees: bool = False,
) -> Iterator[Change]:
    """A transaction for changes; with the id of a form, it marks the form as used.

    `frees` is for changes that free space, which are possible on a full disk.
    Raises FormUsed when the form was sent before, StoreUnavailable when the database is away.
    """
    with store.write(frees=frees) as connection:
        if form_id is not None and not forms.spend(connection, form_id, now):
            raise FormUsed("this form was already sent; nothing was changed a second time")
        yield Change(connection, actor, now)
