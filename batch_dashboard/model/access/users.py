"""What users may do."""

from enum import StrEnum


class Role(StrEnum):
    """Who may change things, and who may only look."""

    ADMINISTRATOR = "administrator"
    VIEWER = "viewer"
