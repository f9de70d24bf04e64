"""Merging and splitting: what moves, what comes back, who waits for whom."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text
from tests.kernel.identity.conftest import NOON, Browser

from bandmate.kernel.consent import allows, grant, history, withdraw
from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import Conflict, InvalidInput, NotFound
from bandmate.kernel.events import Cursor, read_after
from bandmate.kernel.holdings.erasure import erase_person
from bandmate.kernel.holdings.merging import merge, merges_of, preview_merge, split
from bandmate.kernel.holdings.persons import current_person, current_persons, members_of
from bandmate.kernel.holdings.requests import request_erasure
from bandmate.kernel.ids import PersonId, new_id

from .conftest import ALERTS, EVIDENCE, MakePerson, count

WHY = "the same passport"
Join = Callable[[PersonId, PersonId], None]


@pytest.fixture
def join(database: Database) -> Join:
    """Merge the second person into the first."""

    def do(kept: PersonId, merged: PersonId) -> None:
        with database.begin() as tx:
            merge(tx, kept, merged, by="tests", now=NOON, reason=WHY)

    return do


def separate(database: Database, merged: PersonId) -> None:
    """Undo a merge."""
    with database.begin() as tx:
        split(tx, merged, by="tests", now=NOON)


def test_consents_of_both_are_one_history_after_a_merge(
    database: Database, mia: PersonId, ben: PersonId, join: Join, agree: Callable[[PersonId], None]
) -> None:
    """What the human said last decides, under whichever id they said it."""
    agree(mia)
    with database.begin() as tx:
        withdraw(tx, ben, ALERTS.name, evidence=EVIDENCE, at=NOON + timedelta(hours=1))
    join(mia, ben)
    with database.read() as tx:
        assert len(history(tx, mia)) == 2
        assert history(tx, ben) == ()
        assert not allows(tx, mia, ALERTS.name, at=NOON + timedelta(hours=2)).allowed


def test_a_split_gives_back_exactly_what_moved(
    database: Database, mia: PersonId, ben: PersonId, join: Join, agree: Callable[[PersonId], None]
) -> None:
    """What was said after the merge stays with the kept person."""
    agree(mia)
    agree(ben)
    with database.read() as tx:
        bens = history(tx, ben)
    join(mia, ben)
    with database.begin() as tx:
        after = grant(tx, mia, ALERTS.name, "sms", evidence=EVIDENCE, at=NOON)
    separate(database, ben)
    with database.read() as tx:
        assert history(tx, ben) == bens
        assert after in {entry.entry_id for entry in history(tx, mia)}
        assert len(history(tx, mia)) == 2


def test_ids_resolve_through_chains_in_one_statement(
    database: Database, make_person: MakePerson, join: Join
) -> None:
    """An id means the person at the end of its chain; an unknown id means itself."""
    a, b, c = (make_person(name) for name in ("A", "B", "C"))
    stranger = PersonId(new_id())
    join(b, c)
    join(a, b)
    with database.read() as tx:
        assert current_persons(tx, [a, b, c, stranger]) == {a: a, b: a, c: a, stranger: stranger}
        assert set(members_of(tx, a)) == {a, b, c}
        assert members_of(tx, a)[0] == a


def test_only_the_newest_merge_of_a_chain_is_split(
    database: Database, make_person: MakePerson, join: Join
) -> None:
    """C cannot leave B while B itself is merged into A; in the other order both come back."""
    a, b, c = (make_person(name) for name in ("A", "B", "C"))
    join(b, c)
    join(a, b)
    with pytest.raises(Conflict):
        separate(database, c)
    separate(database, b)
    separate(database, c)
    with database.read() as tx:
        assert current_persons(tx, [a, b, c]) == {a: a, b: b, c: c}


def test_a_circle_cannot_be_made(mia: PersonId, ben: PersonId, join: Join) -> None:
    """Who was merged away is not merged again, in either role."""
    join(mia, ben)
    with pytest.raises(Conflict):
        join(ben, mia)


def test_the_same_merge_again_changes_nothing(
    database: Database, mia: PersonId, ben: PersonId, join: Join
) -> None:
    """A double click makes one merge and one event."""
    join(mia, ben)
    join(mia, ben)
    with database.read() as tx:
        assert len(merges_of(tx, mia)) == 1
        types = [each.event.type for each in read_after(tx, Cursor())]
    assert types.count("kernel.person.merged") == 1


@pytest.mark.parametrize("reason", ["", " ", "x" * 501])
def test_a_merge_needs_a_reason(database: Database, mia: PersonId, ben: PersonId, reason: str) -> None:
    """Nobody can judge later a merge that nobody explained."""
    with pytest.raises(InvalidInput), database.begin() as tx:
        merge(tx, mia, ben, by="tests", now=NOON, reason=reason)


def test_a_person_is_not_merged_with_themselves_or_with_nobody(mia: PersonId, join: Join) -> None:
    """Two different persons are needed, and both must exist."""
    with pytest.raises(InvalidInput):
        join(mia, mia)
    with pytest.raises(NotFound):
        join(mia, PersonId(new_id()))


def test_who_waits_for_erasure_is_not_merged(database: Database, mia: PersonId, ben: PersonId, join: Join) -> None:
    """A merge would carry things away from an erasure that was asked for, or into it."""
    with database.begin() as tx:
        request_erasure(tx, ben, by=ben, now=NOON, grace=timedelta(days=7))
    with pytest.raises(Conflict):
        join(mia, ben)


def test_of_two_accounts_the_other_is_disabled_until_a_split(
    database: Database, mia: PersonId, ben: PersonId, join: Join, sign_in: Callable[[str], Browser]
) -> None:
    """Its sessions end and its password opens nothing; after a split it works as before."""
    bens, mias = sign_in("ben@example.org"), sign_in("mia@example.org")
    join(mia, ben)
    assert bens.get("/consent").status_code == 303
    assert bens.sign_in("ben@example.org").status_code != 303
    assert mias.get("/consent").status_code == 200
    separate(database, ben)
    assert sign_in("ben@example.org").get("/consent").status_code == 200


def test_a_preview_counts_and_changes_nothing(
    database: Database, mia: PersonId, ben: PersonId, agree: Callable[[PersonId], None]
) -> None:
    """It names what would move by holding, and nothing has moved afterwards."""
    agree(ben)
    with database.begin() as tx:
        moving = preview_merge(tx, mia, ben, now=NOON)
    assert moving["consent"] == 1
    with database.read() as tx:
        assert len(history(tx, ben)) == 1
        assert current_person(tx, ben) == ben
    assert count(database, "kernel.account", "disabled_at is not null") == 0


def test_two_opposite_merges_at_once_leave_one(database: Database, mia: PersonId, ben: PersonId) -> None:
    """One waits for the other and is then refused; there is no circle and no deadlock."""
    errors: list[Exception] = []
    start = threading.Barrier(2)

    def run(kept: PersonId, merged: PersonId) -> None:
        start.wait()
        try:
            with database.begin() as tx:
                merge(tx, kept, merged, by="tests", now=NOON, reason=WHY)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            errors.append(error)

    threads = [threading.Thread(target=run, args=pair) for pair in ((mia, ben), (ben, mia))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert [type(error) for error in errors] == [Conflict]
    assert count(database, "kernel.person_alias") == 1


def test_erasing_while_merging_leaves_nothing_of_either(
    database: Database, mia: PersonId, ben: PersonId, agree: Callable[[PersonId], None]
) -> None:
    """An erasure that starts during a merge waits for it, and then erases both."""
    agree(ben)
    merged, erased = threading.Event(), threading.Event()

    def erase() -> None:
        merged.wait(10)
        with database.begin() as tx:
            erase_person(tx, mia, by="tests", now=NOON)
        erased.set()

    thread = threading.Thread(target=erase)
    thread.start()
    with database.begin() as tx:
        merge(tx, mia, ben, by="tests", now=NOON, reason=WHY)
        merged.set()
        assert not erased.wait(0.2)
    thread.join(10)
    assert count(database, "kernel.consent_entry") == 0
    assert count(database, "kernel.person", "erased_at is null") == 0


def test_a_failing_holding_undoes_the_whole_merge(
    database: Database, mia: PersonId, ben: PersonId, join: Join, agree: Callable[[PersonId], None]
) -> None:
    """Nothing has moved when one room cannot move its part."""
    agree(ben)
    with database.begin() as tx:
        tx.execute(
            text(
                "create function pg_temp.refuse() returns trigger language plpgsql as $$ begin raise 'no'; end $$"
            )
        )
        tx.execute(
            text(
                "create trigger refuse before update on kernel.account"
                " for each statement execute function pg_temp.refuse()"
            )
        )
        with pytest.raises(Exception, match="no"), tx.begin_nested():
            merge(tx, mia, ben, by="tests", now=NOON, reason=WHY)
        assert len(history(tx, ben)) == 1
        assert current_person(tx, ben) == ben
        tx.execute(text("drop trigger refuse on kernel.account"))
