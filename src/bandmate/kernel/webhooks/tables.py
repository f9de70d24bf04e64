"""Tables of webhooks, in the schema ``kernel``. No secret stands here: see ``signing``."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from bandmate.kernel.database.tables import metadata
from bandmate.kernel.events.tables import Xid8

webhook_endpoint = Table(
    "webhook_endpoint",
    metadata,
    Column("endpoint_id", Uuid, primary_key=True),
    Column("url", Text, nullable=False),
    Column("description", Text, nullable=False),
    # What it wants: names of event types, or `postings.*` for all that begin so.
    Column("types", ARRAY(Text), nullable=False),
    # What of that it may get although it tells of persons: an administrator says so for each type.
    Column("allowed_types", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    # Null: by a command, or the person was erased.
    Column("created_by", Uuid, ForeignKey("kernel.person.person_id")),
    Column("created_at", DateTime(timezone=True), nullable=False),
    # By the database's clock, as the time an event is recorded: nothing older is queued by itself.
    Column("hears_from", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    # The secret is derived from this salt and the installation's key; its fingerprint tells when the key changed.
    Column("salt", LargeBinary, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("former_salt", LargeBinary),
    Column("former_until", DateTime(timezone=True)),
    Column("state", Text, nullable=False, server_default=text("'active'")),
    # Since when and why it is paused or disabled; null while active.
    Column("stopped_at", DateTime(timezone=True)),
    Column("stopped_because", Text),
    Column("deleted_at", DateTime(timezone=True)),
    Column("last_success_at", DateTime(timezone=True)),
    # Every attempt since then failed; null after a success.
    Column("failing_since", DateTime(timezone=True)),
    # It asked for a pause (Retry-After) until then.
    Column("hold_until", DateTime(timezone=True)),
    CheckConstraint("state in ('active', 'paused', 'disabled')", name="state"),
    Index("ix_webhook_endpoint_created_by", "created_by"),
    schema="kernel",
)

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("delivery_id", Uuid, primary_key=True),
    Column(
        "endpoint_id", Uuid, ForeignKey("kernel.webhook_endpoint.endpoint_id", ondelete="CASCADE"), nullable=False
    ),
    # No foreign key: what the event says is read when it is sent, and an erased event is not sent.
    Column("event_id", Uuid, nullable=False),
    Column("type", Text, nullable=False),
    Column("queued_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("claim", Uuid),
    Column("settled_at", DateTime(timezone=True)),
    # Of the last attempt.
    Column("attempted_at", DateTime(timezone=True)),
    Column("duration_ms", Integer),
    Column("status", Integer),
    Column("error", Text),
    Column("answer", Text),
    CheckConstraint("state in ('waiting', 'done', 'dead')", name="state"),
    Index("uq_webhook_delivery_endpoint_id_event_id", "endpoint_id", "event_id", unique=True),
    Index(
        "ix_webhook_delivery_endpoint_id_due_at",
        "endpoint_id",
        "due_at",
        postgresql_where=text("state = 'waiting'"),
    ),
    Index("ix_webhook_delivery_endpoint_id_queued_at", "endpoint_id", "queued_at", "delivery_id"),
    Index("ix_webhook_delivery_dead", "endpoint_id", postgresql_where=text("state = 'dead'")),
    Index("ix_webhook_delivery_settled_at", "settled_at", postgresql_where=text("state = 'done'")),
    schema="kernel",
)

webhook_replay = Table(
    "webhook_replay",
    metadata,
    Column("replay_id", Uuid, primary_key=True),
    Column(
        "endpoint_id", Uuid, ForeignKey("kernel.webhook_endpoint.endpoint_id", ondelete="CASCADE"), nullable=False
    ),
    Column("requested_by", Uuid, ForeignKey("kernel.person.person_id")),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    # From when on, or from which event on; what was asked for.
    Column("since", DateTime(timezone=True)),
    Column("since_event", Uuid),
    # How far it has come in the log, and where it ends; the start is null until it was looked up.
    Column("xid", Xid8),
    Column("position", BigInteger),
    Column("until_xid", Xid8, nullable=False),
    Column("until_position", BigInteger, nullable=False),
    Column("queued", Integer, nullable=False, server_default=text("0")),
    Column("finished_at", DateTime(timezone=True)),
    CheckConstraint("num_nonnulls(since, since_event) = 1", name="start"),
    Index("ix_webhook_replay_endpoint_id_requested_at", "endpoint_id", "requested_at"),
    Index("ix_webhook_replay_requested_by", "requested_by"),
    schema="kernel",
)
