"""Tables of mentoring rounds, of pairs and of project teams, in the schema ``marketplace``."""

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
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, REAL

from bandmate.kernel.database.tables import metadata

SCHEMA = "marketplace"

_FORMATS = "('one_to_one', 'reverse', 'group', 'peer_circle')"
_PERSON = "kernel.person.person_id"
_ROUND = "marketplace.round.round_id"
_OPPORTUNITY = "marketplace.opportunity.opportunity_id"

round_ = Table(
    "round",
    metadata,
    Column("round_id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'draft'")),
    Column("limits", JSONB, nullable=False),
    # Of the last preview, and of how the next one comes along (``domain.Progress``).
    Column("figures", JSONB),
    Column("created_by", Uuid, ForeignKey(_PERSON), nullable=False),
    Column("version", BigInteger, nullable=False, server_default=text("1")),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("previewed_at", DateTime(timezone=True)),
    Column("published_at", DateTime(timezone=True)),
    CheckConstraint(f"format in {_FORMATS}", name="format"),
    CheckConstraint("state in ('draft', 'open', 'preview', 'published', 'closed')", name="state"),
    schema=SCHEMA,
)

round_mentee = Table(
    "round_mentee",
    metadata,
    Column("round_id", Uuid, ForeignKey(_ROUND, ondelete="CASCADE"), nullable=False),
    Column("person_id", Uuid, ForeignKey(_PERSON), nullable=False),
    Column("wish_id", Uuid),
    PrimaryKeyConstraint("round_id", "person_id", name="pk_round_mentee"),
    Index("ix_round_mentee_person_id", "person_id"),
    schema=SCHEMA,
)

round_mentor = Table(
    "round_mentor",
    metadata,
    Column("round_id", Uuid, ForeignKey(_ROUND, ondelete="CASCADE"), nullable=False),
    Column("person_id", Uuid, ForeignKey(_PERSON), nullable=False),
    Column("offer_id", Uuid),
    Column("capacity", Integer, nullable=False),
    Column("price", REAL),
    Column("wanted", Integer),
    PrimaryKeyConstraint("round_id", "person_id", name="pk_round_mentor"),
    CheckConstraint("capacity >= 0", name="capacity"),
    Index("ix_round_mentor_person_id", "person_id"),
    schema=SCHEMA,
)

round_pair = Table(
    "round_pair",
    metadata,
    Column("round_id", Uuid, ForeignKey(_ROUND, ondelete="CASCADE"), nullable=False),
    Column("mentee_id", Uuid, ForeignKey(_PERSON), nullable=False),
    Column("mentor_id", Uuid, ForeignKey(_PERSON), nullable=False),
    Column("value", REAL, nullable=False),
    # The parts of the value; under ``others`` who else would suit the mentee, until it is published.
    Column("parts", JSONB, nullable=False),
    Column("price", REAL, nullable=False),
    Column("rank", Integer, nullable=False),
    PrimaryKeyConstraint("round_id", "mentee_id", "mentor_id", name="pk_round_pair"),
    Index("ix_round_pair_mentee_id", "mentee_id"),
    Index("ix_round_pair_mentor_id", "mentor_id"),
    schema=SCHEMA,
)

round_waiting = Table(
    "round_waiting",
    metadata,
    Column("round_id", Uuid, ForeignKey(_ROUND, ondelete="CASCADE"), nullable=False),
    Column("mentee_id", Uuid, ForeignKey(_PERSON), nullable=False),
    Column("reason", Text, nullable=False),
    PrimaryKeyConstraint("round_id", "mentee_id", name="pk_round_waiting"),
    CheckConstraint("reason in ('no_fit', 'no_place', 'limits')", name="reason"),
    Index("ix_round_waiting_mentee_id", "mentee_id"),
    schema=SCHEMA,
)

