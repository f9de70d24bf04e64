"""Writing to the trail, and that nobody can change it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bandmate.kernel.audit import note
from bandmate.kernel.database.session import Database
from bandmate.kernel.ids import PersonId, new_id

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def _one(database: Database, *, address: str = "192.0.2.7") -> PersonId:
    person = PersonId(new_id())
    with database.begin() as tx:
        note(
            tx, by=person, action="identity.role.given", subject="x", at=NOON, address=address, details={"a": "b"}
        )
    return person


def test_an_act_is_written_down_whole(database: Database) -> None:
    """An entry holds who, what, to what and when; address and details stand beside it."""
    person = _one(database)
    with database.read() as tx:
        entry = tx.execute(text("select at, by_person, by_system, action, subject from kernel.audit_entry")).one()
        facts = tx.execute(text("select kind, content from kernel.audit_fact order by kind")).all()
    assert tuple(entry) == (NOON, person, None, "identity.role.given", "x")
    assert [tuple(fact) for fact in facts] == [("address", "192.0.2.7"), ("details", {"a": "b"})]


def test_a_system_can_act(database: Database) -> None:
    """What the command line or a task did is noted under its name."""
    with database.begin() as tx:
        note(tx, by="command line", action="identity.account.created", subject="x", at=NOON)
    with database.read() as tx:
        assert tx.execute(text("select by_person, by_system from kernel.audit_entry")).one() == (
            None,
            "command line",
        )
        assert tx.execute(text("select count(*) from kernel.audit_fact")).scalar_one() == 0


def test_an_act_that_fails_leaves_no_entry(database: Database) -> None:
    """The entry is of the transaction of the act: both or neither."""

    def fail() -> None:
        with database.begin() as tx:
            note(tx, by="a test", action="x.y", subject="x", at=NOON)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with database.read() as tx:
        assert tx.execute(text("select count(*) from kernel.audit_entry")).scalar_one() == 0


@pytest.mark.parametrize("table", ["audit_entry", "audit_fact", "audit_seal"])
@pytest.mark.parametrize(
    "statement", ["delete from kernel.{}", "truncate kernel.{} cascade", "update kernel.{} set {}"]
)
def test_the_trail_refuses_change(database: Database, table: str, statement: str) -> None:
    """No row of the trail is updated, deleted or truncated, not even where none would be touched."""
    _one(database)
    change = {"audit_entry": "subject = 'y'", "audit_fact": "salt = ''", "audit_seal": "hash = ''"}[table]
    with pytest.raises(IntegrityError, match="audit trail is never changed"), database.begin() as tx:
        tx.execute(text(statement.format(table, change)))
