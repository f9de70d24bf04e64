"""The sample company: as large as asked for, alike each time, and whole."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random

from sqlalchemy import text

from bandmate.kernel.database.session import Database
from bandmate.kernel.decisions import decision
from bandmate.kernel.identity.access import Asker
from bandmate.marketplace.applying.deciding import decision_of
from bandmate.marketplace.applying.queries import application_of
from bandmate.marketplace.sample import load_company
from bandmate.marketplace.sample.looking import DAYS, write_lists
from bandmate.marketplace.sample.reading import offices, trades
from bandmate.marketplace.sample.staff import PARTS, Worker, company

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def drawn(people: int) -> tuple[Worker, ...]:
    """Return a company of this size."""
    return company(Random(3), TODAY, people)


def test_everybody_reports_to_the_head_in_the_end() -> None:
    """One head, no circles, nobody without a manager, whatever the size."""
    for people in (60, 900):
        workers = drawn(people)
        heads = [one.number for one in workers if one.manager is None]
        assert len(heads) == 1
        for worker in workers:
            at, steps = worker, 0
            while at.manager is not None:
                at, steps = workers[at.manager], steps + 1
                assert steps < 8, worker


def test_it_is_drawn_from_its_seed() -> None:
    """The same seed gives the same people; user names are distinct; all trades and countries are there."""
    workers = drawn(2_000)
    assert workers == drawn(2_000)
    assert len({one.user_name for one in workers}) == 2_000
    assert {one.trade.key for one in workers} == {one.key for one in trades()}
    assert len({one.office.country for one in workers}) == len({one.country for one in offices()}) == 15
    assert [one.persona for one in workers[: len(PARTS)]] == [part.slug for part in PARTS]


def test_it_is_written_once(database: Database) -> None:
    """A second load changes nothing; every offer is of an employee; skills have URIs of ESCO."""
    first = load_company(database, now=NOW, people=150)
    assert first.people == 150
    assert load_company(database, now=NOW, people=150).people == 0
    with database.read() as tx:
        count = tx.execute(
            text("""
                select (select count(*) from marketplace.employee where active) as people,
                       (select count(*) from marketplace.opportunity join marketplace.employee
                               on employee.person_id = opportunity.owner_id) as offers,
                       (select count(*) from marketplace.mentoring_wish) as wishes,
                       (select count(*) from marketplace.profile_skill
                         where skill_uri like 'http://data.europa.eu/esco/skill/%') as skills,
                       (select count(*) from marketplace.profile_skill) as all_skills
            """)
        ).one()
    assert (count.people, count.offers, count.wishes) == (150, first.offers, first.wishes)
    assert count.skills == count.all_skills > 500


def test_kinds_of_offers_are_in_proportion(database: Database) -> None:
    """Projects, mentoring and jobs; some projects are over; everybody of the demo has a part."""
    load_company(database, now=NOW, people=300)
    with database.read() as tx:
        rows = tx.execute(text("select kind, state from marketplace.opportunity")).all()
        names = set(tx.execute(text("select user_name from marketplace.employee")).scalars())
    kinds = Counter(row.kind for row in rows)
    assert kinds["mentoring"] > kinds["project"] > kinds["job"] > 0
    assert {row.state for row in rows if row.kind == "project"} == {"open", "closed"}
    assert {"nell.okafor", "tomas.lindqvist", "ines.garnier", "kofi.adeyemi", "ada.fermata"} <= names


def test_its_history_is_whole(database: Database) -> None:
    """Seats, steps, teams, pairs and confirmations agree with each other, and every persona finds something."""
    done = load_company(database, now=NOW, people=600, with_history=True)
    assert load_company(database, now=NOW, people=600, with_history=True).applications == 0
    with database.read() as tx:
        found = tx.execute(_WHOLE).one()
        wrong = tx.execute(_WRONG).one()
        personas = tx.execute(_FOR_PERSONAS).one()
    assert (found.applications, found.pairs) == (done.applications, done.pairs)
    assert {"interested", "applied", "shortlisted", "offered", "accepted", "not_chosen"} <= set(found.states)
    assert {"confirmed", "asked"} == set(found.confirmations)
    assert set(wrong) == {0}, wrong._asdict()
    assert personas.shortlisted >= 2
    assert personas.waiting >= 4
    assert personas.proposed == 2
    assert personas.asked == 1
    assert personas.to_confirm == 1
    assert personas.mentees == 2
    assert personas.rounds == 1
    assert personas.found > 100


def test_a_history_tells_nobody(database: Database) -> None:
    """What happened in the past of people who do not exist sends no message and defers no work."""
    load_company(database, now=NOW, people=150, with_history=True)
    with database.read() as tx:
        told = tx.execute(text("select count(*) from kernel.event where type = 'marketplace.message.requested'"))
        assert told.scalar_one() == 0


def test_every_answer_says_why(database: Database) -> None:
    """What answered somebody is recorded once, under the id by which the page of their application finds it."""
    load_company(database, now=NOW, people=600, with_history=True)
    with database.read() as tx:
        steps, decided = tx.execute(_ANSWERED).one()
        standing = [application_of(row) for row in tx.execute(_STANDING)]
        assert steps == decided > len(standing) > 0
        for each in standing:
            asker = Asker(each.person_id, "", frozenset(), frozenset(), "session")
            assert decision(tx, decision_of(each), asker=asker).decision.outcome == each.state


_ANSWERED = text("""
    select (select count(*) from marketplace.application_step where state in ('offered', 'not_chosen')) as steps,
           (select count(*) from kernel.decision where kind = 'marketplace.application') as decided
