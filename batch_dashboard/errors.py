"""What can go wrong, in the field's words; views/error_pages.py gives the status codes."""

from collections.abc import Sequence
from dataclasses import dataclass


class BatchDashboardError(Exception):
    """Base of every error this application raises on purpose."""


class SettingsError(BatchDashboardError):
    """A setting cannot be used; the message names it and what would be right."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a payload: where (`results[0].result`, "" for the whole) and what."""

    path: str
    message: str

    def within(self, parent: str) -> "Problem":
        """The same of a field of `parent`, where the message begins with the name of the field."""
        return Problem(f"{parent}.{self.path}", f"{parent}.{self.message}")


class PayloadError(BatchDashboardError):
    """A payload is refused; `problems` holds the first 100 reasons, in the order of the payload."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems[0].message)
        self.problems = tuple(problems)


class BodyTooLarge(BatchDashboardError):
    """A request body is over the limit once decoded."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(
            f"the body is over the limit of {limit_bytes:,} bytes (decoded); "
            "split the batch run or raise BATCH_METRICS_MAX_BODY_MIB"
        )
        self.limit_bytes = limit_bytes


class BodyNotDecodable(BatchDashboardError):
    """A request body does not match its Content-Encoding."""


class EncodingNotSupported(BatchDashboardError):
    """A request body has a Content-Encoding that is not understood; `supported` lists those."""

    supported = "gzip"


class IdempotencyConflict(BatchDashboardError):
    """An Idempotency-Key came a second time with other content."""


class StoreUnavailable(BatchDashboardError):
    """The database cannot be used at the moment; the message says why. Nothing was written."""


class StatementTooSlow(StoreUnavailable):
    """A statement took longer than a statement may, and was stopped."""

    def __init__(self) -> None:
        super().__init__(
            "reading this from the database took longer than one statement may take "
            "(BATCH_METRICS_STATEMENT_SECONDS), so it was stopped; choose a shorter period or less "
            "data, or try again when the server is less busy"
        )


class DiskFull(StoreUnavailable):
    """The disk of the database has no room."""

    def __init__(self) -> None:
        super().__init__(
            "the disk of the database is full; nothing was stored. docs/deployment.md says how to "
            "make room"
        )


class IdentityRejected(BatchDashboardError):
    """An identity token is not accepted; the reason is for the server's log only."""


class IssuerUnavailable(BatchDashboardError):
    """The keys of an issuer are neither cached nor to be had, so no token of it can be checked."""


class FilterError(BatchDashboardError):
    """A filter in the URL cannot be understood; the message says what would be right."""


class QueryError(FilterError):
    """The query string of an API request is refused; `problems` names each part and the reason."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems[0].message)
        self.problems = tuple(problems)


class ImportFileError(BatchDashboardError):
    """A file to import cannot be read, or is of no kind this application knows."""


class InputError(BatchDashboardError):
    """A value somebody entered cannot be used: which field, and what would be right."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class FormUsed(BatchDashboardError):
    """A form was sent before; nothing is done a second time."""


class NotFound(BatchDashboardError):
    """What was to be changed is not there any more."""


class Forbidden(BatchDashboardError):
    """Who asks is known and may not do this; the message says why."""
