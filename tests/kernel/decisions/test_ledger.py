"""The ledger keeps decisions as they were made, tells each once, and shows them to those concerned only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from bandmate.kernel.database.session import Database
from bandmate.kernel.decisions import (
    Alternative,
    Decision,
    DecisionId,
    Input,
    ObjectRef,
    Score,
    decision,
    decisions_about,
    decisions_on,
    declare_source,
    events,
    record,
)
from bandmate.kernel.errors import InvalidCursor, InvalidInput, NotFound
from bandmate.kernel.identity.access import ANONYMOUS
from bandmate.kernel.ids import PersonId, new_id

from .conftest import HOUR, NOON, admission, key_of, member, operator

OPENED = "select set_config('bandmate.decisions_opened_for_persons', 'yes', true)"

# What JSON and PostgreSQL can hold: no NUL, no lone surrogate, integers of 64 bits, finite numbers.
words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
numbers = st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
decisions = st.builds(
    Decision,
    st.uuids().map(DecisionId),
    words,
    st.none(),
    st.builds(ObjectRef, words, words),
    words,
    st.integers(1, 1_000),
    st.lists(st.builds(Input, words, values, words, words, st.booleans()), max_size=4).map(tuple),
    words,
    st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds
    words.filter(bool),
    st.lists(st.builds(Score, words, numbers), max_size=3).map(tuple),
    st.lists(st.builds(Alternative, words, words, st.none() | numbers), max_size=3).map(tuple),
)


class TestKeeping:
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(told=st.lists(decisions, min_size=1, max_size=4, unique_by=lambda each: each.decision_id))
    def test_what_is_recorded_is_read_back(self, database: Database, ola: PersonId, told: list[Decision]) -> None:
        """Every decision that can be recorded comes back equal, down to the kind of its numbers."""
        # Without a commit: hypothesis tries ids again and again.
        with database.engine.connect() as tx:
            assert record(tx, told) == len(told)
            for each in told:
                found = decision(tx, each.decision_id, asker=operator(ola)).decision
                assert found == each
                assert repr(found.inputs) == repr(each.inputs)

    def test_same_decision_told_again_changes_nothing(self, database: Database, mia: PersonId) -> None:
        """The first telling of an id stays, within a call and over calls, and is published once."""
        first = admission(mia, 7)
        again = admission(mia, 12, decision_id=first.decision_id)
        with database.begin() as tx:
            assert record(tx, [first, again]) == 1
            assert record(tx, [again]) == 0
            assert decision(tx, first.decision_id, asker=member(mia)).decision == first
            told = tx.execute(text("select type, subject, data from kernel.event")).all()
        wanted = {"decision_ids": [str(first.decision_id)]}
        assert [tuple(row) for row in told] == [(events.RECORDED, "tests.course.admission", wanted)]

    def test_thousands_go_at_once(self, database: Database, mia: PersonId) -> None:
        """More than a batch of events holds: all are stored, and each is told exactly once."""
        many = [admission(mia, number) for number in range(2_500)]
        with database.begin() as tx:
            assert record(tx, iter(many)) == 2_500
            told = tx.execute(text("select jsonb_array_elements_text(data -> 'decision_ids') from kernel.event"))
            assert sorted(told.scalars()) == sorted(str(each.decision_id) for each in many)

    @pytest.mark.parametrize("value", ["a\0b", "\ud800", 2**64, {"deep": ["\0"]}])
    def test_what_cannot_be_kept_is_refused(self, database: Database, mia: PersonId, value: object) -> None:
        """NUL, lone surrogates and numbers beyond 64 bits are refused with a sentence, not by the database."""
        broken = admission(mia, more=[Input("odd", value)])  # type: ignore[arg-type]  # hostile on purpose
        with database.begin() as tx, pytest.raises(InvalidInput):
            record(tx, [broken])

    def test_backslashes_before_zeros_are_kept(self, database: Database, mia: PersonId) -> None:
        """A text that merely looks like the escape of NUL is none."""
        told = admission(mia, more=[Input("odd", "\\u0000")])
        with database.begin() as tx:
            record(tx, [told])
            assert decision(tx, told.decision_id, asker=member(mia)).decision == told

    def test_subject_must_be_a_person(self, database: Database) -> None:
        """Nothing is decided about somebody whom identity has not issued."""
        with pytest.raises(IntegrityError, match="fk_decision_subject_person"), database.begin() as tx:
            record(tx, [admission(PersonId(new_id()))])

    @pytest.mark.parametrize(
        "change",
        [
            "update kernel.decision set outcome = 'admitted'",
            "update kernel.decision set inputs = '[]' where false",
            "delete from kernel.decision",
            "delete from kernel.decision_act",
            "update kernel.decision_act set words = 'never said'",
            f"{OPENED}; update kernel.decision set outcome = 'admitted'",
        ],
    )
    def test_database_refuses_changes(self, database: Database, refused: Decision, change: str) -> None:
        """No update, no delete; the outcome stays fixed even while a person's traces are being erased."""
        *before, last = change.split(";")
        with database.begin() as tx:
            for statement in before:
                tx.execute(text(statement))
            with pytest.raises(DBAPIError, match="never changed or deleted"):
                tx.execute(text(last))
        assert refused.outcome == "refused"


