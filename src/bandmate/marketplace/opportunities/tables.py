"""Tables of opportunities and of mentoring wishes, in the schema ``marketplace``."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    Date,
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
from sqlalchemy.dialects.postgresql import BYTEA, CHAR, REAL, TSVECTOR

from bandmate.kernel.database.tables import metadata

SCHEMA = "marketplace"

_FORMATS = "('one_to_one', 'reverse', 'group', 'peer_circle')"

opportunity = Table(
    "opportunity",
    metadata,
    Column("opportunity_id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("format", Text),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False, server_default=text("''")),
    Column("description", Text, nullable=False, server_default=text("''")),
    Column("department", Text),
    Column("location", Text),
    Column("country", CHAR(2)),
    Column("time_zone", Text),
    Column("work_model", Text),
    # Null where a job comes from a posting: nobody here wrote it.
    Column("owner_id", Uuid, ForeignKey("kernel.person.person_id")),
    Column("job_id", Text),
    Column("posting_path", Text),
    Column("state", Text, nullable=False, server_default=text("'draft'")),
    Column("seats", Integer, nullable=False, server_default=text("1")),
    # How many of the seats somebody has (``seats.settle_seats``).
    Column("seats_taken", Integer, nullable=False, server_default=text("0")),
    Column("hours_per_week", Numeric(4, 1)),
    Column("starts_on", Date),
    Column("ends_on", Date),
    Column("cadence", Text),
    Column("opens_at", DateTime(timezone=True)),
    # When it could first be found here, for alerts; a posting may have been open elsewhere long before.
    Column("listed_at", DateTime(timezone=True)),
    Column("internal_until", DateTime(timezone=True)),
    Column("closes_at", DateTime(timezone=True)),
    # The labels of its skills, so that they are among its words (``skills.refresh_words``).
    Column("skill_words", Text, nullable=False, server_default=text("''")),
    Column("version", BigInteger, nullable=False, server_default=text("1")),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    # Title and skills alone: what decides the order by relevance.
    Column(
        "heading",
        TSVECTOR,
        Computed("marketplace.words_of(title, skill_words, '', '')", persisted=True),
    ),
    Column(
        "words",
        TSVECTOR,
        Computed("marketplace.words_of(title, skill_words, summary, description)", persisted=True),
    ),
    # What a search counts and orders by (``searching.facts``).
    Column(
        "facts",
        BYTEA,
        Computed(
            "marketplace.facts_of(kind, format, work_model, seats > seats_taken, department,"
            " country::text, location, internal_until, opens_at, opportunity_id)",
            persisted=True,
        ),
    ),
    # Makes every row longer than the two kilobytes from which PostgreSQL moves texts out of it, short ones too; it
    # takes 35 bytes itself. What words find lies in a quarter of the pages then.
    Column("ballast", Text, Computed("repeat('.', 2100)", persisted=True)),
    UniqueConstraint("job_id", name="uq_opportunity_job_id"),
    CheckConstraint("kind in ('job', 'project', 'mentoring')", name="kind"),
    CheckConstraint(f"(kind = 'mentoring') = (format is not null) and format in {_FORMATS}", name="format"),
    CheckConstraint("state in ('draft', 'open', 'filled', 'closed')", name="state"),
    CheckConstraint("work_model in ('on_site', 'hybrid', 'remote')", name="work_model"),
    CheckConstraint("seats >= 0", name="seats"),
    CheckConstraint("seats_taken >= 0", name="seats_taken"),
    CheckConstraint("state = 'draft' or opens_at is not null", name="opened"),
    Index("ix_opportunity_owner_id", "owner_id"),
    Index(
        "ix_opportunity_opens_at",
        text("opens_at desc"),
        "opportunity_id",
        postgresql_where=text("state = 'open'"),
        # Everything that a search without words reads, so that it reads nothing but this index.
        postgresql_include=["kind", "closes_at", "hours_per_week", "facts"],
    ),
    Index("ix_opportunity_words", "words", postgresql_using="gin"),
    schema=SCHEMA,
    # Long texts lie beside the rows, so that counting over all of them reads little.
    postgresql_with={"toast_tuple_target": "512"},
)

opportunity_skill = Table(
    "opportunity_skill",
    metadata,
    Column(
        "opportunity_id",
        Uuid,
        ForeignKey("marketplace.opportunity.opportunity_id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("skill_uri", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("part", Text, nullable=False),
    Column("weight", REAL, nullable=False, server_default=text("1")),
    PrimaryKeyConstraint("opportunity_id", "skill_uri", "part", name="pk_opportunity_skill"),
    CheckConstraint("part in ('wanted', 'learn')", name="part"),
    Index("ix_opportunity_skill_skill_uri", "skill_uri"),
    schema=SCHEMA,
)

mentoring_wish = Table(
    "mentoring_wish",
    metadata,
    Column("wish_id", Uuid, primary_key=True),
    Column("person_id", Uuid, ForeignKey("kernel.person.person_id"), nullable=False),
    Column("format", Text, nullable=False),
    Column("words", Text, nullable=False, server_default=text("''")),
    Column("cadence", Text),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    Column("version", BigInteger, nullable=False, server_default=text("1")),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    CheckConstraint(f"format in {_FORMATS}", name="format"),
    CheckConstraint("state in ('open', 'matched', 'withdrawn')", name="state"),
    Index("ix_mentoring_wish_person_id", "person_id"),
    schema=SCHEMA,
)

mentoring_wish_topic = Table(
    "mentoring_wish_topic",
    metadata,
    Column("wish_id", Uuid, ForeignKey("marketplace.mentoring_wish.wish_id", ondelete="CASCADE"), nullable=False),
    Column("skill_uri", Text, nullable=False),
    Column("label", Text, nullable=False),
    PrimaryKeyConstraint("wish_id", "skill_uri", name="pk_mentoring_wish_topic"),
    schema=SCHEMA,
)

opportunity_search = Table(
    "opportunity_search",
    metadata,
    Column("search_id", Uuid, primary_key=True),
    Column("person_id", Uuid, ForeignKey("kernel.person.person_id"), nullable=False),
    Column("name", Text, nullable=False),
    # As in the address of the search, its values sorted.
    Column("query", Text, nullable=False),
    Column("alerts", Text, nullable=False, server_default=text("'never'")),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    # Up to when what could be found has been told, or since when there are alerts.
    Column("told_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("alerts in ('never', 'daily', 'weekly')", name="alerts"),
    Index("ix_opportunity_search_person_id", "person_id"),
    Index("ix_opportunity_search_alerts", "alerts", postgresql_where=text("alerts <> 'never'")),
    schema=SCHEMA,
)
