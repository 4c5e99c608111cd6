"""A real issuer of identity tokens: a local HTTP server with keys of its own."""

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.local_server import serving

AUDIENCE = "https://dashboard.example.org"
PATH_OF_CONFIGURATION = "/.well-known/openid-configuration"


@dataclass
class Issuer:
    """An issuer; what it answers can be changed by the test."""

    url: str = ""
    keys: dict[str, Any] = field(default_factory=dict)  # private keys by id
    requests: list[str] = field(default_factory=list)
    is_down: bool = False
    configuration: dict[str, Any] = field(default_factory=dict)

    def add_key(self, key_id: str, kind: str = "RSA", bits: int = 2048) -> None:
        """Make a key, which signs from now on."""
        self.keys[key_id] = (
            rsa.generate_private_key(public_exponent=65537, key_size=bits)
            if kind == "RSA"
            else ec.generate_private_key(ec.SECP256R1())
        )

    def public_keys(self) -> dict[str, Any]:
        """The document of keys, as an issuer publishes it."""
        listed = []
        for key_id, key in self.keys.items():
            is_rsa = isinstance(key, rsa.RSAPrivateKey)
            algorithm = RSAAlgorithm if is_rsa else ECAlgorithm
            described = json.loads(algorithm.to_jwk(key.public_key()))
            listed.append({**described, "kid": key_id, "use": "sig"})
        return {"keys": listed}

    def github_claims(self, **changes: Any) -> dict[str, Any]:
        """Claims as an identity token of GitHub Actions has them; a change to None drops one."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": AUDIENCE,
            "iat": now,
            "nbf": now - 5,
            "exp": now + 300,
            "sub": "repo:owner/recipes:ref:refs/heads/main",
            "repository": "owner/recipes",
            "repository_id": "1001",
            "repository_owner": "owner",
            "workflow_ref": "owner/recipes/.github/workflows/batch.yml@refs/heads/main",
            "ref": "refs/heads/main",
            "run_id": "4711",
            "run_attempt": "2",
            "event_name": "schedule",
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, key_id: str = "k1", algorithm: str = "RS256", **changes: Any) -> str:
        """An identity token of GitHub Actions, signed with one of the keys."""
        return self.signed(self.github_claims(**changes), key_id, algorithm)

    def signed(self, claims: dict[str, Any], key_id: str = "k1", algorithm: str = "RS256") -> str:
        """A token with any claims."""
        return jwt.encode(claims, self.keys[key_id], algorithm, {"kid": key_id})


def unsigned(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    """A token as an attacker can write it."""
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.requests.append(self.path)
            if self.path == PATH_OF_CONFIGURATION:
                body = {"issuer": issuer.url, "jwks_uri": f"{issuer.url}/keys"}
                body |= issuer.configuration
            else:
                body = issuer.public_keys()
            content = json.dumps(body).encode()
            self.send_response(500 if issuer.is_down else 200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with serving(Handler) as issuer.url:
        issuer.add_key("k1")
        yield issuer
