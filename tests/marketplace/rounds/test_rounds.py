"""A round from its first day to its pairs: previewed, published once, told to everybody it is about."""

from __future__ import annotations

import pytest
from tests.marketplace.rounds.conftest import Company

from bandmate.kernel.decisions import ObjectRef, decision, decisions_on, explain
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.rounds.deciding import decision_of
from bandmate.marketplace.rounds.domain import RoundState
from bandmate.marketplace.rounds.queries import pairs_of, round_pairs, round_waiting


def test_from_preview_to_pairs(company: Company) -> None:
    """Nothing is public before; then pairs, wishes, seats, messages, decisions, events are there, once."""
    held = company.previewed()
    figures = held.figures or {}
    assert held.state is RoundState.PREVIEW
    assert 0 < figures["matched"] <= figures["mentees"]
    assert figures["value"] <= figures["bound"] + 1e-4
    assert company.one("select count(*) from marketplace.mentoring_pair") == 0
    assert company.one("select count(*) from kernel.event where type = 'marketplace.message.requested'") == 0
    assert company.one("select count(*) from kernel.decision") == 0

    done = company.publish(held)
    again = company.publish(held)
    assert done == again
    assert (done.pairs, done.skipped) == (figures["matched"], ())
    assert done.pairs + done.waiting == figures["mentees"]
    assert company.one("select count(*) from marketplace.mentoring_pair") == done.pairs
    assert company.one("select count(*) from marketplace.mentoring_wish where state = 'matched'") == done.pairs
    assert company.one("select sum(seats_taken) from marketplace.opportunity") == done.pairs
    assert company.one("select count(*) from kernel.decision") == figures["mentees"]
    formed = "select count(*) from kernel.event where type = :type"
    assert company.one(formed, type="marketplace.pair.formed") == done.pairs
    assert company.one(formed, type="marketplace.round.published") == 1
    mentors = company.one("select count(distinct mentor_id) from marketplace.mentoring_pair")
    assert company.one(formed, type="marketplace.message.requested") == figures["mentees"] + int(str(mentors))
    full = "select count(*) from marketplace.opportunity where state = 'open' and seats_taken >= seats"
    assert company.one(full) == 0


def test_everybody_can_read_why(company: Company) -> None:
    """The decision of a mentee adds up to the value of the pair, and names no mentor; waiting has its reason."""
    held = company.previewed()
    company.publish(held)
    with company.database.read() as tx:
        row = round_pairs(tx, held.round_id).rows[0]
        mentee = PersonId(row.mentee_id)
        case = decision(tx, decision_of(held.round_id, mentee), asker=company.asker(mentee))
        told = explain(case, mentee)
        assert case.outcome == "paired"
        assert case.decision.score == pytest.approx(100 * row.value, abs=0.01)
        assert row.mentor not in told.sentence
        assert "“Spring”" in told.sentence
        assert decisions_on(tx, ObjectRef("marketplace.round", str(held.round_id)), asker=company.asker(mentee))
        waiting = round_waiting(tx, held.round_id)
        assert waiting, "the sample has more wishes than places"
        one = PersonId(waiting[0].mentee_id)
        why = explain(decision(tx, decision_of(held.round_id, one), asker=company.asker(one)), one)
        assert why.sentence.endswith(".")
        mine = pairs_of(tx, mentee)
    assert [each.other for each in mine] == [row.mentor]
    assert sum(mine[0].parts.values()) == pytest.approx(row.value, abs=1e-4) if mine[0].parts else False
