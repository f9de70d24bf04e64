"""Leaving: offers of mentoring close, pairs end with a reason, applications are withdrawn, seats are free."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from tests.marketplace.applying.conftest import Company
from tests.marketplace.handover.conftest import Leave

from bandmate.kernel.ids import PersonId
from bandmate.kernel.tasks import TaskContext
from bandmate.marketplace.applying import acting
from bandmate.marketplace.handover import settle_leavers
from bandmate.marketplace.handover.tasks import settle_who_left
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.kinds import Kind


def paired(company: Company, mentor: str, mentee: str) -> OpportunityId:
    """Have somebody mentor somebody, on an offer that is filled by it, answering a wish."""
    hour = company.world.offer(company[mentor], "An hour", kind=Kind.MENTORING)
    with company.database.begin() as tx:
        tx.execute(
            text("""
                insert into marketplace.mentoring_wish (wish_id, person_id, format, state, created_at, changed_at)
                values (gen_random_uuid(), :person, 'one_to_one', 'open', :now, :now)
            """),
            {"person": company[mentee].person_id, "now": company.clock()},
        )
    application = company.apply(mentee, hour)
    company.offer(application, by=mentor)
    company.do(acting.accept, company[mentee].asker, application)
    return hour


def ended_told(company: Company, person: PersonId) -> list[str]:
    """Return what somebody was told of pairs that ended."""
    with company.database.read() as tx:
        rows = tx.execute(
            text("""
                select data #>> '{variables,words}' from kernel.event
                 where type = 'marketplace.message.requested' and subject = :person
                   and data ->> 'template' = 'marketplace.pair_ended' order by position
            """),
            {"person": str(person)},
        )
        return [str(each) for each in rows.scalars()]


def row(company: Company, query: str) -> Any:
    """Return the one row of a query."""
    with company.database.read() as tx:
        return tx.execute(text(query)).one()


_PAIR = "select ended_at, end_reason from marketplace.mentoring_pair"
_WISH = "select state from marketplace.mentoring_wish"


def test_a_mentor_leaves(company: Company, leave: Leave) -> None:
    """The offer closes for good, the pair ends with the reason, the mentee is told, and their wish opens again."""
    hour = paired(company, "owner", "anna")
    waits = company.world.offer(company["owner"], "Another hour", kind=Kind.MENTORING)
    waiting = company.apply("ben", waits)
    leave("owner")
    pair = row(company, _PAIR)
    assert pair.ended_at is not None
    assert pair.end_reason == "Owner does not work here any more."
    assert row(company, _WISH).state == "open"
    assert ended_told(company, company["anna"].person_id) == ["Owner does not work here any more."]
    assert ended_told(company, company["owner"].person_id) == []
    states = "select string_agg(distinct state, ',') from marketplace.opportunity where opportunity_id = any(:ids)"
    assert company.one(states, ids=[hour, waits]) == "closed"
    assert company.state(waiting) == "not_chosen"
    noted = "select count(*) from kernel.audit_entry where action = :action and by_system = 'directory'"
    assert company.one(noted, action="marketplace.opportunity.closed_for_leaver") >= 2
    assert "it is closed" in company["anna"].read(f"/opportunities/{hour}")


def test_a_mentee_leaves(company: Company, leave: Leave) -> None:
    """The mentor is told, the seat is free, the offer open again; the wish of who left does not come back."""
    hour = paired(company, "owner", "anna")
    leave("anna")
    assert row(company, _PAIR).end_reason == "Anna does not work here any more."
    assert row(company, _WISH).state == "withdrawn"
    assert ended_told(company, company["owner"].person_id) == ["Anna does not work here any more."]
    offer = "select state || ' ' || seats_taken from marketplace.opportunity where opportunity_id = :id"
    assert company.one(offer, id=hour) == "open 0"


def test_both_leave(company: Company, leave: Leave) -> None:
    """The pair ends, and nobody is told."""
    paired(company, "owner", "anna")
    leave("owner", "anna")
    assert row(company, _PAIR).ended_at is not None
    assert row(company, _WISH).state == "withdrawn"
    assert ended_told(company, company["anna"].person_id) == ended_told(company, company["owner"].person_id) == []


def test_who_applied_and_leaves_is_withdrawn_and_frees_the_seat(company: Company, leave: Leave) -> None:
    """No owner waits for somebody who is gone; the host of a team is told."""
    radio = company.world.offer(company["owner"], "Radio", seats=2)
    taken = company.apply("ben", radio)
    company.offer(taken)
    with company.database.begin() as tx:
        tx.execute(text("update marketplace.manager_ask set answer = 'fine', answered_at = asked_at"))
    company.do(acting.accept, company["ben"].asker, taken)
    waiting = company.apply("anna", radio)
    leave("anna", "ben")
    assert (company.state(taken), company.state(waiting)) == ("withdrawn", "withdrawn")
    seats = "select seats_taken from marketplace.opportunity where opportunity_id = :id"
    assert company.one(seats, id=radio) == 0
    told = company.told(company["owner"].person_id)
    assert {"Anna has left", "Ben has left"} <= set(told)


def test_hearing_it_again_changes_nothing_and_the_night_misses_nobody(company: Company, leave: Leave) -> None:
    """Settled once; who left without an event is settled by the nightly task; who is back is left alone."""
    paired(company, "owner", "anna")
    with company.database.begin() as tx:
        tx.execute(text("update marketplace.employee set active = false where user_name = 'owner@band.example'"))
    settle_who_left(TaskContext(company.database, company.clock, 1, None, lambda: False))
    before = row(company, _PAIR)
    assert before.ended_at is not None
    company.later(hours=1)
    assert company.do(settle_leavers, None) == 0
    assert row(company, _PAIR) == before
    leave("owner", active="yes")
    assert company.do(settle_leavers, [company["owner"].person_id]) == 0


def test_who_works_here_is_never_settled(company: Company) -> None:
    """Naming an active person ends nothing of theirs."""
    paired(company, "owner", "anna")
    assert company.do(settle_leavers, [company["owner"].person_id, company["anna"].person_id]) == 0
    assert row(company, _PAIR).ended_at is None
