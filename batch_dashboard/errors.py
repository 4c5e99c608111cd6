"""The exceptions of the domain; views/error_pages.py maps them to status codes."""

from collections.abc import Sequence
from dataclasses import dataclass


class BatchDashboardError(Exception):
    """Base of all errors of this application."""


class SettingsError(BatchDashboardError):
    """A setting is invalid; the message names it and states what is valid."""


@dataclass(frozen=True)
class Problem:
    """One error in a payload: its path (`results[0].result`, or "") and its message."""

    path: str
    message: str

    def within(self, parent: str) -> "Problem":
        """The same problem for a field of `parent`; the message begins with the field's name."""
        return Problem(f"{parent}.{self.path}", f"{parent}.{self.message}")


class PayloadError(BatchDashboardError):
    """A payload is rejected; `problems` has the first 100 errors, in the order of the payload."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems[0].message)
        self.problems = tuple(problems)


class BodyTooLarge(BatchDashboardError):
    """A request body is over the limit once decoded."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(
            f"the decoded body exceeds the limit of {limit_bytes:,} bytes; "
            "split the batch run or raise BATCH_METRICS_MAX_BODY_MIB"
        )
        self.limit_bytes = limit_bytes


class BodyNotDecodable(BatchDashboardError):
    """A request body does not match its Content-Encoding."""


class EncodingNotSupported(BatchDashboardError):
    """A request body has an unknown Content-Encoding; `supported` lists the known ones."""

    supported = "gzip"


class IdempotencyConflict(BatchDashboardError):
    """An Idempotency-Key was used again with other content."""


class StoreUnavailable(BatchDashboardError):
    """The database is unavailable; the message states why. Nothing was written."""


class StatementTooSlow(StoreUnavailable):
    """A statement exceeded its time limit and was stopped."""

    def __init__(self) -> None:
        super().__init__(
            "a database query took longer than one statement may take "
            "(BATCH_METRICS_STATEMENT_SECONDS), so it was stopped. Choose a shorter period or less "
            "data, or try again when the server is less busy"
        )


class DiskFull(StoreUnavailable):
    """The disk of the database is full."""

    def __init__(self) -> None:
        super().__init__(
            "the disk of the database is full; nothing was stored. docs/deployment.md explains how "
            "to free space"
        )


class IdentityRejected(BatchDashboardError):
    """An identity token is rejected; the reason is for the server's log only."""


class IssuerUnavailable(BatchDashboardError):
    """The keys of an issuer are neither cached nor available, so its tokens cannot be checked."""


class FilterError(BatchDashboardError):
    """A filter in the URL is invalid; the message states what is valid."""


class QueryError(FilterError):
    """The query string of an API request is rejected; `problems` names each part and the reason."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems[0].message)
        self.problems = tuple(problems)


class ImportFileError(BatchDashboardError):
    """A file to import cannot be read, or its format is unknown."""


class InputError(BatchDashboardError):
    """An entered value is invalid: the field, and what is valid."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class FormUsed(BatchDashboardError):
    """A form was already sent; it has no second effect."""


class NotFound(BatchDashboardError):
    """The object of a change no longer exists."""


class Forbidden(BatchDashboardError):
    """The sender is known, but not permitted to do this; the message states why."""
