"""Checking identity tokens of CI systems: signature, issuer, audience, times and claims.

Keys are fetched only from issuers of trusted publishers. Source: docs/trusted-publishers.md;
RFC 7519 (JSON Web Token), RFC 8725 (best practices), OpenID Connect Discovery 1.0.
"""

import contextlib
import json
import logging
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import jwt

from batch_dashboard.errors import IdentityRejected, IssuerUnavailable, StoreUnavailable
from batch_dashboard.model.access.publishers import TrustedPublisher, with_claims
from batch_dashboard.store.access import publishers as publisher_store
from batch_dashboard.store.engine import Store

log = logging.getLogger(__name__)

MAX_TOKEN_LENGTH = 16_384
# Asymmetric only: with a symmetric algorithm, everybody who has the public key could sign.
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
KEY_TYPES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
LEEWAY_SECONDS = 60
MAX_LIFETIME_SECONDS = 24 * 60 * 60
MIN_RSA_BITS = 2048

FETCH_SECONDS = 5.0
MAX_ANSWER_BYTES = 256 * 1024
MAX_KEYS = 50
# Keys are fetched again after this time, or at once for an unknown key.
FRESH_SECONDS = 60 * 60
# While an issuer does not respond, keys up to this age are used.
USABLE_SECONDS = 24 * 60 * 60
# The minimum time between two requests to an issuer, whatever tokens arrive.
FETCH_INTERVAL_SECONDS = 30


@dataclass(frozen=True)
class Identity:
    """The publisher of a token, and its claims."""

    publisher: TrustedPublisher
    claims: Mapping[str, Any]


def looks_like_identity_token(token: str) -> bool:
    """Whether a bearer token is a JSON Web Token, not one of this dashboard."""
    return token.startswith("eyJ") and token.count(".") == 2


@dataclass
class _Issuer:
    """The keys of an issuer in one process. Times are seconds since 1970."""

    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    fetched_at: float = 0.0
    tried_at: float = 0.0
    turn: threading.Lock = field(default_factory=threading.Lock)


class KeyCache:
    """Keys of issuers, in memory and in the database, so that all processes share them."""

    def __init__(self) -> None:
        self._issuers: dict[str, _Issuer] = {}
        self._guard = threading.Lock()

    def find_key(self, store: Store, issuer: str, key_id: str) -> dict[str, Any]:
        """The issuer's key of this id, as a JSON Web Key.

        Raises IdentityRejected when the issuer has no such key, IssuerUnavailable when its keys
        are unknown and cannot be fetched.
        """
        with self._guard:
            known = self._issuers.setdefault(issuer, _Issuer())
        now = time.time()
        if key_id in known.keys and now - known.fetched_at < FRESH_SECONDS:
            return known.keys[key_id]
        if not known.turn.acquire(timeout=3 * FETCH_SECONDS):
            raise IssuerUnavailable(f"the keys of {issuer} are being fetched; try again")
        try:
            self._refresh(store, issuer, known, key_id)
        finally:
            known.turn.release()
        age = time.time() - known.fetched_at
        if age > USABLE_SECONDS:
            raise IssuerUnavailable(f"the keys of {issuer} cannot be fetched; try again")
        if key_id in known.keys:
            return known.keys[key_id]
        if known.tried_at > known.fetched_at:
            raise IssuerUnavailable(f"{issuer} does not answer, and its key is not known here")
        raise IdentityRejected(f"{issuer} has no key {key_id[:100]!r}")

    def _refresh(self, store: Store, issuer: str, known: _Issuer, key_id: str) -> None:
        """Use the keys that another process fetched; otherwise fetch them if they are due."""
        stored = publisher_store.find_issuer_keys(store, issuer)
        if stored is not None and stored.fetched_at > known.fetched_at:
            known.keys, known.fetched_at = stored.keys, stored.fetched_at
        now = time.time()
        is_fresh = now - known.fetched_at < FRESH_SECONDS
        if (key_id in known.keys and is_fresh) or now - known.tried_at < FETCH_INTERVAL_SECONDS:
            return
        known.tried_at = now
        try:
            keys = _fetch_keys(issuer)
        except (OSError, ValueError) as error:
            log.warning("The keys of the issuer %s could not be fetched: %s", issuer, error)
            return
        known.keys, known.fetched_at = keys, known.tried_at
        # If the database is busy, this process uses the keys anyway.
        with contextlib.suppress(StoreUnavailable):
            publisher_store.save_issuer_keys(store, issuer, keys, known.fetched_at)


