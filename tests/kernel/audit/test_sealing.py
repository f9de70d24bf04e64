"""The chain of hashes: what it waits for, what it finds, and what erasure leaves of it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from tests.kernel.audit.conftest import NOON, Noting, Tampering

from bandmate.kernel.audit import note
from bandmate.kernel.audit.holding import ERASED
from bandmate.kernel.audit.sealing import Head, head, seal
from bandmate.kernel.audit.tasks import SEAL
from bandmate.kernel.audit.verifying import Verdict, verify
from bandmate.kernel.database.session import Database
from bandmate.kernel.holdings import declared_holdings
from bandmate.kernel.ids import PersonId, new_id
from bandmate.kernel.tasks import tasks

HOLDING = next(each for each in declared_holdings() if each.name == "audit")


def _verdict(database: Database, expected: Head | None = None) -> Verdict:
    with database.read() as tx:
        return verify(tx, expected=expected)


def test_an_untouched_trail_is_whole(database: Database, noting: Noting, seal_all: Callable[[], int]) -> None:
    """What was noted and sealed verifies, and nothing waits."""
    noting(5)
    assert seal_all() == 5
    verdict = _verdict(database)
    assert (verdict.entries, verdict.waiting, verdict.erased, verdict.broken) == (5, 0, 0, None)
    assert verdict.head is not None
    assert verdict.head.number == 5


def test_an_empty_trail_is_whole(database: Database) -> None:
    """Where nothing was noted there is no head and nothing is broken."""
    verdict = _verdict(database)
    assert (verdict.entries, verdict.head, verdict.broken) == (0, None, None)


def test_sealing_again_adds_nothing(noting: Noting, seal_all: Callable[[], int]) -> None:
    """An entry is sealed once."""
    noting(2)
    assert (seal_all(), seal_all()) == (2, 0)


def test_a_late_commit_breaks_nothing(database: Database, noting: Noting, seal_all: Callable[[], int]) -> None:
    """Entries that began before and commit after others are waited for, and no entry is left out of the chain."""
    person = PersonId(new_id())
    with database.begin() as slow:
        note(slow, by=person, action="slow.began", subject="x", at=NOON)
        noting(2, action="quick.done")
        assert seal_all() == 0
    assert seal_all() == 3
    assert _verdict(database).broken is None
    with database.read() as tx:
        order = tx.execute(
            text("select action from kernel.audit_seal join kernel.audit_entry using (position) order by number")
        ).scalars()
        assert list(order) == ["slow.began", "quick.done", "quick.done"]


def test_writers_do_not_wait_for_the_sealer(database: Database, noting: Noting) -> None:
    """While a sealer holds its transaction open, others write to the trail."""
    noting(1)
    with database.begin() as sealing:
        seal(sealing, now=NOON)
        with database.begin() as tx:
            tx.execute(text("set local lock_timeout = '1s'"))
            note(tx, by="a test", action="a.b", subject="x", at=NOON)


def test_sealers_take_turns(database: Database, noting: Noting, seal_all: Callable[[], int]) -> None:
    """Four at once chain each entry exactly once."""
    noting(40)
    threads = [threading.Thread(target=seal_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = _verdict(database)
    assert (verdict.waiting, verdict.broken) == (0, None)


@pytest.mark.parametrize(
    ("attack", "position", "word"),
    [
        ("update kernel.audit_entry set subject = 'y' where position = 3", 3, "not what was sealed"),
        ("update kernel.audit_entry set at = at + interval '1 hour' where position = 3", 3, "not what was sealed"),
        ("delete from kernel.audit_seal where number = 3", 2, "seal 3, of the entry behind"),
        (
            """delete from kernel.audit_seal where number = 3; delete from kernel.audit_fact where position = 3;
               delete from kernel.audit_entry where position = 3""",
            2,
            "seal 3, of the entry behind",
        ),
        (
            "update kernel.audit_fact set content = '\"198.51.100.1\"' where position = 3 and kind = 'address'",
            3,
            "not what",
        ),
        ("delete from kernel.audit_fact where position = 3 and kind = 'details'", 3, "no erasure accounts"),
        (
            """insert into kernel.audit_entry (xid, at, by_system, action, subject)
               select xid, at, 'x', 'a.b', 'x' from kernel.audit_entry where position = 1;
               update kernel.audit_entry set xid = '1' where position = 7""",
            7,
            "slipped in",
        ),
    ],
)
def test_tampering_is_found_and_named(
    database: Database,
    noting: Noting,
    seal_all: Callable[[], int],
    tampering: Tampering,
    attack: str,
    position: int,
    word: str,
) -> None:
    """A changed, removed or slipped-in entry, seal or fact is found, and the first broken entry is named."""
    noting(6)
    seal_all()
    tampering(attack)
    broken = _verdict(database).broken
    assert broken is not None
    assert (broken.position, word in broken.what) == (position, True), broken


def test_a_cut_off_end_is_found_with_a_kept_head(
    database: Database, noting: Noting, seal_all: Callable[[], int], tampering: Tampering
) -> None:
    """Removing the newest entries with their seals leaves a whole chain, but not the one whose head was kept."""
    noting(6)
    seal_all()
    with database.read() as tx:
        kept = head(tx)
    tampering(
        "delete from kernel.audit_seal where number > 4; delete from kernel.audit_fact where position > 4; "
        "delete from kernel.audit_entry where position > 4"
    )
    assert _verdict(database).broken is None
    broken = _verdict(database, kept).broken
    assert broken is not None
    assert "2 sealed entries behind this one are gone" in broken.what


def test_a_chain_made_anew_is_found_with_a_kept_head(
    database: Database, noting: Noting, seal_all: Callable[[], int], tampering: Tampering
) -> None:
    """Whoever changes an entry and seals everything again is found by the head from before."""
    noting(3)
    seal_all()
    with database.read() as tx:
        kept = head(tx)
    tampering("delete from kernel.audit_seal; update kernel.audit_entry set subject = 'y' where position = 1")
    seal_all()
    assert _verdict(database).broken is None
    broken = _verdict(database, kept).broken
    assert broken is not None
    assert "made anew" in broken.what


def test_erasure_leaves_the_chain_whole(database: Database, noting: Noting, seal_all: Callable[[], int]) -> None:
    """Addresses and details of the erased go, their entries and everybody else's facts stay, and it verifies."""
    mia, other = noting(2), noting(1)
    seal_all()
    with database.begin() as tx:
        HOLDING.erase(tx, mia, NOON)
    seal_all()
    verdict = _verdict(database)
    assert (verdict.entries, verdict.erased, verdict.broken) == (4, 4, None)
    with database.read() as tx:
        left = tx.execute(
            text("select distinct by_person from kernel.audit_fact join kernel.audit_entry using (position)")
        ).scalars()
        assert list(left) == [other]


def test_erasure_does_not_open_the_trail(database: Database, noting: Noting) -> None:
    """After an erasure the same transaction is refused any further deletion."""
    mia = noting(1)
    noting(1)

    def erase_more() -> None:
        with database.begin() as tx:
            HOLDING.erase(tx, mia, NOON)
            tx.execute(text("delete from kernel.audit_fact"))

    with pytest.raises(IntegrityError, match="never changed"):
        erase_more()


def test_erasing_again_notes_nothing(database: Database, noting: Noting) -> None:
    """Erasure may run twice, after a restore; it is noted where it took something."""
    mia = noting(1)
    for _ in range(2):
        with database.begin() as tx:
            HOLDING.erase(tx, mia, NOON)
    with database.read() as tx:
        count = tx.execute(text("select count(*) from kernel.audit_entry where action = :a"), {"a": ERASED})
        assert count.scalar_one() == 1


def test_the_task_seals_and_is_periodic(database: Database) -> None:
    """A task of every minute does the sealing."""
    task = next(each for each in tasks if each.name == SEAL)
    assert task.cron == "* * * * *"
