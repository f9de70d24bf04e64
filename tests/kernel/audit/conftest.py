"""The trail with a few entries in it, and ways to tamper with it as somebody who has the database would."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bandmate.kernel.audit import note
from bandmate.kernel.audit.sealing import seal
from bandmate.kernel.database.session import Database
from bandmate.kernel.ids import PersonId, new_id

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)

Noting = Callable[..., PersonId]
Tampering = Callable[[str], None]


@pytest.fixture
def noting(database: Database) -> Noting:
    """Write entries: ``noting(3)`` writes three of one person, a minute apart, and returns the person."""

    def write(count: int = 1, *, by: PersonId | None = None, subject: str = "x", action: str = "a.b") -> PersonId:
        person = by or PersonId(new_id())
        with database.begin() as tx:
            for number in range(count):
                at = NOON + timedelta(minutes=number)
                details = {"number": str(number)}
                note(tx, by=person, action=action, subject=subject, at=at, address="192.0.2.7", details=details)
        return person

    return write


@pytest.fixture
def seal_all(database: Database) -> Callable[[], int]:
    """Seal whatever can be sealed."""

    def run() -> int:
        with database.begin() as tx:
            return seal(tx, now=NOON)

    return run


@pytest.fixture
def tampering(database: Database) -> Tampering:
    """Run SQL with the triggers off, as an attacker with the rights of the owner would."""

    def run(statement: str) -> None:
        tables = ("audit_entry", "audit_fact", "audit_seal")
        with database.begin() as tx:
            for table in tables:
                tx.execute(text(f"alter table kernel.{table} disable trigger user"))
            tx.execute(text(statement))
            for table in tables:
                tx.execute(text(f"alter table kernel.{table} enable trigger user"))

    return run
