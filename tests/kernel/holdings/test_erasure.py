"""Erasing: all or nothing, once, with grace, holds, a ledger that outlives a restore, and what lies outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.kernel.identity.conftest import NOON

from bandmate.kernel.config import Settings
from bandmate.kernel.consent import history
from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import Conflict, InvalidInput, NotFound, Unavailable
from bandmate.kernel.events import Cursor, read_after
from bandmate.kernel.holdings import Holding, declared_holdings, registry
from bandmate.kernel.holdings.erasure import erase_person, erasure_order
from bandmate.kernel.holdings.ledger import erasures_to_file, reapply
from bandmate.kernel.holdings.merging import merge, split
from bandmate.kernel.holdings.outside import LATE_WRITES, erase_due, finish_erasures
from bandmate.kernel.holdings.requests import (
    erasure_state,
    lift_hold,
    place_hold,
    request_erasure,
    withdraw_request,
)
from bandmate.kernel.ids import PersonId, new_id
from bandmate.kernel.tasks import TaskContext, TaskRegistry

from .conftest import ALERTS, count

WEEK = timedelta(days=7)


def erase(database: Database, person: PersonId) -> tuple[PersonId, ...]:
    """Erase a person now."""
    with database.begin() as tx:
        return erase_person(tx, person, by="tests", now=NOON)


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch, database: Database) -> list[PersonId]:
    """A holding with something outside the database; the list says for whom it was removed."""
    removed: list[PersonId] = []
    mine = Holding(
        name="tests.files",
        title="Files",
        export=lambda _tx, _person: None,
        erase=lambda _tx, _person, _now: None,
        merge=lambda _tx, _kept, _merged, _now: {},
        split=lambda _tx, _kept, _merged, _moved, _now: None,
        erase_outside=lambda _settings, person: removed.append(person),
    )
    monkeypatch.setattr(registry, "_declared", {**registry._declared, mine.name: mine})
    return removed


def test_a_tombstone_stays(database: Database, mia: PersonId) -> None:
    """The id can still be referred to; the row tells nothing but when."""
    assert erase(database, mia) == (mia,)
    with database.read() as tx:
        row = tx.execute(
            text("select name, locale, erased_at from kernel.person where person_id = :p"), {"p": mia}
        ).one()
    assert tuple(row) == ("", None, NOON)
    assert count(database, "kernel.account") == 0


def test_who_was_merged_in_is_erased_as_well(database: Database, mia: PersonId, ben: PersonId) -> None:
    """One human, whichever of the ids is named; a split is refused from then on."""
    with database.begin() as tx:
        merge(tx, mia, ben, by="tests", now=NOON, reason="the same passport")
    assert set(erase(database, ben)) == {mia, ben}
    assert count(database, "kernel.person", "erased_at is null") == 0
    assert count(database, "kernel.person_merge", "reason <> ''") == 0
    with pytest.raises(Conflict), database.begin() as tx:
        split(tx, ben, by="tests", now=NOON)


def test_erasing_twice_changes_nothing(database: Database, mia: PersonId) -> None:
    """One event, one line in the ledger."""
    erase(database, mia)
    assert erase(database, mia) == ()
    with database.read() as tx:
        types = [each.event.type for each in read_after(tx, Cursor())]
    assert types.count("kernel.person.erased") == 1
    assert count(database, "kernel.erasure") == 1


def test_others_lose_nothing(
    database: Database, mia: PersonId, ben: PersonId, agree: Callable[[PersonId], None]
) -> None:
    """Erasing one person leaves every row of another as it was."""
    agree(mia)
    agree(ben)
    before = count(database, "kernel.event", "subject = :p", p=str(ben))
    erase(database, mia)
    with database.read() as tx:
        assert len(history(tx, ben)) == 1
    assert count(database, "kernel.event", "subject = :p", p=str(ben)) == before > 0
    assert count(database, "kernel.account") == 1


def test_jobs_that_name_the_person_go(database: Database, mia: PersonId, ben: PersonId) -> None:
    """Jobs with the id among their arguments are removed, others stay."""
    ours = TaskRegistry()

    @ours.register(name="tests.greet")
    def greet(context: TaskContext, person: str) -> None:
        """Never run."""

    with database.begin() as tx:
        for person in (mia, ben):
            ours.defer(tx, "tests.greet", person=str(person))
    erase(database, mia)
    assert count(database, "procrastinate.procrastinate_jobs", "task_name = 'tests.greet'") == 1


def test_a_failing_holding_keeps_everything(
    database: Database, mia: PersonId, agree: Callable[[PersonId], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An erasure happens whole or not at all."""
    agree(mia)

    def fail(*_: object) -> None:
        raise RuntimeError("this room is broken")

    broken = {
        name: replace(each, erase=fail) if name == "jobs" else each for name, each in registry._declared.items()
    }
    monkeypatch.setattr(registry, "_declared", broken)
    with pytest.raises(RuntimeError):
        erase(database, mia)
    with database.read() as tx:
        assert len(history(tx, mia)) == 1
        assert erasure_state(tx, mia).erased_at is None


