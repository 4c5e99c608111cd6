"""Users, sessions, tokens and trusted publishers. Source: docs/data-model.md."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, Table, Text

from batch_dashboard.store.dialects.columns import IDS_NEVER_REUSED, RowId, UtcTime
from batch_dashboard.store.schema.columns import metadata

ingest_tokens = Table(
    "ingest_tokens",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", Text, nullable=False),
    Column("token_prefix", Text, nullable=False),  # the first characters, to recognise it
    Column("token_hash", LargeBinary, nullable=False, unique=True),  # a keyed hash, not the token
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime),  # NULL: never
    Column("revoked_at", UtcTime),  # NULL: valid
    Column("last_used_at", UtcTime),  # NULL: never used
    Column("last_used_from", Text),  # the address of that client
    Column("scopes", Text, nullable=False, server_default="ingest read"),  # separated by spaces
    Column("ecosystems", Text),  # a JSON array of names; NULL: every ecosystem
    Column("note", Text, nullable=False, server_default=""),
    Column("uploads", BigInteger, nullable=False, server_default="0"),  # batch runs it stored
    Column("replaced_by", BigInteger),  # the token it was rotated to
    **IDS_NEVER_REUSED,
)

# CI workflows that may upload with an identity token of their CI system instead of a secret.
trusted_publishers = Table(
    "trusted_publishers",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),  # github, gitlab or other
    Column("issuer", Text, nullable=False),
    Column("audience", Text),  # NULL: the address of this dashboard
    Column("claims", Text, nullable=False),  # a JSON object: what a token must claim
    Column("first_repository_id", Text),  # NULL: no token was accepted yet
    Column("scopes", Text, nullable=False),  # separated by spaces
    Column("ecosystems", Text),  # a JSON array of names; NULL: every ecosystem
    Column("created_at", UtcTime, nullable=False),
    Column("removed_at", UtcTime),  # NULL: valid
    Column("last_used_at", UtcTime),  # NULL: never used
    Column("uploads", BigInteger, nullable=False, server_default="0"),  # batch runs it stored
    **IDS_NEVER_REUSED,
)

# Public keys of issuers, as last fetched.
issuer_keys = Table(
    "issuer_keys",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("keys", Text, nullable=False),  # a JSON object of JSON Web Keys by their id
    Column("fetched_at", UtcTime, nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False),  # administrator or viewer
    Column("created_at", UtcTime, nullable=False),
    Column("last_signed_in_at", UtcTime),  # NULL: never, in a browser
    **IDS_NEVER_REUSED,
)

# Browsers that are signed in; the cookie's value is stored as a keyed hash.
user_sessions = Table(
    "user_sessions",
    metadata,
    Column("session_hash", LargeBinary, primary_key=True),
    Column("user_id", RowId, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("last_seen_at", UtcTime, nullable=False),
    Column("address", Text, nullable=False),
    Index("ix_user_sessions_user", "user_id"),
)

# Wrong passwords, by a keyed hash of the name: it can be a password typed into the wrong field.
sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("subject", LargeBinary, primary_key=True),
    Column("failures", BigInteger, nullable=False),
    Column("last_failed_at", UtcTime, nullable=False),
)

# Forms that were sent: each has an effect once.
used_forms = Table(
    "used_forms",
    metadata,
    Column("form_id", Text, primary_key=True),
    Column("used_at", UtcTime, nullable=False),
    Index("ix_used_forms_used_at", "used_at"),
)
