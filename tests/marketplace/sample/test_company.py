"""The sample company: as large as asked for, alike each time, and whole."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from random import Random

from sqlalchemy import text

from bandmate.kernel.database.session import Database
from bandmate.marketplace.sample import load_company
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
