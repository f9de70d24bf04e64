"""Overriding, contesting and answering: added to the record, by those who may, one after the other."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from sqlalchemy import text

from bandmate.kernel.database.session import Database
from bandmate.kernel.decisions import (
    ActKind,
    Decision,
    DecisionId,
    Verdict,
    answer,
    contest,
    contests,
    decision,
    declare_source,
    events,
    override,
)
from bandmate.kernel.errors import BandmateError, Conflict, Forbidden, InvalidInput, NotFound
from bandmate.kernel.ids import PersonId, new_id

from .conftest import HOUR, NOON, SECRET, admission, key_of, member, operator


def contested(database: Database, told: Decision, by: PersonId) -> None:
    """Have the person concerned contest a decision."""
    with database.begin() as tx:
        contest(tx, told.decision_id, asker=member(by), words=f"I was ill. {SECRET}", now=NOON + HOUR)


class TestCourse:
    def test_contest_is_answered_and_changes_the_outcome(
        self, database: Database, refused: Decision, mia: PersonId, ola: PersonId
    ) -> None:
        """What the rule gave stays; what holds is what the human says; nothing waits any more."""
        contested(database, refused, mia)
        with database.begin() as tx:
            [waiting] = contests.open_contests(tx, asker=operator(ola))
            assert waiting.decision == refused
            answer(
                tx,
                refused.decision_id,
                asker=operator(ola),
                verdict=Verdict.CHANGED,
                outcome="admitted",
                words="Your certificate arrived.",
                now=NOON + 2 * HOUR,
            )
            case = decision(tx, refused.decision_id, asker=member(mia))
            assert contests.open_contests(tx, asker=operator(ola)) == ()
        assert [act.kind for act in case.acts] == [ActKind.CONTESTED, ActKind.ANSWERED]
        assert (case.decision.outcome, case.outcome) == ("refused", "admitted")
        assert case.open_contest is None
        assert case.acts[1].contest_id == case.acts[0].act_id

    def test_upheld_decision_can_be_contested_again(
        self, database: Database, refused: Decision, mia: PersonId, ola: PersonId
    ) -> None:
        """An answer that upholds changes nothing, and whoever learns more may say so."""
        contested(database, refused, mia)
        with database.begin() as tx:
            answer(
                tx,
                refused.decision_id,
                asker=operator(ola),
                verdict=Verdict.UPHELD,
                words="Seven points are too few.",
                now=NOON,
            )
            assert decision(tx, refused.decision_id, asker=member(mia)).outcome == "refused"
        contested(database, refused, mia)
        with database.read() as tx:
            assert len(contests.open_contests(tx, asker=operator(ola))) == 1

    def test_override_sets_the_outcome(self, database: Database, refused: Decision, ola: PersonId) -> None:
        """The newest override holds."""
        with database.begin() as tx:
            for outcome in ("waiting", "admitted"):
                override(
                    tx,
                    refused.decision_id,
                    asker=operator(ola),
                    outcome=outcome,
                    reason="A place came free.",
                    now=NOON,
                )
            assert decision(tx, refused.decision_id, asker=operator(ola)).outcome == "admitted"

    def test_derived_decision_is_stored_when_acted_on(
        self, database: Database, mia: PersonId, ola: PersonId
    ) -> None:
        """It stays as it was then, also when the record no longer derives it."""
        derived = admission(mia)
        declare_source("tests", lambda _tx, _about: [derived])
        with database.begin() as tx:
            asker = operator(ola)
            with pytest.raises(NotFound):
                override(tx, derived.decision_id, asker=asker, outcome="admitted", reason="Why not", now=NOON)
            assert not decision(tx, derived.decision_id, asker=asker, about=derived.object).stored
            contest(tx, derived.decision_id, asker=member(mia), words="No.", now=NOON, about=derived.object)
            case = decision(tx, derived.decision_id, asker=asker)
        assert (case.stored, case.decision) == (True, derived)

    def test_events_and_trail_hold_no_words(
        self, database: Database, refused: Decision, mia: PersonId, ola: PersonId
    ) -> None:
        """Each act is published and noted once, and neither carries what a person wrote."""
        contested(database, refused, mia)
        with database.begin() as tx:
            answer(
                tx,
                refused.decision_id,
                asker=operator(ola),
                verdict=Verdict.UPHELD,
                words=SECRET,
                now=NOON,
                address="192.0.2.7",
            )
            override(tx, refused.decision_id, asker=operator(ola), outcome="waiting", reason=SECRET, now=NOON)
            told = tx.execute(text("select type, subject from kernel.event order by position")).all()
            noted = tx.execute(text("select action, by_person from kernel.audit_entry order by position")).all()
            everything = tx.execute(
                text("""
                    select (select string_agg(cast(event as text), ' ') from kernel.event)
                        || (select string_agg(cast(fact as text), ' ') from kernel.audit_fact as fact)
                """)
            ).scalar_one()
        subject = str(refused.decision_id)
        assert [tuple(row) for row in told[1:]] == [
            (events.CONTESTED, subject),
            (events.ANSWERED, subject),
            (events.OVERRIDDEN, subject),
        ]
        assert [tuple(row) for row in noted] == [
            ("kernel.decision.contested", mia),
            ("kernel.decision.answered", ola),
            ("kernel.decision.overridden", ola),
        ]
        assert SECRET not in everything


class TestRefusals:
    def test_only_the_person_concerned_contests(
        self, database: Database, refused: Decision, ben: PersonId, ola: PersonId
    ) -> None:
        """Others do not even learn that it is there; an operator who sees it cannot contest for them."""
        with database.begin() as tx:
            with pytest.raises(NotFound):
                contest(tx, refused.decision_id, asker=member(ben), words="No!", now=NOON)
            with pytest.raises(Forbidden):
                contest(tx, refused.decision_id, asker=operator(ola), words="No!", now=NOON)

    def test_second_contest_waits_for_the_first(
        self, database: Database, refused: Decision, mia: PersonId
    ) -> None:
        """While one is open no other is taken."""
        contested(database, refused, mia)
        with pytest.raises(Conflict, match="already"):
            contested(database, refused, mia)

    def test_nobody_judges_their_own_case(self, database: Database, refused: Decision, mia: PersonId) -> None:
        """An operator neither overrides nor answers a decision about themselves."""
        contested(database, refused, mia)
        own = operator(mia)
        with database.begin() as tx:
            with pytest.raises(Forbidden, match="about you"):
                override(tx, refused.decision_id, asker=own, outcome="admitted", reason="I like me", now=NOON)
            with pytest.raises(Forbidden, match="about you"):
                answer(tx, refused.decision_id, asker=own, verdict=Verdict.UPHELD, words="Fine", now=NOON)

    def test_members_and_narrow_keys_cannot_judge(
        self, database: Database, refused: Decision, mia: PersonId, ola: PersonId
    ) -> None:
        """The use case itself refuses, whatever a route may have let through."""
        with database.begin() as tx:
            with pytest.raises(Forbidden):
                override(tx, refused.decision_id, asker=member(mia), outcome="admitted", reason="x", now=NOON)
            with pytest.raises(NotFound):
                override(
                    tx,
                    refused.decision_id,
                    asker=key_of(operator(ola), "member"),
                    outcome="admitted",
                    reason="x",
                    now=NOON,
                )
            with pytest.raises(Forbidden):
                contests.open_contests(tx, asker=member(mia))

    def test_answer_without_a_contest_is_refused(
        self, database: Database, refused: Decision, ola: PersonId
    ) -> None:
        """There is nothing to answer."""
        with database.begin() as tx, pytest.raises(Conflict, match="waits for an answer"):
            answer(tx, refused.decision_id, asker=operator(ola), verdict=Verdict.UPHELD, words="Yes", now=NOON)

    @pytest.mark.parametrize("words", ["", "  \n ", "x" * 4_001, "a\0b"])
    def test_words_must_be_usable(self, database: Database, refused: Decision, mia: PersonId, words: str) -> None:
        """Empty, endless or unstorable words are refused."""
        with database.begin() as tx, pytest.raises(InvalidInput, match=r"1 to 4,000 characters"):
            contest(tx, refused.decision_id, asker=member(mia), words=words, now=NOON)

    @pytest.mark.parametrize(
        ("verdict", "outcome"),
        [
            (Verdict.CHANGED, None),
            (Verdict.CHANGED, "refused"),
            (Verdict.CHANGED, "crowned"),
            (Verdict.UPHELD, "admitted"),
        ],
    )
    def test_outcome_must_fit_the_verdict(
        self,
        database: Database,
        refused: Decision,
        mia: PersonId,
        ola: PersonId,
        verdict: Verdict,
        outcome: str | None,
    ) -> None:
        """A change needs another outcome that the rule knows; what is upheld keeps its own."""
        contested(database, refused, mia)
        with database.begin() as tx, pytest.raises(InvalidInput):
            answer(
                tx,
                refused.decision_id,
                asker=operator(ola),
                verdict=verdict,
                outcome=outcome,
                words="So",
                now=NOON,
            )

    def test_unknown_decision_cannot_be_acted_on(self, database: Database, ola: PersonId) -> None:
        """There is no such decision."""
        with database.begin() as tx, pytest.raises(NotFound):
            override(tx, DecisionId(new_id()), asker=operator(ola), outcome="x", reason="x", now=NOON)


class TestAtOnce:
    def test_of_two_answers_one_wins(
        self, database: Database, refused: Decision, mia: PersonId, ola: PersonId, ben: PersonId
    ) -> None:
        """Two operators who answer at the same moment: one is recorded, the other is told of the conflict."""
        contested(database, refused, mia)
        start, came = Barrier(2), []

        def give(by: PersonId) -> None:
            start.wait()
            try:
                with database.begin() as tx:
                    answer(
                        tx, refused.decision_id, asker=operator(by), verdict=Verdict.UPHELD, words="So", now=NOON
                    )
            except BandmateError as error:
                came.append(type(error))

        threads = [Thread(target=give, args=(by,)) for by in (ola, ben)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert came == [Conflict]
        with database.read() as tx:
            case = decision(tx, refused.decision_id, asker=member(mia))
        assert [act.kind for act in case.acts] == [ActKind.CONTESTED, ActKind.ANSWERED]
