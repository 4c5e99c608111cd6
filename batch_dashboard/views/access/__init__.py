"""Authentication and permissions, decided by the endpoint before any view runs.

A program shows a token of ours or the identity token of its workflow; a person shows a session or a
name and password. Views and templates ask the `Principal`.
"""

from batch_dashboard.views.access.current import current_principal
from batch_dashboard.views.access.gate import register
from batch_dashboard.views.access.guessing import count_bad_token
from batch_dashboard.views.access.people import SESSION_COOKIE
from batch_dashboard.views.access.principal import Principal, Program
from batch_dashboard.views.access.programs import (
    INGEST_PATH,
    bearer,
    current_program,
    refuse_token,
    require_reading,
)
from batch_dashboard.views.access.rules import OPEN_ENDPOINTS

__all__ = [
    "INGEST_PATH",
    "OPEN_ENDPOINTS",
    "SESSION_COOKIE",
    "Principal",
    "Program",
    "bearer",
    "count_bad_token",
    "current_principal",
    "current_program",
    "refuse_token",
    "register",
    "require_reading",
]
