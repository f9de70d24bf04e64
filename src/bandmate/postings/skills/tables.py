"""Tables of what was read out of postings, in the schema ``postings``.

They are derivatives: whatever stands here can be read again from records and descriptions. So nothing of it is
folded, replayed or told as a step in the life of a posting.
"""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, DateTime, Double, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from bandmate.kernel.database.tables import metadata
from bandmate.postings.tables import SCHEMA

job_reading = Table(
    "job_reading",
    metadata,
    # No foreign key: a board that is folded anew removes its records and writes them again.
    Column("job_id", Text, primary_key=True),
    # Of model, vocabulary and rules; null until it was read once.
    Column("version", Text),
    # The state of the record that was read. A cheap sign that it may have changed; ``text_hash`` says whether the
    # words did.
    Column("source_hash", Text),
    Column("derived_version", Integer),
    Column("text_hash", Text),
    Column("read_at", DateTime(timezone=True)),
    # Until when somebody is at it; whoever is killed loses the claim by time.
    Column("claimed_until", DateTime(timezone=True)),
    Column("normalized_title", Text),
    Column("seniority", Text),
    Column("occupation_uri", Text),
    Column("occupation_label", Text),
    Column("occupation_score", Double),
    # [{uri, label, score}], best first, and in the same order the words that say so.
    Column("skills", JSONB, nullable=False, server_default=text("'[]'")),
    Column("evidence", JSONB, nullable=False, server_default=text("'[]'")),
    Column("skill_uris", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Index("ix_job_reading_skill_uris", "skill_uris", postgresql_using="gin"),
    Index("ix_job_reading_occupation_uri", "occupation_uri"),
    schema=SCHEMA,
)

concept = Table(
    "concept",
    metadata,
    Column("uri", Text, primary_key=True),
    Column("label", Text, nullable=False),
    schema=SCHEMA,
)
"""What skills and occupations that were read are called, for the labels of filters."""

reading_state = Table(
    "reading_state",
    metadata,
    Column("one", Boolean, primary_key=True, server_default=text("true")),
    Column("version", Text),
    Column("notice", Text),
    Column("looked_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("one", name="one"),
    schema=SCHEMA,
)
"""One row: the version that serves, or why nothing can be read."""
