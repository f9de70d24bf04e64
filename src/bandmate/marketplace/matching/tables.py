"""Tables of matching, in the schema ``marketplace``."""

from __future__ import annotations

from sqlalchemy import (
    REAL,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
)

from bandmate.kernel.database.tables import metadata
from bandmate.marketplace.opportunities import tables as _opportunities  # noqa: F401 - foreign keys point there

SCHEMA = "marketplace"

_OPPORTUNITY = "marketplace.opportunity.opportunity_id"
_PERSON = "kernel.person.person_id"

shown = Table(
    "shown",
    metadata,
    # Of a list of candidates: who was shown to the owner of the opportunity.
    Column("person_id", Uuid, ForeignKey(_PERSON), nullable=False),
    Column("opportunity_id", Uuid, ForeignKey(_OPPORTUNITY, ondelete="CASCADE"), nullable=False),
    Column("day", Date, nullable=False),
    Column("list", Text, nullable=False),
    Column("rank", SmallInteger, nullable=False),
    PrimaryKeyConstraint("person_id", "opportunity_id", "day", "list", name="pk_shown"),
    CheckConstraint("list in ('for_you', 'candidates')", name="list"),
    CheckConstraint("rank >= 1", name="rank"),
    Index("ix_shown_opportunity_id", "opportunity_id", "day"),
    Index("ix_shown_day", "day"),
    schema=SCHEMA,
)

opportunity_price = Table(
    "opportunity_price",
    metadata,
    Column("opportunity_id", Uuid, ForeignKey(_OPPORTUNITY, ondelete="CASCADE"), primary_key=True),
    # Points that the crowd takes from its score.
    Column("price", REAL, nullable=False),
    Column("seats", Integer, nullable=False),
    # In how many lists it would stand without prices.
    Column("demand", Integer, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    CheckConstraint("price >= 0", name="price"),
    schema=SCHEMA,
)

not_for_me = Table(
    "not_for_me",
    metadata,
    Column("person_id", Uuid, ForeignKey(_PERSON), nullable=False),
    Column("opportunity_id", Uuid, ForeignKey(_OPPORTUNITY, ondelete="CASCADE"), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("person_id", "opportunity_id", name="pk_not_for_me"),
    Index("ix_not_for_me_opportunity_id", "opportunity_id"),
    schema=SCHEMA,
)

# The newest decision about a person's list, so that only a list that changed is recorded again.
list_decided = Table(
    "list_decided",
    metadata,
    Column("person_id", Uuid, ForeignKey(_PERSON), nullable=False),
    # "for_you", or "candidates:" and the opportunity's id.
    Column("about", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("decision_id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("person_id", "about", name="pk_list_decided"),
    schema=SCHEMA,
)
