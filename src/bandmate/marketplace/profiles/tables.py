"""Tables of profiles and portfolios, in the schema ``marketplace``."""

from __future__ import annotations

from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    LargeBinary,
    Numeric,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from bandmate.kernel.database.tables import metadata

SCHEMA = "marketplace"

profile = Table(
    "profile",
    metadata,
    Column("person_id", Uuid, ForeignKey("kernel.person.person_id"), primary_key=True),
    Column("headline", Text, nullable=False, server_default=text("''")),
    Column("about", Text, nullable=False, server_default=text("''")),
    Column("strengths", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("interests", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("aims", Text, nullable=False, server_default=text("''")),
    Column("target_kind", Text),
    Column("target_uri", Text),
    Column("target_label", Text),
    Column("target_opportunity_id", Uuid),
    Column("target_by", Date),
    # Axis to -1, 0 or 1 (``domain.STYLE``).
    Column("working_style", JSONB, nullable=False, server_default=text("'{}'")),
    Column("hours_per_week", Numeric(4, 1)),
    Column("available_from", Date),
    Column("open_to", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    # Field to 'me', 'team' or 'company'; what is missing is as ``domain.DEFAULTS`` says.
    Column("visibility", JSONB, nullable=False, server_default=text("'{}'")),
    Column("ai_ranking", Boolean, nullable=False, server_default=text("true")),
    Column("version", BigInteger, nullable=False, server_default=text("1")),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("target_kind in ('occupation', 'opportunity', 'words')", name="target_kind"),
    CheckConstraint("hours_per_week between 0 and 60", name="hours_per_week"),
    schema=SCHEMA,
)

profile_skill = Table(
    "profile_skill",
    metadata,
    Column("person_id", Uuid, ForeignKey("kernel.person.person_id"), nullable=False),
    Column("skill_uri", Text, nullable=False),
    Column("use", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("own_words", Text),
    Column("level", SmallInteger),
    Column("state", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("evidence", Text),
    Column("score", REAL),
    # The model and vocabulary that read it; null where nobody but the person says so.
    Column("read_version", Text),
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("person_id", "skill_uri", "use", name="pk_profile_skill"),
    CheckConstraint("use in ('has', 'wants')", name="use"),
    CheckConstraint("state in ('accepted', 'proposed', 'declined')", name="state"),
    CheckConstraint("level between 1 and 5", name="level"),
    Index("ix_profile_skill_skill_uri", "skill_uri", "use", postgresql_where=text("state = 'accepted'")),
    schema=SCHEMA,
)

profile_skill_declined = Table(
    "profile_skill_declined",
    metadata,
    Column("person_id", Uuid, ForeignKey("kernel.person.person_id"), nullable=False),
    Column("skill_uri", Text, nullable=False),
    # Of the words it was read from: from the same words it never comes back (``proposals``).
    Column("evidence_hash", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("person_id", "skill_uri", "evidence_hash", name="pk_profile_skill_declined"),
    schema=SCHEMA,
)

claim = Table(
    "claim",
    metadata,
    Column("claim_id", Uuid, primary_key=True),
    Column("person_id", Uuid, ForeignKey("kernel.person.person_id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("words", Text, nullable=False, server_default=text("''")),
    Column("organisation", Text, nullable=False, server_default=text("''")),
    Column("from_date", Date),
    Column("to_date", Date),
    # A plain id: the claim stays when the opportunity goes.
    Column("opportunity_id", Uuid),
    Column("visibility", Text, nullable=False, server_default=text("'me'")),
    Column("version", BigInteger, nullable=False, server_default=text("1")),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    # Removed, and to be brought back for a day.
    Column("deleted_at", DateTime(timezone=True)),
    CheckConstraint(
        "kind in ('project', 'mentoring', 'learning', 'experience', 'education', 'certificate', 'recognition')",
        name="kind",
    ),
    CheckConstraint("visibility in ('me', 'team', 'company')", name="visibility"),
    CheckConstraint("to_date >= from_date", name="dates"),
    Index("ix_claim_person_id", "person_id"),
    Index("ix_claim_deleted_at", "deleted_at", postgresql_where=text("deleted_at is not null")),
    schema=SCHEMA,
)

claim_skill = Table(
    "claim_skill",
    metadata,
    Column("claim_id", Uuid, ForeignKey("marketplace.claim.claim_id", ondelete="CASCADE"), nullable=False),
    Column("skill_uri", Text, nullable=False),
    Column("label", Text, nullable=False),
    PrimaryKeyConstraint("claim_id", "skill_uri", name="pk_claim_skill"),
    schema=SCHEMA,
)

claim_confirmation = Table(
    "claim_confirmation",
    metadata,
    Column("claim_id", Uuid, ForeignKey("marketplace.claim.claim_id", ondelete="CASCADE"), nullable=False),
    Column("by_person", Uuid, ForeignKey("kernel.person.person_id"), nullable=False),
    Column("role_of_confirmer", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("words", Text, nullable=False, server_default=text("''")),
    # Of the claim that was asked about: whoever answers, answers to these words.
    Column("claim_version", BigInteger, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("answered_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("claim_id", "by_person", name="pk_claim_confirmation"),
    CheckConstraint(
        "role_of_confirmer in ('host', 'mentor', 'mentee', 'manager', 'colleague')", name="role_of_confirmer"
    ),
    CheckConstraint("state in ('asked', 'confirmed', 'declined', 'lost')", name="state"),
    CheckConstraint("(state = 'asked') = (answered_at is null)", name="answered"),
    Index("ix_claim_confirmation_by_person", "by_person", "state"),
    schema=SCHEMA,
)
