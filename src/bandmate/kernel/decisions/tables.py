"""Tables of decisions, in the schema ``kernel``; triggers there refuse to change or delete what was decided."""

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
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSON

from bandmate.kernel.database.tables import metadata

decision = Table(
    "decision",
    metadata,
    Column("decision_id", Uuid, primary_key=True),
    Column("position", BigInteger, Identity(always=True), nullable=False),
    Column("kind", Text, nullable=False),
    # Null: it is about no person, or the person was erased (then `erased_at` says when).
    Column("subject", Uuid, ForeignKey("kernel.person.person_id")),
    Column("object_kind", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("rule_version", Integer, nullable=False),
    # JSON and not JSONB: what is read back is exactly what was decided from, also the form of its numbers.
    Column("inputs", JSON, nullable=False),
    Column("scores", JSON, nullable=False),
    Column("alternatives", JSON, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False),
    # No reference for whoever decided: it would cost each of thousands of rows a second a look-up.
    Column("decided_by_person", Uuid),
    Column("decided_by_system", Text),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("erased_at", DateTime(timezone=True)),
    CheckConstraint("num_nonnulls(decided_by_person, decided_by_system) = 1", name="decider"),
    Index(
        "ix_decision_subject", "subject", "decided_at", "decision_id", postgresql_where=text("subject is not null")
    ),
    Index("ix_decision_object_kind", "object_kind", "object_id", "decided_at", "decision_id"),
    Index("ix_decision_rule", "rule", "decided_at"),
    Index(
        "ix_decision_decided_by_person",
        "decided_by_person",
        postgresql_where=text("decided_by_person is not null"),
    ),
    schema="kernel",
)

decision_act = Table(
    "decision_act",
    metadata,
    Column("act_id", Uuid, primary_key=True),
    Column("position", BigInteger, Identity(always=True), nullable=False),
    Column("decision_id", Uuid, ForeignKey("kernel.decision.decision_id"), nullable=False),
    Column("kind", Text, nullable=False),
    # Null once whoever acted was erased.
    Column("by_person", Uuid),
    Column("at", DateTime(timezone=True), nullable=False),
    # Null once the person the decision is about, or whoever wrote them about themselves, was erased.
    Column("words", Text),
    Column("outcome", Text),
    Column("verdict", Text),
    # Unique: of two answers to one contest that arrive at once, one cannot be written.
    Column("contest_id", Uuid, ForeignKey("kernel.decision_act.act_id"), unique=True),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    CheckConstraint("kind in ('overridden', 'contested', 'answered')", name="kind"),
    CheckConstraint(
        "(kind = 'answered') = (contest_id is not null) and (kind = 'answered') = (verdict is not null)"
        " and (outcome is not null) = (kind = 'overridden' or coalesce(verdict = 'changed', false))",
        name="answer",
    ),
    Index("ix_decision_act_decision_id", "decision_id", "position"),
    Index("ix_decision_act_by_person", "by_person"),
    Index("ix_decision_act_contested", "at", postgresql_where=text("kind = 'contested'")),
    schema="kernel",
)
