"""What happens between a preview and publishing it, to the round, to wishes, to offers; and after it."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Row
from tests.marketplace.rounds.conftest import NOW, Company, clock

from bandmate.kernel.errors import Conflict
from bandmate.kernel.ids import PersonId
from bandmate.kernel.tasks import run_due
from bandmate.marketplace.rounds.acts import ask_preview, set_limits
from bandmate.marketplace.rounds.domain import Gone, Limits, Reason, Round, RoundState
from bandmate.marketplace.rounds.previewing import LimitsCannotBeKept, preview
from bandmate.marketplace.rounds.publishing import Published
from bandmate.marketplace.rounds.queries import changes_since_preview, held_round, round_pairs, round_waiting

_CLOSE = "update marketplace.opportunity set state = 'closed' where owner_id = :p and kind = 'mentoring'"


def pairs_in(company: Company, held: Round) -> list[Row[Any]]:
    """Return all pairs of a round."""
    with company.database.read() as tx:
        return list(round_pairs(tx, held.round_id, size=1_000).rows)


def test_what_changed_meanwhile_is_left_out_and_told(company: Company) -> None:
    """A withdrawn wish, a closed offer, a mentor who left: skipped with the reason; who still wishes waits."""
    held = company.previewed()
    rows = pairs_in(company, held)
    first, second, third = list({row.mentor_id: row for row in rows}.values())[:3]
    company.do("update marketplace.mentoring_wish set state = 'withdrawn' where person_id = :p", p=first.mentee_id)
    company.do(_CLOSE, p=second.mentor_id)
    company.do("update marketplace.employee set active = false where person_id = :p", p=third.mentor_id)
    done = company.publish(held)
    why = {one.mentee: one.why for one in done.skipped}
    assert why[PersonId(first.mentee_id)] is Gone.WISH_GONE
    assert why[PersonId(second.mentee_id)] is Gone.OFFER_GONE
    assert why[PersonId(third.mentee_id)] is Gone.MENTOR_LEFT
    assert done.pairs + len(done.skipped) == len(rows)
    with company.database.read() as tx:
        waiting = {row.mentee_id: row.reason for row in round_waiting(tx, held.round_id)}
    assert waiting[second.mentee_id] == waiting[third.mentee_id] == Reason.NO_PLACE
    assert first.mentee_id not in waiting
    assert {row.mentee_id for row in pairs_in(company, held)}.isdisjoint(why)
    told = "select count(*) from kernel.event where type = 'marketplace.message.requested' and subject = :p"
    assert company.one(told, p=str(first.mentee_id)) == 0
    assert company.one(told, p=str(second.mentee_id)) == 1


def test_a_seat_that_is_gone_goes_to_the_better_pair(company: Company) -> None:
    """An offer with fewer places than the preview counted on keeps the pairs that suit best."""
    company.do("update marketplace.opportunity set seats = 4 where kind = 'mentoring'")
    held = company.previewed()
    by_mentor: dict[object, list[Row[Any]]] = {}
    for row in pairs_in(company, held):
        by_mentor.setdefault(row.mentor_id, []).append(row)
    mentor, theirs = max(by_mentor.items(), key=lambda each: len(each[1]))
    assert len(theirs) > 1
    company.do("update marketplace.opportunity set seats = 1 where owner_id = :p and kind = 'mentoring'", p=mentor)
    done = company.publish(held)
    assert {one.why for one in done.skipped} == {Gone.NO_PLACE}
    assert len(done.skipped) == len(theirs) - 1
    gone = {one.mentee for one in done.skipped}
    kept = [row for row in theirs if PersonId(row.mentee_id) not in gone]
    assert kept[0].value == max(row.value for row in theirs)


def test_published_by_two_at_once_it_is_published_once(company: Company) -> None:
    """Two leads press the button in the same moment: one publishes, the other reads what was done."""
    held = company.previewed()
    results: list[Published] = []
    threads = [threading.Thread(target=lambda: results.append(company.publish(held))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2
    assert results[0] == results[1]
    assert company.one("select count(*) from marketplace.mentoring_pair") == results[0].pairs
    assert company.one("select count(*) from kernel.event where type = 'marketplace.round.published'") == 1


def test_a_round_that_was_changed_is_not_published(company: Company) -> None:
    """Neither from an old page, nor by limits that no preview was worked out for."""
    held = company.previewed()
    with company.database.begin() as tx:
        changed = set_limits(tx, held.round_id, Limits(0.2), version=held.version, now=NOW)
    assert changed.state is RoundState.OPEN
    with pytest.raises(Conflict):
        company.publish(held)
    with pytest.raises(Conflict):
        company.publish(changed)
    assert company.one("select count(*) from marketplace.mentoring_pair") == 0


def test_limits_that_cannot_be_kept_say_which(company: Company) -> None:
    """More of a department than take part is told with both numbers; the round remembers it until it is mended."""
    held = company.previewed()
    department = next(iter((held.figures or {})["matched_by_department"]))
    with company.database.begin() as tx:
        held = set_limits(tx, held.round_id, Limits(0, {department: 5_000}), version=held.version, now=NOW)
    with pytest.raises(LimitsCannotBeKept, match=f"5000 mentees of {department}"):
        preview(company.database, held.round_id, clock=clock)
    with company.database.read() as tx:
        held = held_round(tx, held.round_id)
    assert held.problem is not None
    assert held.asked_at is None
    with company.database.begin() as tx:
        held = set_limits(tx, held.round_id, Limits(0.9), version=held.version, now=NOW)
    mended = preview(company.database, held.round_id, clock=clock)
    assert mended.problem is None
    assert (mended.figures or {})["across_departments"] >= 0.9


def test_a_preview_comes_from_the_background(company: Company) -> None:
    """Asked twice, it is worked out once; meanwhile the round says so; the same question changes nothing."""
    held = company.previewed()
    with company.database.begin() as tx:
        waiting = ask_preview(tx, held.round_id, version=held.version, now=NOW)
        ask_preview(tx, held.round_id, version=held.version, now=NOW)
    assert waiting.asked_at is not None
    run_due(company.database, clock=clock)
    with company.database.read() as tx:
        again = held_round(tx, held.round_id)
    assert again.asked_at is None
    assert (again.version, again.figures) == (held.version, held.figures)


def test_what_changed_since_a_preview_is_counted_and_taken_up(company: Company) -> None:
    """A wish withdrawn since makes it stale; worked out again it is another preview, and is not stale."""
    held = company.previewed()
    with company.database.read() as tx:
        assert not changes_since_preview(tx, held)
    company.do(
        """
        update marketplace.mentoring_wish set state = 'withdrawn', changed_at = :later
         where wish_id = (select wish_id from marketplace.round_mentee where round_id = :round limit 1)
        """,
        later=NOW + timedelta(minutes=1),
        round=held.round_id,
    )
    with company.database.read() as tx:
        assert changes_since_preview(tx, held).wishes == 1
    again = preview(company.database, held.round_id, clock=lambda: NOW + timedelta(minutes=2))
    assert again.version == held.version + 1
    with company.database.read() as tx:
        assert not changes_since_preview(tx, again)


def test_who_waited_comes_first(company: Company) -> None:
    """The next round takes up who was left waiting, and pairs nobody with whom they met before."""
    held = company.previewed()
    done = company.publish(held)
    company.do("update marketplace.opportunity set seats = seats + 1, state = 'open' where kind = 'mentoring'")
    following = company.previewed()
    figures = following.figures or {}
    assert figures["waited"] == figures["mentees"] == done.waiting > 0
    assert figures["matched"] > 0
    company.publish(following)
    twice = """
        select count(*) from (select mentee_id, mentor_id from marketplace.mentoring_pair
                               group by 1, 2 having count(*) > 1) t
    """
    assert company.one(twice) == 0


def test_nobody_is_paired_with_anybody_above_them(company: Company) -> None:
    """Neither as mentee nor as mentor, however many steps up the chain of managers goes."""
    held = company.previewed("reverse")
    above = """
        with recursive chain as (
            select person_id, manager_id from marketplace.employee where manager_id is not null
            union select chain.person_id, e.manager_id from chain join marketplace.employee e
                         on e.person_id = chain.manager_id where e.manager_id is not null)
        select count(*) from marketplace.round_pair p join chain c
            on (c.person_id, c.manager_id) in ((p.mentee_id, p.mentor_id), (p.mentor_id, p.mentee_id))
         where p.round_id = :round
    """
    assert company.one(above, round=held.round_id) == 0
