"""The permission that each endpoint needs."""

from enum import StrEnum

# These answer without sign-in even where pages are closed: what programs ask for with a token of
# their own, and what a sign-in needs.
OPEN_ENDPOINTS = {
    "ingest.receive",
    "ingest.preflight",
    "decision.show",
    "client.latest",
    "client.pinned",
    "health.live",
    "health.ready",
    "metrics.show",
    "sign_in.form",
    "sign_in.enter",
    "static",
    "asset",
    "favicon",
}
# Where pages are closed, these are open to a token of the scope read as well.
READ_ENDPOINTS = {"exports.download", "incidents.feed", "badges.show"}
# Reads of the API: open where pages are, but a token that is sent is always checked.
API_BLUEPRINT = "api."
# Pages that change things, and everything that belongs to them.
ADMIN_BLUEPRINTS = "admin_"
ACCOUNT_BLUEPRINT = "account."
SIGN_IN_BLUEPRINT = "sign_in."


class Need(StrEnum):
    """The permission for an endpoint."""

    ANYBODY = "anybody"
    CHECKED = "checked"  # anybody, but with a valid token for reading if with any
    READER = "reader"  # a person who signed in, or a program with a token for reading
    PERSON = "person"  # a person who signed in
    ADMINISTRATOR = "administrator"


def need_of(endpoint: str, *, public: bool) -> Need:
    """The permission for an endpoint; `public` is whether everybody can read the pages."""
    if endpoint.startswith(ADMIN_BLUEPRINTS):
        return Need.ADMINISTRATOR
    if endpoint.startswith(ACCOUNT_BLUEPRINT):
        return Need.PERSON
    if endpoint.startswith(API_BLUEPRINT):
        return Need.CHECKED if public else Need.READER
    if public or endpoint in OPEN_ENDPOINTS:
        return Need.ANYBODY
    return Need.READER if endpoint in READ_ENDPOINTS else Need.PERSON


def is_private(endpoint: str, *, public: bool) -> bool:
    """Whether no browser may keep a copy of an answer, which going back would then show again.

    Answers of the API are kept by programs, which compare their tags.
    """
    if endpoint.startswith((SIGN_IN_BLUEPRINT, API_BLUEPRINT)):
        return endpoint.startswith(SIGN_IN_BLUEPRINT)
    return need_of(endpoint, public=public) != Need.ANYBODY
