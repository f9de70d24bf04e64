"""The table of Today, in the schema ``kernel``: cards that their reader put away."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, ForeignKey, Table, Text, Uuid

from bandmate.kernel.database.tables import metadata

today_dismissal = Table(
    "today_dismissal",
    metadata,
    Column("person_id", Uuid, ForeignKey("kernel.person.person_id"), primary_key=True),
    Column("card_key", Text, primary_key=True),
    Column("dismissed_at", DateTime(timezone=True), nullable=False),
    schema="kernel",
)
