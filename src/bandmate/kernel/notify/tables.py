"""Tables of messages, in the schema ``kernel``."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from bandmate.kernel.database.tables import metadata

delivery = Table(
    "delivery",
    metadata,
    Column("delivery_id", Uuid, primary_key=True),
    Column("request_id", Uuid, nullable=False),
    # How the person is reached, in the word that consent uses: `email`.
    Column("channel", Text, nullable=False),
    # No foreign key: a request for somebody who is gone ends as refused, it does not hold up the others.
    Column("person_id", Uuid, nullable=False),
    Column("template", Text, nullable=False),
    Column("topic", Text, nullable=False),
    # What is rendered when it is sent; the text itself is never kept. Values of `secrets` stand in message_secret.
    Column("variables", JSONB, nullable=False),
    Column("secrets", ARRAY(Text), nullable=False),
    Column("purpose", Text),
    Column("reason", Text, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True)),
    Column("give_up_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    # In words: what stands in the way of one that waits, or why it ended as it did.
    Column("why", Text),
    # These four are the outbox's: see kernel.outbox.
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("claim", Uuid),
    Column("settled_at", DateTime(timezone=True)),
    # What was sent, where to and by which way; the subject without its secrets.
    Column("subject", Text),
    Column("address", Text),
    Column("through", Text),
    UniqueConstraint("request_id", "channel"),
    CheckConstraint("state in ('waiting', 'sent', 'failed', 'refused', 'expired')", name="state"),
    Index("ix_delivery_due_at", "due_at", postgresql_where=text("state = 'waiting'")),
    Index("ix_delivery_person_id_requested_at_delivery_id", "person_id", "requested_at", "delivery_id"),
    Index("ix_delivery_requested_at_delivery_id", "requested_at", "delivery_id"),
    Index("ix_delivery_state_requested_at_delivery_id", "state", "requested_at", "delivery_id"),
    schema="kernel",
)

message_secret = Table(
    "message_secret",
    metadata,
    # The event log is never forgotten, so secrets of a message stand beside it and go once it is sent.
    Column("request_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("variables", JSONB, nullable=False),
    Column("keep_until", DateTime(timezone=True), nullable=False),
    Index("ix_message_secret_person_id", "person_id"),
    Index("ix_message_secret_keep_until", "keep_until"),
    schema="kernel",
)

stop_link = Table(
    "stop_link",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("delivery_id", Uuid, ForeignKey("kernel.delivery.delivery_id", ondelete="CASCADE"), nullable=False),
    Column("issued_at", DateTime(timezone=True), nullable=False),
    Index("ix_stop_link_delivery_id", "delivery_id"),
    schema="kernel",
)
