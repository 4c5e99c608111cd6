"""Registering and removing trusted publishers. Source: docs/trusted-publishers.md."""

import re
from collections.abc import Mapping, Sequence

from batch_dashboard.errors import InputError, NotFound
from batch_dashboard.model.access.publishers import (
    FIELDS,
    ISSUERS,
    KINDS,
    OTHER,
    REF,
    REPOSITORY,
    REPOSITORY_ID,
    WORKFLOW,
    TrustedPublisher,
    is_allowed_issuer,
)
from batch_dashboard.model.access.tokens import Scope
from batch_dashboard.model.ingest.names import nfc
from batch_dashboard.services.administration.changes import Change
from batch_dashboard.store.access import publishers as publisher_store

MAX_NAME_LENGTH = 60
MAX_VALUE_LENGTH = 300
MAX_CLAIMS = 10
MAX_ECOSYSTEMS = 100
CLAIM_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_:./-]{0,99}")


def add(
    change: Change,
    name: str,
    kind: str,
    claims: Mapping[str, str],
    issuer: str = "",
    audience: str = "",
    scopes: Sequence[str] = (Scope.INGEST,),
    ecosystems: Sequence[str] | None = None,
) -> int:
    """Register a publisher; returns its id. Raises InputError that names the invalid field.

    `claims` are by field (`repository`, `workflow` …), of an other issuer by the claims' names.
    """
    if kind not in KINDS:
        raise InputError("kind", f"choose one of {', '.join(KINDS)}")
    issuer = (issuer.strip() or ISSUERS.get(kind, "")).rstrip("/")
    if not is_allowed_issuer(issuer):
        raise InputError("issuer", "enter the issuer's https address, such as https://gitlab.com")
    name, audience = _text("name", name, MAX_NAME_LENGTH), audience.strip()
    if not name:
        raise InputError("name", "enter a name, such as the repository's")
    if len(audience) > MAX_VALUE_LENGTH or not audience.isprintable():
        raise InputError("audience", f"an audience can have up to {MAX_VALUE_LENGTH} characters")
    kept = {key: _text(key, value, MAX_VALUE_LENGTH) for key, value in claims.items()}
    kept = {key: value for key, value in kept.items() if value}
    _check_claims(kind, kept)
    chosen = [scope for scope in Scope if scope in scopes]
    if not chosen or set(scopes) - set(Scope):
        raise InputError("scopes", f"choose {' or '.join(Scope)}, or both")
    named = None if ecosystems is None else list(dict.fromkeys(nfc(e.strip()) for e in ecosystems))
    if named is not None and not 0 < len(named) <= MAX_ECOSYSTEMS:
        raise InputError("ecosystems", f"name 1 to {MAX_ECOSYSTEMS} ecosystems, or none for all")
    values = {
        "name": name,
        "kind": kind,
        "issuer": issuer,
        "audience": audience or None,
        "claims": kept,
        "first_repository_id": None,
        "scopes": chosen,
        "ecosystems": named,
        "created_at": change.now,
        "removed_at": None,
        "last_used_at": None,
        "uploads": 0,
    }
    publisher_id = publisher_store.insert_publisher(change.connection, values)
    shown = ("kind", "issuer", "audience", "claims", "scopes", "ecosystems")
    change.record(
        "add trusted publisher",
        subject_of(publisher_id, name),
        None,
        {key: values[key] for key in shown},
    )
    return publisher_id


def remove(change: Change, publisher_id: int) -> TrustedPublisher:
    """Stop accepting the tokens of a publisher. Raises NotFound or InputError."""
    publisher = publisher_store.find(change.connection, publisher_id)
    if publisher is None:
        raise NotFound("there is no such trusted publisher")
    if publisher.removed_at is not None:
        raise InputError("name", f"{publisher.name} was already removed")
    publisher_store.update_removed(change.connection, publisher_id, change.now)
    change.record(
        "remove trusted publisher",
        subject_of(publisher_id, publisher.name),
        {"removed_at": None},
        {"removed_at": change.now},
    )
    return publisher


def _check_claims(kind: str, claims: Mapping[str, str]) -> None:
    if kind == OTHER:
        if not claims:
            raise InputError("claims", "name at least one claim, such as sub=…")
        if len(claims) > MAX_CLAIMS or not all(map(CLAIM_NAME.fullmatch, claims)):
            raise InputError("claims", f"enter up to {MAX_CLAIMS} claims as name=value")
        return
    unknown = set(claims) - set(FIELDS)
    if unknown:
        raise InputError("claims", f"{unknown.pop()} is none of {', '.join(FIELDS)}")
    repository = claims.get(REPOSITORY, "")
    if not repository and REPOSITORY_ID not in claims:
        raise InputError(REPOSITORY, "enter the repository as owner/name, or its id")
    if repository and not re.fullmatch(r"[^/\s]+(?:/[^/\s]+)+", repository):
        raise InputError(REPOSITORY, "enter the repository as owner/name")
    if REPOSITORY_ID in claims and not claims[REPOSITORY_ID].isdigit():
        raise InputError(REPOSITORY_ID, "an id must be a whole number")
    if "/" in claims.get(WORKFLOW, "") and kind != "gitlab":
        raise InputError(WORKFLOW, "enter the workflow's file name, such as batch.yml")
    if claims.get(REF, "").startswith("refs/pull/"):
        raise InputError(REF, "a ref of a pull request cannot be trusted; enter a branch or a tag")


def _text(field: str, value: str, most: int) -> str:
    value = value.strip()
    if len(value) > most or not value.isprintable():
        raise InputError(field, f"enter up to {most} printable characters")
    return value


def subject_of(publisher_id: int, name: str) -> str:
    """The name of a publisher in the audit log."""
    return f"trusted publisher {publisher_id}, {name}"