def check_identity(
    store: Store,
    cache: KeyCache,
    token: str,
    publishers: Sequence[TrustedPublisher],
    audience: str | None,
) -> Identity:
    """The publisher of a token.

    Raises IdentityRejected with the reason, which the client must not learn, and
    IssuerUnavailable when the issuer's keys are neither cached nor to be had.
    """
    header, unchecked = _read_unchecked(token)
    candidates = with_claims(publishers, unchecked.get("iss"))
    if not candidates:
        raise IdentityRejected(
            f"no trusted publisher has the issuer {unchecked.get('iss')!r}"[:300]
        )
    algorithm, key_id = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise IdentityRejected(f"the algorithm {algorithm!r} is not accepted"[:300])
    if not isinstance(key_id, str):
        raise IdentityRejected("the header names no key (kid)")
    issuer = candidates[0].issuer
    claims = _verified(token, cache.find_key(store, issuer, key_id), algorithm, issuer)
    reasons = []
    for publisher in candidates:
        reason = publisher.mismatch(claims, audience)
        if reason is None:
            return Identity(publisher, claims)
        reasons.append(f"{publisher.name}: {reason}")
    raise IdentityRejected("; ".join(reasons)[:1_000])


def _read_unchecked(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The unverified header and claims, which only decide which key to check."""
    if len(token) > MAX_TOKEN_LENGTH:
        raise IdentityRejected(f"the token is longer than {MAX_TOKEN_LENGTH:,} characters")
    try:
        decoded = jwt.decode_complete(token, options={"verify_signature": False})
    except (jwt.InvalidTokenError, RecursionError, ValueError) as error:
        raise IdentityRejected(f"not a JSON Web Token: {error}") from None
    return decoded["header"], decoded["payload"]


def _verified(token: str, key: Mapping[str, Any], algorithm: str, issuer: str) -> dict[str, Any]:
    """The claims of a token whose signature, issuer and times are valid."""
    if key.get("kty") != KEY_TYPES[algorithm[:2]]:
        raise IdentityRejected(f"the key is of the kind {key.get('kty')!r}, not for {algorithm}")
    try:
        public_key = jwt.PyJWK(dict(key), algorithm).key
        if getattr(public_key, "key_size", MIN_RSA_BITS) < MIN_RSA_BITS and key["kty"] == "RSA":
            raise IdentityRejected(f"the key has fewer than {MIN_RSA_BITS} bits")
        claims: dict[str, Any] = jwt.decode(
            token,
            public_key,
            algorithms=[algorithm],
            issuer=issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "iss", "aud"], "verify_aud": False},
        )
    except jwt.ExpiredSignatureError:
        raise IdentityRejected("the token has expired") from None
    except (jwt.PyJWTError, ValueError) as error:
        raise IdentityRejected(str(error)[:300]) from None
    if claims["exp"] - claims["iat"] > MAX_LIFETIME_SECONDS:
        raise IdentityRejected("the token is valid for longer than a day")
    return claims


def _fetch_keys(issuer: str) -> dict[str, dict[str, Any]]:
    """The issuer's signing keys by id. Raises OSError or ValueError."""
    base = issuer.rstrip("/")
    document = _fetch_json(f"{base}/.well-known/openid-configuration")
    if document.get("issuer") != issuer:
        raise ValueError("its configuration names another issuer")
    address = document.get("jwks_uri")
    if not isinstance(address, str) or urlsplit(address)[:2] != urlsplit(issuer)[:2]:
        raise ValueError("its keys are on another host")
    listed = _fetch_json(address).get("keys")
    if not isinstance(listed, list):
        raise ValueError("its key document lists no keys")
    keys = {
        key["kid"]: key
        for key in listed[:MAX_KEYS]
        if isinstance(key, dict)
        and isinstance(key.get("kid"), str)
        and key.get("use", "sig") == "sig"
        and key.get("kty") in KEY_TYPES.values()
    }
    if not keys:
        raise ValueError("it lists no key that signs")
    return keys


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Rejects redirects, because they lead to an issuer that was not registered."""

    def redirect_request(self, *_: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect())


def _fetch_json(address: str) -> dict[str, Any]:
    request = urllib.request.Request(address, headers={"Accept": "application/json"})  # noqa: S310
    until = time.monotonic() + FETCH_SECONDS
    parts: list[bytes] = []
    size = 0
    with _opener.open(request, timeout=FETCH_SECONDS) as response:
        # Read in parts, because the time limit of a socket applies to each read only.
        while part := response.read1(65_536):
            parts.append(part)
            size += len(part)
            if size > MAX_ANSWER_BYTES:
                raise ValueError(f"its answer is larger than {MAX_ANSWER_BYTES:,} bytes")
            if time.monotonic() > until:
                raise TimeoutError(f"its answer took longer than {FETCH_SECONDS:.0f} s")
    value = json.loads(b"".join(parts))
    if not isinstance(value, dict):
        raise ValueError("its answer is not a JSON object")
    return value
