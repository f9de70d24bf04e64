"""Tables of applying, in the schema ``marketplace``."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from bandmate.kernel.database.tables import metadata

SCHEMA = "marketplace"

_PERSON = "kernel.person.person_id"
_APPLICATION = "marketplace.application.application_id"
_STATES = "('interested', 'applied', 'shortlisted', 'offered', 'accepted', 'declined', 'not_chosen', 'withdrawn')"

application = Table(
    "application",
    metadata,
    Column("application_id", Uuid, primary_key=True),
    Column(
        "opportunity_id",
        Uuid,
        ForeignKey("marketplace.opportunity.opportunity_id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("person_id", Uuid, ForeignKey(_PERSON), nullable=False),
    Column("state", Text, nullable=False),
    Column("words", Text, nullable=False, server_default=text("''")),
    Column("hours_per_week", Numeric(4, 1)),
    Column("answer_words", Text, nullable=False, server_default=text("''")),
    # Why it came to its answer: by the owner, because it was filled, because it was closed.
    Column("answer_code", Text),
    Column("answer_due_at", DateTime(timezone=True)),
    # The first answer: an offer, or a no.
    Column("answered_at", DateTime(timezone=True)),
    Column("version", BigInteger, nullable=False, server_default=text("1")),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("opportunity_id", "person_id", name="uq_application_opportunity_id_person_id"),
    CheckConstraint(f"state in {_STATES}", name="state"),
    CheckConstraint("answer_code in ('owner', 'filled', 'closed')", name="answer_code"),
    CheckConstraint("hours_per_week > 0", name="hours_per_week"),
    Index("ix_application_person_id", "person_id", text("changed_at desc")),
    Index(
        "ix_application_answer_due_at",
        "answer_due_at",
        postgresql_where=text("state in ('applied', 'shortlisted')"),
    ),
    schema=SCHEMA,
)

application_step = Table(
    "application_step",
    metadata,
    Column("application_id", Uuid, ForeignKey(_APPLICATION, ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("state", Text, nullable=False),
    # None: nobody in person, such as when an opportunity was filled.
    Column("by_person", Uuid, ForeignKey(_PERSON)),
    Column("words", Text, nullable=False, server_default=text("''")),
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("application_id", "position", name="pk_application_step"),
    CheckConstraint(f"state in {_STATES}", name="state"),
    CheckConstraint("position >= 1", name="position"),
    Index("ix_application_step_by_person", "by_person"),
    schema=SCHEMA,
)

manager_ask = Table(
    "manager_ask",
    metadata,
    Column("application_id", Uuid, ForeignKey(_APPLICATION, ondelete="CASCADE"), primary_key=True),
    Column("manager_id", Uuid, ForeignKey(_PERSON), nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("answer", Text),
    Column("words", Text, nullable=False, server_default=text("''")),
    Column("answered_at", DateTime(timezone=True)),
    Column("lapsed_at", DateTime(timezone=True)),
    CheckConstraint("answer in ('fine', 'concern')", name="answer"),
    CheckConstraint("(answer is null) = (answered_at is null)", name="answered"),
    CheckConstraint("lapsed_at is null or answer is null", name="lapsed"),
    Index("ix_manager_ask_manager_id", "manager_id"),
    Index("ix_manager_ask_due_at", "due_at", postgresql_where=text("answered_at is null and lapsed_at is null")),
    schema=SCHEMA,
)
