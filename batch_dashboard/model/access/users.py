"""The roles of users."""

from enum import StrEnum


class Role(StrEnum):
    """Administrators can make changes, viewers can only read."""

    ADMINISTRATOR = "administrator"
    VIEWER = "viewer"
