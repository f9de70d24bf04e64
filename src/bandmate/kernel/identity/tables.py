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
    Column("password_hash", Text, nullable=False),
    Column("password_changed_at", DateTime(timezone=True), nullable=False),
    Column("role", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("role in ('member', 'operator', 'administrator')", name="role"),
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