def test_rows_that_refer_to_others_go_first(database: Database) -> None:
    """The order follows the foreign keys between the rooms' tables, whatever they are called."""
    with database.begin() as tx:
        tx.execute(text("create table kernel.z_first (id uuid primary key)"))
        tx.execute(text("create table kernel.a_refers (id uuid references kernel.z_first)"))
        base = next(each for each in declared_holdings() if each.name == "jobs")
        shelf = replace(base, name="a.shelf", tables=("kernel.z_first",))
        book = replace(base, name="z.book", tables=("kernel.a_refers",))
        assert [each.name for each in erasure_order(tx, [shelf, book])] == ["z.book", "a.shelf"]
        tx.rollback()


def test_the_declared_holdings_have_an_order(database: Database) -> None:
    """No two rooms' tables refer to each other in a circle; each holding comes once."""
    with database.read() as tx:
        ordered = erasure_order(tx, declared_holdings())
    assert sorted(each.name for each in ordered) == [each.name for each in declared_holdings()]


class TestGrace:
    def test_a_request_waits_for_its_day(self, database: Database, mia: PersonId) -> None:
        """Nothing happens before, and the second request does not move the day."""
        with database.begin() as tx:
            assert request_erasure(tx, mia, by=mia, now=NOON, grace=WEEK) == NOON + WEEK
            assert request_erasure(tx, mia, by=mia, now=NOON + WEEK / 2, grace=WEEK) == NOON + WEEK
        assert erase_due(database, now=NOON + WEEK - timedelta(seconds=1)) == 0
        assert erase_due(database, now=NOON + WEEK) == 1
        assert count(database, "kernel.erasure_request") == 0

    def test_a_request_can_be_taken_back(self, database: Database, mia: PersonId) -> None:
        """After that nothing is erased; a second time there is nothing to take back."""
        with database.begin() as tx:
            request_erasure(tx, mia, by=mia, now=NOON, grace=WEEK)
            withdraw_request(tx, mia, by=mia, now=NOON)
        assert erase_due(database, now=NOON + 2 * WEEK) == 0
        with pytest.raises(NotFound), database.begin() as tx:
            withdraw_request(tx, mia, by=mia, now=NOON)

    def test_without_grace_it_is_done_at_once(self, database: Database, mia: PersonId) -> None:
        """Zero days leave no request behind."""
        with database.begin() as tx:
            assert request_erasure(tx, mia, by=mia, now=NOON, grace=timedelta(0)) is None
        assert count(database, "kernel.erasure") == 1

    def test_one_who_fails_does_not_keep_the_others(
        self, database: Database, mia: PersonId, ben: PersonId, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Everybody else whose day has come is erased."""
        with database.begin() as tx:
            for person in (mia, ben):
                request_erasure(tx, person, by=person, now=NOON, grace=WEEK)
        base = registry._declared["jobs"]

        def fail_for_mia(tx: object, person: PersonId, now: object) -> None:
            if person == mia:
                raise RuntimeError("this row is broken")

        monkeypatch.setattr(
            registry, "_declared", {**registry._declared, "jobs": replace(base, erase=fail_for_mia)}
        )
        assert erase_due(database, now=NOON + WEEK) == 1
        assert count(database, "kernel.erasure", "person_id = :p", p=ben) == 1


class TestHold:
    def test_a_hold_stops_erasure_until_it_is_lifted(self, database: Database, mia: PersonId) -> None:
        """Neither the day nor an administrator gets past it; afterwards the request goes on."""
        with database.begin() as tx:
            request_erasure(tx, mia, by=mia, now=NOON, grace=WEEK)
            place_hold(tx, mia, by="tests", now=NOON, reason="tax audit 2026")
        assert erase_due(database, now=NOON + WEEK) == 0
        with pytest.raises(Conflict):
            erase(database, mia)
        with database.begin() as tx:
            lift_hold(tx, mia, by="tests", now=NOON)
        assert erase_due(database, now=NOON + WEEK) == 1

    def test_a_hold_counts_for_the_whole_human(self, database: Database, mia: PersonId, ben: PersonId) -> None:
        """A hold placed before a merge still keeps what the other id has."""
        with database.begin() as tx:
            place_hold(tx, ben, by="tests", now=NOON, reason="tax audit 2026")
            merge(tx, mia, ben, by="tests", now=NOON, reason="the same passport")
        with pytest.raises(Conflict):
            erase(database, mia)

    def test_a_request_without_grace_waits_for_the_hold(self, database: Database, mia: PersonId) -> None:
        """The wish is kept and carried out once the hold is lifted."""
        with database.begin() as tx:
            place_hold(tx, mia, by="tests", now=NOON, reason="tax audit 2026")
            assert request_erasure(tx, mia, by=mia, now=NOON, grace=timedelta(0)) == NOON

    @pytest.mark.parametrize("reason", ["", "\n", "x" * 501])
    def test_a_hold_needs_a_reason(self, database: Database, mia: PersonId, reason: str) -> None:
        """A person may ask why."""
        with pytest.raises(InvalidInput), database.begin() as tx:
            place_hold(tx, mia, by="tests", now=NOON, reason=reason)


class TestOutside:
    def test_files_go_after_the_commit_until_it_succeeds(
        self, database: Database, settings: Settings, mia: PersonId, ben: PersonId, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A room that fails for one person is tried again, and keeps nobody else waiting."""
        removed: list[PersonId] = []
        broken = {mia}

        def remove(_: Settings, person: PersonId) -> None:
            if person in broken:
                raise OSError("disk is full")
            removed.append(person)

        base = registry._declared["jobs"]
        monkeypatch.setattr(
            registry, "_declared", {**registry._declared, "jobs": replace(base, erase_outside=remove)}
        )
        erase(database, mia)
        erase(database, ben)
        assert removed == []
        with pytest.raises(Unavailable):
            finish_erasures(database, settings, now=NOON + LATE_WRITES)
        assert removed == [ben]
        broken.clear()
        assert finish_erasures(database, settings, now=NOON + LATE_WRITES) == 1
        assert removed == [ben, mia]
        assert finish_erasures(database, settings, now=NOON + LATE_WRITES) == 0

    def test_what_was_written_late_goes_as_well(
        self, database: Database, settings: Settings, mia: PersonId, agree: Callable[[PersonId], None]
    ) -> None:
        """A request that was under way may write after the erasure; the next look removes it."""
        erase(database, mia)
        finish_erasures(database, settings, now=NOON)
        agree(mia)
        assert finish_erasures(database, settings, now=NOON + LATE_WRITES) == 1
        assert count(database, "kernel.consent_entry") == 0
        assert count(database, "kernel.event", "type like 'kernel.consent.%'") == 0

    def test_downloads_go(self, database: Database, settings: Settings, mia: PersonId) -> None:
        """The person's folder of downloads is removed, nobody else's."""
        for person in (mia, "other"):
            folder = settings.exports_folder / str(person)
            folder.mkdir(parents=True)
            (folder / "any.zip").write_bytes(b"PK")
        erase(database, mia)
        finish_erasures(database, settings, now=NOON)
        assert [path.name for path in settings.exports_folder.iterdir()] == ["other"]


class TestRestore:
    def test_erasures_are_applied_again(
        self,
        database: Database,
        settings: Settings,
        mia: PersonId,
        ben: PersonId,
        tmp_path: Path,
        files: list[PersonId],
    ) -> None:
        """Who comes back with a backup is erased again, outside too; who does not is in the ledger again."""
        ledger = tmp_path / "erasures.ndjson"
        stranger = PersonId(new_id())
        with database.begin() as tx:
            tx.execute(
                text("insert into kernel.erasure values (:a, :now), (:b, :now)"),
                {"a": mia, "b": stranger, "now": NOON},
            )
        with database.read() as tx:
            assert erasures_to_file(tx, ledger) == 2
        with database.begin() as tx:  # the backup knows nothing of the erasures
            tx.execute(text("delete from kernel.erasure"))
        assert reapply(database, ledger, now=NOON) == 1
        assert reapply(database, ledger, now=NOON) == 1
        with database.read() as tx:
            assert erasure_state(tx, mia).erased_at == NOON
            assert erasure_state(tx, ben).erased_at is None
        assert count(database, "kernel.account") == 1
        assert count(database, "kernel.erasure") == 2
        finish_erasures(database, settings, now=NOON + LATE_WRITES)
        assert set(files) == {mia, stranger}

    @pytest.mark.parametrize("line", [b"not json", b'{"person": 1}', b'{"person_id": "x"}', b"[]", b"\xff"])
    def test_a_damaged_ledger_erases_nobody(
        self, database: Database, mia: PersonId, tmp_path: Path, line: bytes
    ) -> None:
        """The line is named, and the lines before it did nothing."""
        ledger = tmp_path / "erasures.ndjson"
        ledger.write_bytes(b'{"person_id": "%s"}\n%s\n' % (str(mia).encode(), line))
        with pytest.raises(InvalidInput, match="Line 2"):
            reapply(database, ledger, now=NOON)
        assert count(database, "kernel.account") == 1


class TestConsentLedger:
    @pytest.mark.parametrize(
        "statement",
        [
            "truncate kernel.consent_entry",
            "delete from kernel.consent_entry",
            "update kernel.consent_entry set locale = ''",
        ],
    )
    def test_it_refuses_change_unless_somebody_says_they_erase(self, database: Database, statement: str) -> None:
        """Truncation too; and the permission ends with the transaction."""
        with database.begin() as tx:
            tx.execute(text("set local bandmate.erasing = 'on'"))
            tx.execute(text(statement))
        with pytest.raises(Exception, match="never changed or deleted"), database.begin() as tx:
            tx.execute(text(statement))

    def test_an_erasure_does_not_leave_the_permission_behind(self, database: Database, mia: PersonId) -> None:
        """What follows in the same transaction is refused as ever."""
        with database.begin() as tx:
            erase_person(tx, mia, by="tests", now=NOON)
            with pytest.raises(Exception, match="never changed or deleted"), tx.begin_nested():
                tx.execute(text("delete from kernel.consent_entry where purpose = :p"), {"p": ALERTS.name})
