"""Tokens of programs, and whether they are accepted."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Scope(StrEnum):
    """The permitted use of a token."""

    INGEST = "ingest"  # send batch runs
    READ = "read"  # read data, ask for decisions and plans


class TokenState(StrEnum):
    """Whether a token is accepted."""

    IN_FORCE = "in force"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Token(NamedTuple):
    """A stored token, without its secret."""

    id: int
    name: str
    token_prefix: str  # its first characters
    scopes: str  # separated by spaces
    ecosystems: list[str] | None  # None: every one
    note: str
    created_at: datetime
    expires_at: datetime | None  # None: never
    revoked_at: datetime | None  # None: it is not
    last_used_at: datetime | None  # None: never used
    last_used_from: str | None
    uploads: int  # batch runs it stored
    replaced_by: int | None  # the token it was rotated to

    def state(self, now: datetime) -> TokenState:
        """Whether it is accepted at a time; one that is both revoked and expired is revoked."""
        if self.revoked_at is not None:
            return TokenState.REVOKED
        is_over = self.expires_at is not None and self.expires_at <= now
        return TokenState.EXPIRED if is_over else TokenState.IN_FORCE
