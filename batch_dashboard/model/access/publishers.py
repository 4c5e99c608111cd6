"""Trusted publishers: CI workflows that may upload with an identity token instead of a secret.

A publisher is a set of claims. An identity token, signed by the CI system, is accepted when it has
every one of them. Source: docs/trusted-publishers.md.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

GITHUB, GITLAB, OTHER = "github", "gitlab", "other"
KINDS = (GITHUB, GITLAB, OTHER)
KIND_NAMES = {GITHUB: "GitHub Actions", GITLAB: "GitLab CI", OTHER: "another issuer"}
ISSUERS = {GITHUB: "https://token.actions.githubusercontent.com", GITLAB: "https://gitlab.com"}

REPOSITORY, REPOSITORY_ID = "repository", "repository_id"
WORKFLOW, REF, ENVIRONMENT = "workflow", "ref", "environment"
FIELDS = (REPOSITORY, REPOSITORY_ID, WORKFLOW, REF, ENVIRONMENT)

# What each CI system calls them in its identity tokens.
CLAIMS = {
    GITHUB: {
        REPOSITORY: "repository",
        REPOSITORY_ID: "repository_id",
        WORKFLOW: "workflow_ref",
        REF: "ref",
        ENVIRONMENT: "environment",
    },
    GITLAB: {
        REPOSITORY: "project_path",
        REPOSITORY_ID: "project_id",
        WORKFLOW: "ci_config_ref_uri",
        REF: "ref",
        ENVIRONMENT: "environment",
    },
}
# What is stored with a batch run of the workflow that uploaded it.
RECORDED = {
    GITHUB: (
        "repository",
        "repository_id",
        "workflow_ref",
        "ref",
        "environment",
        "run_id",
        "run_attempt",
        "event_name",
    ),
    GITLAB: (
        "project_path",
        "project_id",
        "ci_config_ref_uri",
        "ref",
        "environment",
        "pipeline_id",
        "job_id",
        "pipeline_source",
    ),
    OTHER: ("sub",),
}
MAX_RECORDED_LENGTH = 300


@dataclass(frozen=True)
class TrustedPublisher:
    """A workflow that may upload. `claims` are by field, for `other` issuers by claim name."""

    id: int
    name: str
    kind: str
    issuer: str
    audience: str | None  # None: the address of this dashboard
    claims: Mapping[str, str]
    # The repository's id as the first accepted token gave it; None: not seen yet.
    first_repository_id: str | None
    scopes: tuple[str, ...]
    ecosystems: tuple[str, ...] | None  # None: every one
    created_at: datetime
    removed_at: datetime | None
    last_used_at: datetime | None
    uploads: int

    def mismatch(self, found: Mapping[str, Any], audience: str | None) -> str | None:
        """The reason why a token with these claims is not this publisher's; None if it is."""
        wanted = self.audience or audience
        if wanted is None:
            return "the publisher has no audience and BATCH_DASHBOARD_URL is not set"
        given = found.get("aud")
        if wanted not in (given if isinstance(given, list) else [given]):
            return f"the audience is {_shown(given)}, not {_shown(wanted)}"
        if self.kind == OTHER:
            pairs = [(name, found.get(name), value) for name, value in self.claims.items()]
            differing = [(n, a, b) for n, a, b in pairs if _text(a) != b]
        else:
            differing = [
                (name, found.get(CLAIMS[self.kind][name]), value)
                for name, value in self.claims.items()
                if not self._field_matches(name, found, value)
            ]
        if differing:
            name, actual, value = differing[0]
            return f"{name} is {_shown(actual)}, not {_shown(value)}"
        if self.first_repository_id is not None:
            actual = self.repository_id_in(found)
            if actual != self.first_repository_id:
                return (
                    f"the repository has the id {_shown(actual)}, but the one that used this "
                    f"publisher first had {_shown(self.first_repository_id)}"
                )
        return None

    def repository_id_in(self, found: Mapping[str, Any]) -> str | None:
        """The id of the repository in a token, None if the issuer states none."""
        if self.kind == OTHER:
            return None
        return _text(found.get(CLAIMS[self.kind][REPOSITORY_ID])) or None

    def recorded(self, found: Mapping[str, Any]) -> dict[str, str]:
        """The claims of a token that are stored with its batch run."""
        values = {name: _text(found.get(name)) for name in RECORDED[self.kind]}
        return {name: value[:MAX_RECORDED_LENGTH] for name, value in values.items() if value}

    def _field_matches(self, name: str, found: Mapping[str, Any], value: str) -> bool:
        actual = _text(found.get(CLAIMS[self.kind][name]))
        if name == REPOSITORY:
            return actual.casefold() == value.casefold()
        if name == WORKFLOW:
            # owner/name/.github/workflows/batch.yml@refs/heads/main
            path = actual.partition("@")[0]
            separator = "/.github/workflows/" if self.kind == GITHUB else "//"
            repository, found_separator, file = path.rpartition(separator)
            return bool(found_separator and repository) and file == value
        if name == REF:
            return _branch(actual) == _branch(value)
        return actual == value


def is_allowed_issuer(issuer: str) -> bool:
    """Whether an issuer is an https address without query; http is for this machine only."""
    parts = urlsplit(issuer)
    try:
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.query or parts.fragment or parts.username or not host or not issuer.isprintable():
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def with_claims(publishers: Sequence[TrustedPublisher], issuer: object) -> list[TrustedPublisher]:
    """The publishers of an issuer; the comparison is exact, as OpenID Connect asks."""
    return [publisher for publisher in publishers if publisher.issuer == issuer]


def _branch(ref: str) -> str:
    return ref.removeprefix("refs/heads/")


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, (dict, list)) else str(value)


def _shown(value: Any) -> str:
    return repr(value)[:120]
