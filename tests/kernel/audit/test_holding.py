"""What the trail holds about a person: shown to them, merged, split."""

from __future__ import annotations

from typing import cast

from tests.kernel.audit.conftest import NOON, Noting

from bandmate.kernel.audit import note
from bandmate.kernel.database.session import Database
from bandmate.kernel.holdings import Json, declared_holdings
from bandmate.kernel.identity.persons import create_person
from bandmate.kernel.ids import PersonId, new_id

HOLDING = next(each for each in declared_holdings() if each.name == "audit")


def _export(database: Database, person: PersonId) -> list[dict[str, Json]]:
    with database.read() as tx:
        return cast("list[dict[str, Json]]", HOLDING.export(tx, person))


def test_a_person_is_shown_their_acts_and_what_was_done_to_them(database: Database, noting: Noting) -> None:
    """The export holds both, but not the network address of the other who acted."""
    mia = noting(1)
    other = noting(1, subject=str(mia), action="identity.role.given")
    exported = _export(database, mia)
    assert [(each["by"], each["address"]) for each in exported] == [("you", "192.0.2.7"), ("another person", None)]
    assert str(other) not in str(exported)


def test_erasing_an_administrator_keeps_what_others_were_given(database: Database) -> None:
    """The role that an erased administrator gave to another stays readable; their own address does not."""
    with database.begin() as tx:
        admin, mia = (create_person(tx, name=name, now=NOON) for name in ("Ada", "Mia"))
        details = {"role": "operator"}
        note(tx, by=admin, action="x.given", subject=str(mia), at=NOON, address="192.0.2.7", details=details)
        HOLDING.erase(tx, admin, NOON)
    exported = _export(database, mia)[0]
    assert (exported["details"], exported["address"]) == (details, None)
    assert "192.0.2.7" not in str(_export(database, admin))


def test_merged_persons_have_one_history(database: Database, noting: Noting) -> None:
    """After a merge the kept person sees both histories, also of who had been merged before; a split undoes it."""
    kept, merged, earlier = noting(1), noting(2), noting(4)
    with database.begin() as tx:
        HOLDING.merge(tx, merged, earlier, NOON)
        moved = HOLDING.merge(tx, kept, merged, NOON)
    assert len(_export(database, kept)) == 7
    with database.begin() as tx:
        HOLDING.split(tx, kept, merged, moved, NOON)
    assert [len(_export(database, each)) for each in (kept, merged)] == [1, 6]


def test_erasing_a_merged_person_reaches_both_histories(database: Database, noting: Noting) -> None:
    """No address is left under the former id."""
    kept, merged = noting(1), noting(1)
    with database.begin() as tx:
        HOLDING.merge(tx, kept, merged, NOON)
        HOLDING.erase(tx, kept, NOON)
    assert "192.0.2.7" not in str(_export(database, kept)) + str(_export(database, merged))


def test_erasing_nobody_known_is_harmless(database: Database) -> None:
    """A person without an entry is erased without a trace."""
    with database.begin() as tx:
        HOLDING.erase(tx, PersonId(new_id()), NOON)