class TestWhoMaySee:
    def test_own_and_operators_only(self, database: Database, refused: Decision, ben: PersonId) -> None:
        """The person concerned and operators find it; for others it is as if it were not there."""
        assert refused.subject is not None
        with database.read() as tx:
            for asker in (member(refused.subject), operator(ben)):
                assert decision(tx, refused.decision_id, asker=asker).decision == refused
                assert decisions_on(tx, refused.object, asker=asker).total == 1
            for asker in (member(ben), ANONYMOUS, key_of(operator(ben), "member")):
                with pytest.raises(NotFound):
                    decision(tx, refused.decision_id, asker=asker)
                with pytest.raises(NotFound):
                    decisions_about(tx, refused.subject, asker=asker)
                assert decisions_on(tx, refused.object, asker=asker).total == 0

    def test_operators_key_needs_the_scope(self, database: Database, refused: Decision, ben: PersonId) -> None:
        """A key that holds the scope operator reads what its owner may read."""
        with database.read() as tx:
            assert decision(tx, refused.decision_id, asker=key_of(operator(ben), "operator")).stored

    def test_decision_about_nobody_is_not_for_all(self, database: Database, ben: PersonId) -> None:
        """Unless its context opens them, decisions about things are for operators."""
        about_a_thing = admission(None)
        with database.begin() as tx:
            record(tx, [about_a_thing])
            assert decisions_on(tx, about_a_thing.object, asker=member(ben)).total == 0
            declare_source("tests", lambda _tx, _about: (), open_to_all=True)
            assert decisions_on(tx, about_a_thing.object, asker=member(ben)).total == 1
            assert decision(tx, about_a_thing.decision_id, asker=ANONYMOUS).decision == about_a_thing


class TestLists:
    def test_pages_lead_through_everything(self, database: Database, mia: PersonId) -> None:
        """Newest first, none twice and none left out, also where several fall on one instant."""
        told = [admission(mia, at=NOON + HOUR * (number // 3)) for number in range(7)]
        asker = member(mia)
        with database.begin() as tx:
            record(tx, told)
            found, cursor = [], None
            while True:
                page = decisions_about(tx, mia, asker=asker, limit=2, cursor=cursor)
                assert page.total == 7
                found += [case.decision for case in page.items]
                cursor = page.next_cursor
                if cursor is None:
                    break
        assert found == sorted(told, key=lambda each: (each.decided_at, each.decision_id), reverse=True)

    def test_derived_and_stored_come_in_one_list(self, database: Database, mia: PersonId) -> None:
        """A source's decisions stand among the stored ones; one that is stored too appears once, as stored."""
        derived = [admission(mia, at=NOON + timedelta(minutes=number)) for number in range(5)]
        declare_source("tests", lambda _tx, _about: derived)
        about, asker = derived[0].object, member(mia)
        with database.begin() as tx:
            record(tx, [derived[2], admission(mia, at=NOON + HOUR)])
            whole = decisions_on(tx, about, asker=asker)
            first = decisions_on(tx, about, asker=asker, limit=4)
            second = decisions_on(tx, about, asker=asker, limit=4, cursor=first.next_cursor)
        assert [case.stored for case in whole.items] == [True, False, False, True, False, False]
        assert [*first.items, *second.items] == list(whole.items)
        assert {first.total, second.total} == {6}

    @pytest.mark.parametrize("cursor", ["", "x", "bm90IG91cnM", "é" * 50])
    def test_foreign_cursor_is_refused(self, database: Database, mia: PersonId, cursor: str) -> None:
        """A cursor of another list, or none at all, is a mistake that is told."""
        with database.read() as tx:
            if not cursor:
                assert decisions_about(tx, mia, asker=member(mia), cursor=cursor).total == 0
                return
            with pytest.raises(InvalidCursor):
                decisions_about(tx, mia, asker=member(mia), cursor=cursor)
