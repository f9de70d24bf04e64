"""What two people do in the same moment, each on a connection of their own: nothing is counted twice or lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from tests.marketplace.applying.conftest import Company

from bandmate.kernel.errors import Conflict
from bandmate.kernel.ids import new_id
from bandmate.marketplace.applying import acting
from bandmate.marketplace.applying.writing import hold_opportunity, hold_wishes
from bandmate.marketplace.ids import ApplicationId, OpportunityId, RoundId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.opportunities import writing
from bandmate.marketplace.opportunities.domain import Format, Part, Skill
from bandmate.marketplace.opportunities.skills import own_uri
from bandmate.marketplace.opportunities.wishes import WishTerms, make_wish, wish_id_under
from bandmate.marketplace.rounds import end_pair, form_pair, pairs_of, publish_round
from bandmate.marketplace.rounds.acts import create_round, open_round
from bandmate.marketplace.rounds.domain import Gone
from bandmate.marketplace.rounds.gathering import gather
from bandmate.marketplace.rounds.previewing import preview

WISH = WishTerms(Format.ONE_TO_ONE, (Skill(own_uri("mixing"), "mixing", Part.WANTED),))

_BLOCKED = text("""
    select count(*) from pg_stat_activity
     where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0
""")


def blocked(company: Company, many: int) -> None:
    """Wait until so many connections wait for a lock of another."""
    while True:
        with company.database.look() as tx:
            if tx.execute(_BLOCKED).scalar_one() >= many:
                return


def mentoring(company: Company, *names: str, seats: int = 2) -> tuple[OpportunityId, list[ApplicationId]]:
    """Return an offer of mentoring, and the applications of these, which are all offered a seat."""
    offer = company.world.offer(company["owner"], "An hour of mixing", kind=Kind.MENTORING, seats=seats)
    made = [company.apply(name, offer) for name in names]
    for each in made:
        company.offer(each)
    return offer, made


def taken(company: Company, offer: OpportunityId) -> tuple[int, int, str]:
    """Return the seats that are written down, those that are really taken, and the state."""
    with company.database.read() as tx:
        row = tx.execute(
            text("""
                select seats_taken, state,
                       (select count(*) from marketplace.mentoring_pair
                         where offer_id = opportunity_id and ended_at is null) as pairs
                  from marketplace.opportunity where opportunity_id = :id
            """),
            {"id": offer},
        ).one()
    return row.seats_taken, row.pairs, row.state


def test_one_comes_while_another_leaves(company: Company) -> None:
    """A pair of a round ends in the moment in which somebody accepts: the seats are counted as they are."""
    offer, (bens,) = mentoring(company, "ben")
    anna, owner = company["anna"].person_id, company["owner"].person_id
    pair = company.do(form_pair, anna, owner, offer)
    with ThreadPoolExecutor() as pool:
        with company.database.begin() as tx:
            acting.accept(tx, company["ben"].asker, bens, now=company.clock())
            leaving = pool.submit(
                company.do, end_pair, company["owner"].asker, pair.pair_id, reason="Done.", version=pair.version
            )
            blocked(company, 1)
        leaving.result()
    assert taken(company, offer) == (1, 1, "open")


def test_both_of_a_pair_end_it_at_once(company: Company) -> None:
    """The mentee withdraws while the mentor ends the pair: one of them comes first, and neither waits for ever."""
    offer, (annas,) = mentoring(company, "anna")
    company.do(make_wish, company["anna"].person_id, wish_id_under(company["anna"].person_id, "a"), WISH)
    company.do(acting.accept, company["anna"].asker, annas)
    with company.database.read() as tx:
        pair = pairs_of(tx, company["anna"].person_id)[0].pair
    with ThreadPoolExecutor() as pool:
        with company.database.begin() as tx:
            hold_wishes(tx, company["anna"].person_id)  # as withdrawing begins
            hold_opportunity(tx, offer)
            ending = pool.submit(
                company.do, end_pair, company["owner"].asker, pair.pair_id, reason="Done.", version=pair.version
            )
            blocked(company, 1)
            acting.withdraw(tx, company["anna"].asker, annas, now=company.clock())
        ending.result()
    company.hear()
    assert taken(company, offer) == (0, 0, "open")
    assert company.state(annas) == "withdrawn"


def test_a_seat_that_is_offered_is_kept_from_rounds(company: Company) -> None:
    """Whoever was offered the last place can take it, whatever a round would have done with it."""
    offer, (bens,) = mentoring(company, "ben", seats=1)
    anna = company["anna"].person_id
    company.do(make_wish, anna, wish_id_under(anna, "a"), WISH)
    with company.database.read() as tx:
        assert gather(tx, Format.ONE_TO_ONE, now=company.clock()).mentors == ()
    with pytest.raises(Conflict):
        company.do(form_pair, anna, company["owner"].person_id, offer)
    company.do(acting.accept, company["ben"].asker, bens)
    assert taken(company, offer) == (1, 1, "filled")


def test_a_round_that_was_previewed_before_an_offer_leaves_its_seat(company: Company) -> None:
    """The place went to an applicant between preview and publishing: the pair does not come about, they wait."""
    offer = company.world.offer(company["owner"], "An hour of mixing", kind=Kind.MENTORING, seats=1)
    anna, lead = company["anna"].person_id, company["lead"].person_id
    company.do(make_wish, anna, wish_id_under(anna, "a"), WISH)
    round_id = RoundId(new_id())
    drafted = company.do(create_round, lead, round_id, "Spring", Format.ONE_TO_ONE)
    company.do(open_round, round_id, version=drafted.version)
    held = preview(company.database, round_id, clock=company.clock)
    bens = company.apply("ben", offer)
    company.offer(bens)
    done = company.do(publish_round, lead, round_id, version=held.version)
    assert [each.why for each in done.skipped] == [Gone.NO_PLACE]
    assert (done.pairs, done.waiting) == (0, 1)
    company.do(acting.accept, company["ben"].asker, bens)
    company.hear()
    assert taken(company, offer) == (1, 1, "filled")
    assert company.state(bens) == "accepted"


def test_a_full_one_that_opens_again_is_full(company: Company) -> None:
    """Whoever accepted keeps the seat while it is closed; opened again, it offers none."""
    offer, (bens,) = mentoring(company, "ben", seats=1)
    company.do(acting.accept, company["ben"].asker, bens)
    owner = company["owner"].asker
    for act in (writing.close, writing.publish):
        version = company.one("select version from marketplace.opportunity where opportunity_id = :id", id=offer)
        company.do(act, owner, offer, version=version)
    assert taken(company, offer) == (1, 1, "filled")
