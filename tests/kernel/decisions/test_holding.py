"""What decisions hold about a person: exported whole, erased without a trace, given to another id and back."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from sqlalchemy import text

from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.decisions import (
    HOLDING,
    Decision,
    Input,
    Verdict,
    answer,
    contest,
    contests,
    decision,
    decisions_about,
    override,
    record,
)
from bandmate.kernel.errors import NotFound
from bandmate.kernel.ids import PersonId

from .conftest import HOUR, NOON, SECRET, admission, member, operator


@pytest.fixture
def told(database: Database, mia: PersonId, ola: PersonId) -> Decision:
    """A decision about Mia, full of what tells of her, contested and answered."""
    more = [Input("letter", f"Dear all, {SECRET}"), Input("price", 12.5, "market", personal=False)]
    made = admission(mia, 7, about=SECRET.replace(" ", "-"), more=more)
    with database.begin() as tx:
        record(tx, [made, admission(ola, 3)])
        contest(tx, made.decision_id, asker=member(mia), words=f"I say {SECRET}", now=NOON + HOUR)
        answer(
            tx,
            made.decision_id,
            asker=operator(ola),
            verdict=Verdict.UPHELD,
            words=f"You say {SECRET}",
            now=NOON + 2 * HOUR,
        )
    return made


def everything(tx: Tx) -> str:
    """Return all rows of the room as text."""
    return str(
        tx.execute(
            text("""
                select coalesce((select string_agg(cast(row as text), ' ') from kernel.decision as row), '')
                    || coalesce((select string_agg(cast(row as text), ' ') from kernel.decision_act as row), '')
            """)
        ).scalar_one()
    )


def test_export_holds_all_of_it(database: Database, told: Decision, mia: PersonId, ola: PersonId) -> None:
    """Everything about the person with the sentence and all words; of others' cases only what they did there."""
    with database.read() as tx:
        about_mia, about_ola = (cast("dict[str, Any]", HOLDING.export(tx, person)) for person in (mia, ola))
    [exported] = about_mia["about_you"]
    assert exported["sentence"] == "Refused with 7 points."
    assert json.dumps(exported).count(SECRET) == 3
    assert about_mia["what_you_did_about_others"] == []
    [own] = about_ola["what_you_did_about_others"]
    assert own["words"] == f"You say {SECRET}"
    assert str(told.decision_id) not in json.dumps(about_ola["about_you"])


def test_erasing_leaves_the_outcome_only(database: Database, told: Decision, mia: PersonId, ola: PersonId) -> None:
    """No word, input, score or id of hers stays; rule, outcome and what is not personal do; twice is the same."""
    with database.begin() as tx:
        for _ in range(2):
            HOLDING.erase(tx, mia, NOON + 3 * HOUR)
        left = everything(tx)
        assert SECRET not in left
        assert SECRET.replace(" ", "-") not in left
        assert str(mia) not in left
        case = decision(tx, told.decision_id, asker=operator(ola))
        assert case.erased_at == NOON + 3 * HOUR
        assert (case.decision.subject, case.decision.outcome, case.decision.rule) == (None, "refused", told.rule)
        assert [each.name for each in case.decision.inputs] == ["places", "price"]
        assert (case.decision.scores, case.decision.alternatives, case.decision.object.id) == ((), (), "")
        assert [act.words for act in case.acts] == [None, None]
        assert decisions_about(tx, ola, asker=member(ola)).items[0].decision.scores


def test_erased_case_is_closed(database: Database, refused: Decision, mia: PersonId, ola: PersonId) -> None:
    """An open contest waits no longer, and nobody can act on the case."""
    with database.begin() as tx:
        contest(tx, refused.decision_id, asker=member(mia), words="No.", now=NOON)
        HOLDING.erase(tx, mia, NOON)
        assert contests.open_contests(tx, asker=operator(ola)) == ()
        with pytest.raises(NotFound, match="erased"):
            override(tx, refused.decision_id, asker=operator(ola), outcome="admitted", reason="x", now=NOON)


def test_erasing_who_decided_keeps_what_was_decided(
    database: Database, told: Decision, mia: PersonId, ola: PersonId
) -> None:
    """The operator's id goes from what they did; the case of the other person stays whole."""
    with database.begin() as tx:
        HOLDING.erase(tx, ola, NOON)
        assert str(ola) not in everything(tx)
        case = decision(tx, told.decision_id, asker=member(mia))
    assert case.decision == told
    assert [(act.by, act.words) for act in case.acts] == [(mia, f"I say {SECRET}"), (None, f"You say {SECRET}")]


def test_erasing_closes_the_tables_again(database: Database, told: Decision, mia: PersonId) -> None:
    """After it, in the same transaction, changes are refused as before."""
    with database.begin() as tx:
        HOLDING.erase(tx, mia, NOON)
        with pytest.raises(Exception, match="never changed or deleted"):
            tx.execute(text("update kernel.decision set subject = null"))


def test_merge_and_split_give_and_give_back(
    database: Database, told: Decision, mia: PersonId, ben: PersonId
) -> None:
    """Merged, both are one person who sees and contests it; split, each has again what they had."""
    own = admission(ben)
    with database.begin() as tx:
        record(tx, [own])
        moved = HOLDING.merge(tx, ben, mia, NOON)
        assert decisions_about(tx, ben, asker=member(ben)).total == 2
        assert decisions_about(tx, mia, asker=member(mia)).total == 0
        contest(tx, told.decision_id, asker=member(ben), words="Still no.", now=NOON)
        HOLDING.split(tx, ben, mia, moved, NOON)
        assert [case.decision for case in decisions_about(tx, ben, asker=member(ben)).items] == [own]
        [case] = decisions_about(tx, mia, asker=member(mia)).items
        assert case.acts[0].by == mia
