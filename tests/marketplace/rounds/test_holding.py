"""What rounds hold about a person: exported, erased, merged and split again."""

from __future__ import annotations

from tests.marketplace.rounds.conftest import NOW, Company

from bandmate.kernel.ids import PersonId
from bandmate.marketplace.rounds.holding import HOLDING
from bandmate.marketplace.rounds.publishing import published_of
from bandmate.marketplace.rounds.queries import held_round

_STATE = """
    select jsonb_build_object(
        'mentees', (select jsonb_agg(to_jsonb(m) order by round_id, person_id) from marketplace.round_mentee m),
        'pairs', (select jsonb_agg(to_jsonb(p) order by mentee_id, mentor_id) from marketplace.round_pair p),
        'waiting', (select jsonb_agg(to_jsonb(w) order by mentee_id) from marketplace.round_waiting w),
        'formed', (select jsonb_agg(to_jsonb(f) order by pair_id) from marketplace.mentoring_pair f))
"""


def two_of(company: Company) -> tuple[PersonId, PersonId]:
    """Return a mentee of a pair, and a mentor of another one."""
    row = company.row("""
        select a.mentee_id as one, b.mentor_id as other
          from marketplace.mentoring_pair a join marketplace.mentoring_pair b on a.mentor_id <> b.mentor_id
         where not exists (select from marketplace.mentoring_pair where mentor_id = a.mentee_id)
           and not exists (select from marketplace.round_mentee where person_id = b.mentor_id)
         order by a.mentee_id, b.mentor_id limit 1
    """)
    return PersonId(row["one"]), PersonId(row["other"])


def test_a_proposal_stands_in_no_export(company: Company) -> None:
    """Before publishing a mentee's export has nothing of the round, afterwards the round and the pair."""
    held = company.previewed()
    mentee = PersonId(company.row("select mentee_id from marketplace.round_pair order by 1 limit 1")["mentee_id"])
    with company.database.read() as tx:
        before = HOLDING.export(tx, mentee)
    company.publish(held)
    with company.database.read() as tx:
        after = HOLDING.export(tx, mentee)
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert before["rounds"] == before["pairs"] == []
    assert after["rounds"] == [
        {"as": "mentee", "round": "Spring", "waiting": None, "published_at": "2026-11-20T12:00:00+00:00"}
    ]
    assert len(after["pairs"]) == 1  # type: ignore[arg-type] # a list


def test_erased_the_other_one_keeps_that_there_was_a_pair(company: Company) -> None:
    """Nothing but the ended pair is left; the round and its page stand."""
    held = company.previewed()
    company.publish(held)
    mentee, mentor = two_of(company)
    with company.database.begin() as tx:
        for person in (mentee, mentor):
            HOLDING.erase(tx, person, NOW)
        assert published_of(held_round(tx, held.round_id)).pairs > 0
    left = """
        select (select count(*) from marketplace.round_mentee where person_id = :p)
             + (select count(*) from marketplace.round_pair where mentee_id = :p or mentor_id = :p)
             + (select count(*) from marketplace.mentoring_pair
                 where (mentee_id = :p or mentor_id = :p) and (ended_at is null or end_reason is not null))
    """
    assert company.one(left, p=mentee) == company.one(left, p=mentor) == 0
    assert company.one("select count(*) from marketplace.mentoring_pair where mentee_id = :p", p=mentee) == 1


def test_merged_and_split_again_all_is_as_before(company: Company) -> None:
    """A mentee and a mentor who turn out to be one human, and then not."""
    held = company.previewed()
    company.publish(held)
    one, other = two_of(company)
    before = company.one(_STATE)
    with company.database.begin() as tx:
        moved = HOLDING.merge(tx, one, other, NOW)
    merged = "select count(*) from marketplace.mentoring_pair where mentor_id = :p"
    assert company.one(merged, p=other) == 0
    assert int(str(company.one(merged, p=one))) > 0
    with company.database.begin() as tx:
        HOLDING.split(tx, one, other, moved, NOW)
    assert company.one(_STATE) == before
