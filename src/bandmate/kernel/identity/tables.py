"""Tables of identity, in the schema ``kernel``. Secrets stand here only as hashes."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Index, LargeBinary, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from bandmate.kernel.database.tables import metadata

person = Table(
    "person",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    # How the person is spoken to where no browser says it: BCP 47 and IANA names; null means not chosen.
    Column("locale", Text),
    Column("time_zone", Text),
    # Set once the person is erased: the row stays so that their id can be referred to, and tells nothing more.
    Column("erased_at", DateTime(timezone=True)),
    schema="kernel",
)

account = Table(
    "account",
    metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("person_id", Uuid, ForeignKey("kernel.person.person_id"), nullable=False, unique=True),
    # `email` is as its owner wrote it, `email_key` as we compare it: see persons.email_key.
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False, unique=True),
    # Null for whoever never signs in by password: by OpenID Connect alone, or a service account.
    Column("password_hash", Text),
    Column("password_changed_at", DateTime(timezone=True)),
    Column("role", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    # Set while its person is merged into one who has an account: nobody signs in with it, its keys do not work.
    Column("disabled_at", DateTime(timezone=True)),
    # A service account has no address: its `email` is its handle, `service:reader`, which no address can equal.
    Column("kind", Text, nullable=False, server_default="person"),
    Column("purpose", Text),
    CheckConstraint("role in ('member', 'operator', 'administrator')", name="role"),
    CheckConstraint("kind in ('person', 'service')", name="kind"),
    CheckConstraint("(password_hash is null) = (password_changed_at is null)", name="password"),
    CheckConstraint(
        "kind = 'person' or (password_hash is null and role <> 'administrator' and purpose is not null)",
        name="service",
    ),
    schema="kernel",
)

session = Table(
    "session",
    metadata,
    Column("session_id", Uuid, primary_key=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("account_id", Uuid, ForeignKey("kernel.account.account_id", ondelete="CASCADE"), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("address", Text, nullable=False),
    Column("user_agent", Text, nullable=False),
    Column("last_used_at", DateTime(timezone=True)),
    Index("ix_session_account_id", "account_id"),
    Index("ix_session_expires_at", "expires_at"),
    schema="kernel",
)

api_key = Table(
    "api_key",
    metadata,
    Column("public_id", Text, primary_key=True),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("account_id", Uuid, ForeignKey("kernel.account.account_id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True)),
    Column("last_used_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    Index("ix_api_key_account_id", "account_id"),
    schema="kernel",
)

sign_in_attempt = Table(
    "sign_in_attempt",
    metadata,
    # A hash of what is counted (account and address, or address alone): no e-mail address of a stranger is kept.
    Column("subject", LargeBinary, nullable=False),
    Column("attempted_at", DateTime(timezone=True), nullable=False),
    Index("ix_sign_in_attempt_subject_attempted_at", "subject", "attempted_at"),
    Index("ix_sign_in_attempt_attempted_at", "attempted_at"),
    schema="kernel",
)

account_link = Table(
    "account_link",
    metadata,
    # What is mailed to the owner of an account; it works once and not for long.
    Column("token_hash", LargeBinary, primary_key=True),
    Column("account_id", Uuid, ForeignKey("kernel.account.account_id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    # For a link that confirms a new address: the address.
    Column("email", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("kind in ('recovery', 'email')", name="kind"),
    Index("ix_account_link_account_id", "account_id"),
    Index("ix_account_link_expires_at", "expires_at"),
    schema="kernel",
)

known_browser = Table(
    "known_browser",
    metadata,
    # A browser carries a random token; in it, somebody has signed in to this account before.
    Column("token_hash", LargeBinary, primary_key=True),
    Column("account_id", Uuid, ForeignKey("kernel.account.account_id", ondelete="CASCADE"), primary_key=True),
    Column("first_seen_at", DateTime(timezone=True), nullable=False),
    Column("last_seen_at", DateTime(timezone=True), nullable=False),
    Index("ix_known_browser_account_id", "account_id"),
    Index("ix_known_browser_last_seen_at", "last_seen_at"),
    schema="kernel",
)

openid_identity = Table(
    "openid_identity",
    metadata,
    # Who an account's owner is at a provider; nothing but these two names them there (OpenID Connect Core, 5.7).
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("account_id", Uuid, ForeignKey("kernel.account.account_id", ondelete="CASCADE"), nullable=False),
    # The address the provider told last: shown to the owner, never used to find anybody.
    Column("email", Text, nullable=False),
    Column("linked_at", DateTime(timezone=True), nullable=False),
    Column("last_used_at", DateTime(timezone=True), nullable=False),
    Index("ix_openid_identity_account_id", "account_id"),
    schema="kernel",
)

openid_attempt = Table(
    "openid_attempt",
    metadata,
    # A sign-in that was sent to a provider and is not back yet; it is used once, by the browser that began it.
    Column("state_hash", LargeBinary, primary_key=True),
    Column("browser_hash", LargeBinary, nullable=False),
    Column("network_hash", LargeBinary, nullable=False),
    Column("provider", Text, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("code_verifier", Text, nullable=False),
    Column("way_on", Text, nullable=False),
    # Whose account is to be linked; null for a sign-in.
    Column("account_id", Uuid, ForeignKey("kernel.account.account_id", ondelete="CASCADE")),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Index("ix_openid_attempt_network_hash_started_at", "network_hash", "started_at"),
    Index("ix_openid_attempt_started_at", "started_at"),
    Index("ix_openid_attempt_account_id", "account_id"),
    schema="kernel",
)

openid_offer = Table(
    "openid_offer",
    metadata,
    # Somebody proved who they are at a provider; the account's owner still has to agree that it is theirs.
    Column("browser_hash", LargeBinary, primary_key=True),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("account_id", Uuid, ForeignKey("kernel.account.account_id", ondelete="CASCADE"), nullable=False),
    Column("way_on", Text, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Index("ix_openid_offer_account_id", "account_id"),
    Index("ix_openid_offer_made_at", "made_at"),
    schema="kernel",
)
