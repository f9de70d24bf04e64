"""Tables of saved searches and their alerts, in the schema ``postings``."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)

from bandmate.kernel.database.tables import metadata
from bandmate.kernel.events.tables import Xid8
from bandmate.postings.tables import SCHEMA

saved_search = Table(
    "saved_search",
    metadata,
    Column("search_id", Uuid, primary_key=True),
    Column("person_id", Uuid, ForeignKey("kernel.person.person_id"), nullable=False),
    Column("name", Text, nullable=False),
    # The query in its canonical form, and the version of that form (``domain``).
    Column("form", Integer, nullable=False),
    Column("query", Text, nullable=False),
    Column("frequency", Text, nullable=False),
    Column("hour", Integer, nullable=False),
    Column("weekday", Integer, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    # Since when there are alerts: as the clock says, and as a place in the event log (``saving``).
    Column("alerts_since", DateTime(timezone=True)),
    Column("since_xid", Xid8),
    Column("since_position", BigInteger),
    Column("due_at", DateTime(timezone=True)),
    # How many digests there have been, and when the last one was.
    Column("told", Integer, nullable=False, server_default=text("0")),
    Column("told_at", DateTime(timezone=True)),
    Column("deleted_at", DateTime(timezone=True)),
    CheckConstraint("frequency in ('never', 'at_once', 'daily', 'weekly')", name="frequency"),
    CheckConstraint(
        "(frequency = 'never') = (due_at is null) and (frequency = 'never') = (since_xid is null)"
        " and (frequency = 'never') = (alerts_since is null)",
        name="alerts",
    ),
    Index("ix_saved_search_person_id", "person_id"),
    Index("ix_saved_search_due_at", "due_at", postgresql_where=text("deleted_at is null")),
    schema=SCHEMA,
)

alert_candidate = Table(
    "alert_candidate",
    metadata,
    Column("candidate_id", BigInteger, Identity(always=True), primary_key=True),
    Column("job_id", Text, nullable=False),
    Column("xid", Xid8, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    CheckConstraint("kind in ('opened', 'changed', 'reread')", name="kind"),
    schema=SCHEMA,
)

alert_match = Table(
    "alert_match",
    metadata,
    Column("search_id", Uuid, ForeignKey("postings.saved_search.search_id", ondelete="CASCADE"), nullable=False),
    Column("job_id", Text, nullable=False),
    # How often the posting had been opened again by then.
    Column("opening", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("found_at", DateTime(timezone=True), nullable=False),
    Column("told_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("search_id", "job_id", "opening", name="pk_alert_match"),
    CheckConstraint("kind in ('new', 'reopened', 'changed')", name="kind"),
    Index("ix_alert_match_waiting", "search_id", postgresql_where=text("told_at is null")),
    schema=SCHEMA,
)
