"""Identity tokens are accepted when everything about them is right, and only then."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from batch_dashboard.errors import IdentityRejected, InputError, IssuerUnavailable
from batch_dashboard.services.access import identity_tokens, publishers
from batch_dashboard.services.access.identity_tokens import Identity, KeyCache, check_identity
from batch_dashboard.services.administration.changes import Actor, changing
from batch_dashboard.store.access import publishers as publisher_store
from batch_dashboard.store.engine import Store
from tests.factories import NOW
from tests.issuer import AUDIENCE, Issuer, running_issuer, unsigned

OWNER = Actor("tests", "command line")
GITHUB_CLAIMS = {"repository": "Owner/recipes", "workflow": "batch.yml", "ref": "main"}


@pytest.fixture(scope="module")
def running() -> Iterator[Issuer]:
    with running_issuer() as issuer:
        yield issuer


@pytest.fixture
def issuer(running: Issuer) -> Issuer:
    running.requests.clear()
    running.is_down, running.configuration = False, {}
    running.keys = {"k1": running.keys["k1"]}
    return running


def register(store: Store, running: Issuer, /, **changes: Any) -> int:
    values: dict[str, Any] = {
        "name": "recipes",
        "kind": "github",
        "claims": GITHUB_CLAIMS,
        "issuer": running.url,
        **changes,
    }
    with changing(store, OWNER, NOW) as change:
        return publishers.add(change, **values)


def check(store: Store, token: str, cache: KeyCache | None = None) -> Identity:
    with store.read() as connection:
        in_force = publisher_store.fetch_in_force(connection)
    return check_identity(store, cache or KeyCache(), token, in_force, AUDIENCE)


def test_a_token_of_the_registered_workflow_is_accepted(store: Store, issuer: Issuer) -> None:
    publisher_id = register(store, issuer)
    identity = check(store, issuer.token())
    assert identity.publisher.id == publisher_id
    assert identity.publisher.recorded(identity.claims) == {
        "repository": "owner/recipes",
        "repository_id": "1001",
        "workflow_ref": "owner/recipes/.github/workflows/batch.yml@refs/heads/main",
        "ref": "refs/heads/main",
        "run_id": "4711",
        "run_attempt": "2",
        "event_name": "schedule",
    }


def test_clocks_may_differ_by_a_minute(store: Store, issuer: Issuer) -> None:
    register(store, issuer)
    now = int(time.time())
    check(store, issuer.token(exp=now - 30))
    check(store, issuer.token(iat=now + 30, nbf=now + 30))


def test_elliptic_curves_and_lists_of_audiences_are_accepted(store: Store, issuer: Issuer) -> None:
    register(store, issuer)
    issuer.add_key("curve", "EC")
    check(store, issuer.token("curve", "ES256", aud=["other", AUDIENCE]))


REJECTED: dict[str, tuple[dict[str, Any], str]] = {
    "expired": ({"exp": time.time() - 90}, "expired"),
    "not yet valid": ({"nbf": time.time() + 3_600}, "not yet valid"),
    "issued in the future": ({"iat": time.time() + 3_600, "exp": time.time() + 7_200}, "iat"),
    "valid for too long": ({"exp": time.time() + 200_000}, "longer than a day"),
    "without an end": ({"exp": None}, '"exp"'),
    "without an audience": ({"aud": None}, '"aud"'),
    "another audience": ({"aud": "https://other.example"}, "the audience is"),
    "another repository": ({"repository": "owner/other"}, "repository is 'owner/other'"),
    "another workflow": (
        {"workflow_ref": "owner/recipes/.github/workflows/other.yml@refs/heads/main"},
        "workflow is",
    ),
    "a workflow whose name ends alike": (
        {"workflow_ref": "owner/recipes/.github/workflows/a/batch.yml@refs/heads/main"},
        "workflow is",
    ),
    "another branch": ({"ref": "refs/heads/next"}, "ref is"),
    "a pull request": ({"ref": "refs/pull/7/merge"}, "ref is"),
    "a tag named as the branch": ({"ref": "refs/tags/main"}, "ref is"),
    "a claim of another kind": ({"repository": {"name": "owner/recipes"}}, "repository is"),
}


@pytest.mark.parametrize(("changes", "reason"), REJECTED.values(), ids=REJECTED)
def test_a_token_is_rejected_for_its_claims(
    changes: dict[str, Any], reason: str, store: Store, issuer: Issuer
) -> None:
    register(store, issuer)
    with pytest.raises(IdentityRejected, match=reason):
        check(store, issuer.token(**changes))


def test_the_environment_is_compared_where_it_is_registered(store: Store, issuer: Issuer) -> None:
    register(store, issuer, claims={"repository": "owner/recipes", "environment": "production"})
    check(store, issuer.token(environment="production"))
    for environment in (None, "staging"):
        with pytest.raises(IdentityRejected, match="environment is"):
            check(store, issuer.token(environment=environment))


def forged_tokens(issuer: Issuer) -> dict[str, str]:
    claims = issuer.github_claims()
    public = issuer.keys["k1"].public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head, body, _signature = issuer.token().split(".")
    with_symmetric = unsigned({"alg": "HS256", "kid": "k1"}, claims, b"x" * 32)
    return {
        "none": unsigned({"alg": "none", "kid": "k1"}, claims),
        "symmetric": with_symmetric,
        "symmetric with the public key": _hs256(claims, pem),
        "bad signature": f"{head}.{body}.{'A' * 342}",
        "no signature": f"{head}.{body}.",
        "no key id": jwt.encode(claims, issuer.keys["k1"], "RS256"),
        "unknown key": jwt.encode(claims, issuer.keys["k1"], "RS256", {"kid": "k9"}),
        "key of another kind": unsigned({"alg": "ES256", "kid": "k1"}, claims, b"x" * 64),
        "too long": issuer.token(padding="x" * 20_000),
        "no claims": "eyJhbGciOiJSUzI1NiJ9.e30.AAAA",
        "no JSON": "eyJ.eyJ.eyJ",
    }


def _hs256(claims: dict[str, Any], secret: bytes) -> str:
    import hashlib
    import hmac

    head, body, _ = unsigned({"alg": "HS256", "kid": "k1"}, claims).split(".")
    code = hmac.digest(secret, f"{head}.{body}".encode(), hashlib.sha256)
    return unsigned({"alg": "HS256", "kid": "k1"}, claims, code)


def test_no_forged_token_is_accepted(store: Store, issuer: Issuer) -> None:
    register(store, issuer)
    for kind, token in forged_tokens(issuer).items():
        with pytest.raises(IdentityRejected):
            pytest.fail(f"accepted: {kind}, {check(store, token)}")


@pytest.mark.filterwarnings("ignore:The RSA key is 1024 bits long")
def test_a_short_key_is_rejected(store: Store, issuer: Issuer) -> None:
    register(store, issuer)
    issuer.add_key("short", bits=1024)
    with pytest.raises(IdentityRejected, match="fewer than 2048 bits"):
        check(store, issuer.token("short"))


def test_an_issuer_that_nobody_registered_is_never_asked(store: Store, issuer: Issuer) -> None:
    register(store, issuer, issuer="https://issuer.example")
    with pytest.raises(IdentityRejected, match="no trusted publisher has the issuer"):
        check(store, issuer.token())
    assert issuer.requests == []


def test_a_reused_repository_name_with_another_id_is_rejected(store: Store, issuer: Issuer) -> None:
    publisher_id = register(store, issuer)
    with store.write() as connection:
        publisher_store.add_upload(connection, publisher_id, "1001", NOW)
    check(store, issuer.token())
    with pytest.raises(IdentityRejected, match="the repository has the id '2002'"):
        check(store, issuer.token(repository_id="2002"))


def test_a_removed_publisher_is_rejected(store: Store, issuer: Issuer) -> None:
    publisher_id = register(store, issuer)
    with changing(store, OWNER, NOW) as change:
        publishers.remove(change, publisher_id)
    with pytest.raises(IdentityRejected):
        check(store, issuer.token())


def test_of_several_publishers_the_one_that_fits_is_found(store: Store, issuer: Issuer) -> None:
    register(store, issuer, claims={"repository": "owner/other"})
    second = register(store, issuer, claims={"repository_id": "1001"}, ecosystems=["npm"])
    assert check(store, issuer.token()).publisher.id == second


def test_a_gitlab_pipeline_is_accepted(store: Store, issuer: Issuer) -> None:
    claims = {"repository": "group/sub/recipes", "workflow": ".gitlab-ci.yml", "ref": "main"}
    register(store, issuer, kind="gitlab", claims=claims)
    found = {
        **issuer.github_claims(repository=None, repository_id=None, workflow_ref=None, ref=None),
        "project_path": "group/sub/recipes",
        "project_id": "77",
        "ci_config_ref_uri": "gitlab.example/group/sub/recipes//.gitlab-ci.yml@refs/heads/main",
        "ref": "main",
        "pipeline_id": "815",
    }
    identity = check(store, issuer.signed(found))
    assert identity.publisher.recorded(identity.claims)["pipeline_id"] == "815"
    other = "gitlab.example/group/sub/recipes//other.yml@refs/heads/main"
    with pytest.raises(IdentityRejected, match="workflow is"):
        check(store, issuer.signed({**found, "ci_config_ref_uri": other}))


def test_another_issuer_is_compared_by_any_claims(store: Store, issuer: Issuer) -> None:
    register(store, issuer, kind="other", claims={"sub": "agent-7", "run_attempt": "2"})
    check(store, issuer.token(sub="agent-7", run_attempt=2))
    with pytest.raises(IdentityRejected, match="sub is 'agent-8'"):
        check(store, issuer.token(sub="agent-8"))


def test_keys_are_fetched_once_and_again_for_a_new_one(
    store: Store, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(store, issuer)
    cache = KeyCache()
    for _ in range(3):
        check(store, issuer.token(), cache)
    assert len(issuer.requests) == 2
    # Another process finds them in the database.
    check(store, issuer.token(), KeyCache())
    assert len(issuer.requests) == 2
    issuer.add_key("k2")
    monkeypatch.setattr(identity_tokens, "FETCH_INTERVAL_SECONDS", 0)
    check(store, issuer.token("k2"), cache)
    assert len(issuer.requests) == 4


def test_unknown_keys_do_not_make_many_requests(store: Store, issuer: Issuer) -> None:
    register(store, issuer)
    cache = KeyCache()
    issuer.add_key("hidden")
    tokens = [issuer.token("hidden")]
    del issuer.keys["hidden"]
    for _ in range(20):
        with pytest.raises(IdentityRejected, match="has no key"):
            check(store, tokens[0], cache)
    assert len(issuer.requests) == 2


@pytest.mark.parametrize("cache", [KeyCache, None], ids=["after a restart", "same process"])
def test_while_the_issuer_is_down_known_keys_are_used(
    cache: Callable[[], KeyCache] | None,
    store: Store,
    issuer: Issuer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    register(store, issuer)
    first = KeyCache()
    check(store, issuer.token(), first)
    issuer.is_down = True
    monkeypatch.setattr(identity_tokens, "FRESH_SECONDS", 0)
    monkeypatch.setattr(identity_tokens, "FETCH_INTERVAL_SECONDS", 0)
    again = cache() if cache else first
    check(store, issuer.token(), again)
    monkeypatch.setattr(identity_tokens, "USABLE_SECONDS", 0)
    with pytest.raises(IssuerUnavailable):
        check(store, issuer.token(), again)


def test_an_issuer_that_is_down_from_the_start_is_no_rejection(
    store: Store, issuer: Issuer
) -> None:
    register(store, issuer)
    issuer.is_down = True
    with pytest.raises(IssuerUnavailable):
        check(store, issuer.token())


@pytest.mark.parametrize(
    "configuration",
    [
        {"jwks_uri": "http://127.0.0.1:9/keys"},
        {"jwks_uri": "file:///etc/passwd"},
        {"issuer": "https://issuer.example"},
    ],
)
def test_keys_of_another_host_are_never_fetched(
    configuration: dict[str, str], store: Store, issuer: Issuer
) -> None:
    register(store, issuer)
    issuer.configuration = configuration
    with pytest.raises(IssuerUnavailable):
        check(store, issuer.token())
    assert issuer.requests == ["/.well-known/openid-configuration"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"issuer": "http://issuer.example"}, "issuer"),
        ({"issuer": "https://user@issuer.example"}, "issuer"),
        ({"issuer": "ftp://issuer.example"}, "issuer"),
        ({"kind": "jenkins"}, "kind"),
        ({"name": " "}, "name"),
        ({"claims": {}}, "repository"),
        ({"claims": {"repository": "recipes"}}, "repository"),
        ({"claims": {"repository_id": "x"}}, "repository_id"),
        ({"claims": {"repository": "a/b", "workflow": ".github/workflows/x.yml"}}, "workflow"),
        ({"claims": {"repository": "a/b", "ref": "refs/pull/1/merge"}}, "ref"),
        ({"claims": {"repository": "a/b", "actor": "x"}}, "claims"),
        ({"kind": "other", "claims": {}}, "claims"),
        ({"scopes": []}, "scopes"),
        ({"ecosystems": []}, "ecosystems"),
    ],
)
def test_what_cannot_be_registered_is_named(
    changes: dict[str, Any], field: str, store: Store, issuer: Issuer
) -> None:
    with pytest.raises(InputError) as error:
        register(store, issuer, **changes)
    assert error.value.field == field