mentoring_pair = Table(
    "mentoring_pair",
    metadata,
    Column("pair_id", Uuid, primary_key=True),
    Column("mentee_id", Uuid, ForeignKey(_PERSON), nullable=False),
    Column("mentor_id", Uuid, ForeignKey(_PERSON), nullable=False),
    Column("format", Text, nullable=False),
    Column("round_id", Uuid, ForeignKey(_ROUND)),
    Column("offer_id", Uuid, ForeignKey(_OPPORTUNITY, ondelete="SET NULL")),
    Column("formed_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("end_reason", Text),
    Column("version", BigInteger, nullable=False, server_default=text("1")),
    CheckConstraint(f"format in {_FORMATS}", name="format"),
    CheckConstraint("mentee_id <> mentor_id", name="two"),
    Index(
        "uq_mentoring_pair_lasting",
        "mentee_id",
        "mentor_id",
        "format",
        unique=True,
        postgresql_where=text("ended_at is null"),
    ),
    Index("ix_mentoring_pair_mentee_id", "mentee_id"),
    Index("ix_mentoring_pair_mentor_id", "mentor_id"),
    schema=SCHEMA,
)

team_proposal = Table(
    "team_proposal",
    metadata,
    Column("proposal_id", Uuid, primary_key=True),
    Column("opportunity_id", Uuid, ForeignKey(_OPPORTUNITY, ondelete="CASCADE"), nullable=False),
    Column("state", Text, nullable=False),
    Column("figures", JSONB, nullable=False),
    Column("created_by", Uuid, ForeignKey(_PERSON), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("state in ('proposed', 'accepted', 'dropped')", name="state"),
    Index("ix_team_proposal_opportunity_id", "opportunity_id"),
    schema=SCHEMA,
)

team_proposal_member = Table(
    "team_proposal_member",
    metadata,
    Column(
        "proposal_id",
        Uuid,
        ForeignKey("marketplace.team_proposal.proposal_id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("person_id", Uuid, ForeignKey(_PERSON), nullable=False),
    Column("skills", ARRAY(Text), nullable=False),
    Column("strength", Text),
    Column("hours_per_week", Numeric(4, 1)),
    PrimaryKeyConstraint("proposal_id", "person_id", name="pk_team_proposal_member"),
    Index("ix_team_proposal_member_person_id", "person_id"),
    schema=SCHEMA,
)

team_member = Table(
    "team_member",
    metadata,
    Column("opportunity_id", Uuid, ForeignKey(_OPPORTUNITY, ondelete="CASCADE"), nullable=False),
    Column("person_id", Uuid, ForeignKey(_PERSON), nullable=False),
    Column("joined_at", DateTime(timezone=True), nullable=False),
    Column("left_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("opportunity_id", "person_id", name="pk_team_member"),
    Index("ix_team_member_person_id", "person_id"),
    schema=SCHEMA,
)

staffing_run = Table(
    "staffing_run",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    Column("opportunity_ids", ARRAY(Uuid), nullable=False),
    # Of the question; the proposals that answer it have the same.
    Column("digest", Text, nullable=False),
    Column("asked_by", Uuid, ForeignKey(_PERSON), nullable=False),
    Column("state", Text, nullable=False),
    # Why it failed: a reason and what it is about, put into words when it is read.
    Column("problem", JSONB),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("started_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    CheckConstraint("state in ('waiting', 'computing', 'ready', 'failed')", name="state"),
    CheckConstraint("(ended_at is null) = (state in ('waiting', 'computing'))", name="ended"),
    Index(
        "uq_staffing_run_open",
        "asked_by",
        "digest",
        unique=True,
        postgresql_where=text("state in ('waiting', 'computing')"),
    ),
    Index("ix_staffing_run_asked_by", "asked_by", text("asked_at desc")),
    Index("ix_staffing_run_opportunity_ids", "opportunity_ids", postgresql_using="gin"),
    Index("ix_staffing_run_ended_at", "ended_at"),
    schema=SCHEMA,
)