""")
_STANDING = text("select * from marketplace.application where state in ('offered', 'not_chosen')")
_WHOLE = text("""
    select (select count(*) from marketplace.application) as applications,
           (select count(*) from marketplace.mentoring_pair) as pairs,
           (select array_agg(distinct state) from marketplace.application) as states,
           (select array_agg(distinct state) from marketplace.claim_confirmation) as confirmations
""")
_WRONG = text("""
    select (select count(*) from marketplace.opportunity where seats_taken > seats) as too_full,
           (select count(*) from marketplace.opportunity
             where kind = 'project' and state = 'open' and seats_taken >= seats) as full_but_open,
           (select count(*) from marketplace.opportunity o
             where seats_taken <> (select count(*) from marketplace.application a
                                    where a.opportunity_id = o.opportunity_id and a.state = 'accepted')
                                + (select count(*) from marketplace.mentoring_pair p
                                    where p.offer_id = o.opportunity_id and p.ended_at is null)) as miscounted,
           (select count(*) from marketplace.application a
             where a.state <> (select state from marketplace.application_step s
                                where s.application_id = a.application_id
                                order by position desc limit 1)) as last_step_differs,
           (select count(*) from marketplace.application_step s
              join marketplace.application_step t using (application_id)
             where s.position < t.position and s.at > t.at) as out_of_order,
           (select count(*) from marketplace.application_step s where s.at > timestamptz '2026-11-22 09:00Z')
               as in_the_future,
           (select count(*) from marketplace.application
             where state in ('applied', 'shortlisted') and answer_due_at < timestamptz '2026-11-22 09:00Z')
               as kept_waiting,
           (select count(*) from marketplace.application a join marketplace.opportunity o using (opportunity_id)
             where a.person_id = o.owner_id) as own,
           (select count(*) from marketplace.mentoring_pair p
              join marketplace.employee e on e.person_id = p.mentee_id
             where e.manager_id = p.mentor_id) as with_their_manager,
           (select count(*) from marketplace.team_member m
             where not exists (select from marketplace.application a
                                where a.opportunity_id = m.opportunity_id and a.person_id = m.person_id
                                  and a.state = 'accepted')) as uninvited
""")
_FOR_PERSONAS = text("""
    with who as (select user_name, person_id from marketplace.employee)
    select (select count(*) from marketplace.application a join marketplace.opportunity o using (opportunity_id)
              join who on who.person_id = o.owner_id
             where user_name = 'ines.garnier' and a.state = 'shortlisted') as shortlisted,
           (select count(*) from marketplace.application a join marketplace.opportunity o using (opportunity_id)
              join who on who.person_id = o.owner_id
             where user_name = 'ines.garnier' and a.state = 'applied') as waiting,
           (select count(*) from marketplace.profile_skill s join who using (person_id)
             where user_name = 'nell.okafor' and s.state = 'proposed') as proposed,
           (select count(*) from marketplace.manager_ask m join who on who.person_id = m.manager_id
             where user_name = 'rhea.whitaker' and m.answer is null) as asked,
           (select count(*) from marketplace.claim_confirmation c join who on who.person_id = c.by_person
             where user_name = 'rhea.whitaker' and c.state = 'asked') as to_confirm,
           (select count(*) from marketplace.mentoring_pair p join who on who.person_id = p.mentor_id
             where user_name = 'tomas.lindqvist') as mentees,
           (select count(*) from marketplace.round where state = 'open') as rounds,
           (select count(*) from kernel.consent_entry where purpose = 'marketplace.be_found' and granted) as found
""")


def test_some_have_looked(database: Database) -> None:
    """Lists of the last weeks, the best first; whoever applied in that time had seen it."""
    load_company(database, now=NOW, people=300, with_history=True)
    with database.begin() as tx:
        written = write_lists(tx, now=NOW)
        row = tx.execute(
            text("""
                select count(*) as shown, min(day) as first, max(day) as last,
                       (select count(*) from marketplace.application_step t join marketplace.application a
                               using (application_id)
                         where t.state = 'applied' and t.at > :since and not exists (
                               select from marketplace.shown s where s.person_id = a.person_id
                                  and s.opportunity_id = a.opportunity_id)) as unseen
                  from marketplace.shown where list = 'for_you'
            """),
            {"since": NOW - timedelta(days=DAYS)},
        ).one()
    assert row.shown == written > 300
    assert TODAY - timedelta(days=DAYS) <= row.first < row.last <= TODAY
    assert row.unseen == 0
