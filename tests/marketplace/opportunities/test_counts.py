"""Totals, counts and order of a search, beside the same worked out one by one over random opportunities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import text
from tests.marketplace.opportunities.world import NOON, Member, World

from bandmate.kernel.ids import new_id
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.opportunities.domain import Format, WorkModel
from bandmate.marketplace.opportunities.searching import facts
from bandmate.marketplace.opportunities.searching.query import OpportunityQuery, Order
from bandmate.marketplace.opportunities.searching.results import Found, search, total_of

ROWS, QUESTIONS = 140, 80
FACETS = ("kind", "format", "department", "country", "location", "work_model")
WORDS = ("guitar", "mixer", "vinyl", "tempo")

_INSERT = text("""
    insert into marketplace.opportunity
           (opportunity_id, kind, format, title, department, country, location, work_model, state, seats,
            seats_taken, hours_per_week, opens_at, internal_until, closes_at, skill_words, created_at, changed_at)
    values (:opportunity_id, :kind, :format, :title, :department, :country, :location, :work_model, :state, :seats,
            :seats_taken, :hours_per_week, :opens_at, :internal_until, :closes_at, :skill_words, :now, :now)
""")
_SKILL = text("""
    insert into marketplace.opportunity_skill (opportunity_id, skill_uri, label, part)
    values (:opportunity_id, :skill, :skill, 'wanted'), (:opportunity_id, :skill, :skill, 'learn')
""")


@dataclass(frozen=True)
class Row:
    """An opportunity as it was written."""

    opportunity_id: UUID
    kind: str
    format: str | None
    title: str
    department: str | None
    country: str | None
    location: str | None
    work_model: str | None
    state: str
    seats: int
    seats_taken: int
    hours_per_week: Decimal | None
    opens_at: datetime
    internal_until: datetime | None
    closes_at: datetime | None
    skill_words: str
    skill: str

    def facet(self, name: str) -> str | None:
        """Return what it counts under."""
        if name == "seats":
            return "true" if self.seats > self.seats_taken else None
        if name == "internal_first":
            return "true" if self.internal_until is not None and self.internal_until > NOON else None
        value: str | None = getattr(self, name)
        return value

    def can_be_found(self, kinds: Sequence[Kind]) -> bool:
        """Whether anybody to whom these kinds are open can find it."""
        return self.state == "open" and self.kind in kinds and (self.closes_at is None or self.closes_at > NOON)

    def is_asked(self, query: OpportunityQuery) -> bool:
        """Whether it meets what is no facet."""
        words = f"{self.title} {self.skill_words}".split()
        return (
            all(word in words for word in query.q.split())
            and (not query.skill or self.skill in query.skill)
            and (
                query.hours_max is None
                or (self.hours_per_week is not None and self.hours_per_week <= query.hours_max)
            )
            and (query.since is None or self.opens_at >= NOON - timedelta(days=query.since))
        )

    def misses(self, query: OpportunityQuery) -> set[str]:
        """Return the facets whose filter it does not meet."""
        chosen: Mapping[str, Sequence[str]] = {name: [str(v) for v in getattr(query, name)] for name in FACETS}
        flags = {name: ["true"] if getattr(query, name) else [] for name in ("seats", "internal_first")}
        return {name for name, values in {**chosen, **flags}.items() if values and self.facet(name) not in values}


def some_row(random: Random) -> Row:
    """Return an opportunity in any state, many facts left out; equal instants are frequent."""

    def maybe(*values: Any) -> Any:
        return random.choice((None, *values))

    kind = random.choice(list(Kind))
    seats = random.randint(0, 3)
    return Row(
        opportunity_id=new_id(),
        kind=kind,
        format=random.choice(list(Format)) if kind is Kind.MENTORING else None,
        title=" ".join(random.sample(WORDS, random.randint(1, 3))),
        department=maybe("Live", "live", "Ton & Bild", "'; drop table x; --", " "),
        country=maybe("SE", "DE", "BR"),
        location=maybe("Malmö", "Malmo", "Malmö ", "São Paulo", "東京", "x" * 120),
        work_model=maybe(*WorkModel),
        state=random.choice(("open", "open", "open", "open", "draft", "filled", "closed")),
        seats=seats,
        seats_taken=random.randint(0, 3),
        hours_per_week=maybe(Decimal(2), Decimal("4.5"), Decimal(40)),
        opens_at=NOON - timedelta(days=random.randint(0, 12)) - timedelta(microseconds=random.randint(0, 1)),
        internal_until=maybe(NOON, NOON + timedelta(microseconds=1), NOON - timedelta(days=1)),
        closes_at=maybe(NOON, NOON + timedelta(microseconds=1), NOON + timedelta(days=9)),
        skill_words=" ".join(random.sample(WORDS, random.randint(0, 2))),
        skill=random.choice(("own:a", "own:b")),
    )


def some_query(random: Random, rows: Sequence[Row]) -> OpportunityQuery:
    """Return a question of a few filters, mostly of values that there are."""

    def some(name: str) -> Any:
        values = sorted({str(getattr(row, name)) for row in rows if getattr(row, name) is not None})
        return tuple(random.sample([*values, "ZZ"] if name == "country" else values, random.randint(1, 2)))

    asked: dict[str, Any] = {name: some(name) for name in FACETS if random.random() < 0.25}
    asked |= {name: True for name in ("seats", "internal_first") if random.random() < 0.2}
    if random.random() < 0.3:
        asked["q"] = " ".join(random.sample(WORDS, random.randint(1, 2)))
    if random.random() < 0.15:
        asked["skill"] = ("own:a",)
    if random.random() < 0.15:
        asked["hours_max"] = Decimal("4.5")
    if random.random() < 0.15:
        asked["since"] = random.randint(1, 10)
    return OpportunityQuery(**asked, order=random.choice((None, Order.NEWEST)))


@pytest.fixture
def rows(world: World) -> list[Row]:
    """Random opportunities, the same in each run."""
    random = Random(20261122)
    made = [some_row(random) for _ in range(ROWS)]
    values = [{name: getattr(row, name) for name in Row.__dataclass_fields__} | {"now": NOON} for row in made]
    with world.database.begin() as tx:
        tx.execute(_INSERT, values)
        tx.execute(_SKILL, values)
    return made


def ask(world: World, member: Member, query: OpportunityQuery, page: int = 1) -> Found:
    """Search."""
    with world.database.read() as tx:
        return search(tx, member.person_id, query, now=NOON, page=page)


def test_counts_totals_and_pages_are_those_of_counting_one_by_one(world: World, rows: list[Row]) -> None:
    """Whatever is asked and whichever kinds are open: nothing more, nothing less, each once and in order."""
    random = Random(7)
    everyone, piloting = world.member("Ada"), world.member("Bo")
    world.launch(Kind.JOB, "pilot", world.group("Pilots", piloting))
    world.launch(Kind.MENTORING, "off")
    open_to = {"Ada": [Kind.PROJECT], "Bo": [Kind.JOB, Kind.PROJECT]}
    seen = 0
    for number in range(QUESTIONS):
        query = some_query(random, rows) if number else OpportunityQuery()
        member = random.choice((everyone, piloting))
        kinds = open_to[member.account.name]
        asked = [row for row in rows if row.can_be_found(kinds) and row.is_asked(query)]
        fitting = [row for row in asked if not row.misses(query)]
        found = ask(world, member, query)
        assert found.total == len(fitting), query
        with world.database.read() as tx:
            assert total_of(tx, member.person_id, query, now=NOON) == len(fitting)
        expected: dict[str, dict[str, int]] = {}
        for name in (*FACETS, "seats", "internal_first"):
            counts = Counter(row.facet(name) for row in asked if row.misses(query) <= {name})
            del counts[None]
            if counts:
                expected[name] = dict(counts)  # type: ignore[arg-type]  # None is gone
        assert found.facets is not None
        assert found.facets.counts == expected, query
        skills = Counter(row.skill for row in fitting)
        assert {uri: many for uri, _, many in found.facets.skills} == skills
        pages = [found, *(ask(world, member, query, page) for page in range(2, found.pages + 1))]
        shown = [item.opportunity_id for page in pages for item in page.items]
        assert sorted(shown) == sorted(row.opportunity_id for row in fitting)
        if found.order is Order.NEWEST:
            newest = sorted(fitting, key=lambda row: (NOON - row.opens_at, row.opportunity_id))
            assert shown == [row.opportunity_id for row in newest]
        seen += bool(fitting)
    assert seen > QUESTIONS / 3, "most questions have an answer"


def test_a_changed_opportunity_is_counted_as_it_is_now(world: World, rows: list[Row]) -> None:
    """A seat that is taken and a department that is renamed show in the next answer."""
    member = world.member("Ada")
    chosen = next(row for row in rows if row.can_be_found(list(Kind)) and row.seats > row.seats_taken)
    before = ask(world, member, OpportunityQuery()).facets
    with world.database.begin() as tx:
        tx.execute(
            text("""
                update marketplace.opportunity set seats_taken = seats, department = 'New'
                 where opportunity_id = :id
            """),
            {"id": chosen.opportunity_id},
        )
    after = ask(world, member, OpportunityQuery()).facets
    assert before is not None
    assert after is not None
    assert after.counts["seats"]["true"] == before.counts["seats"]["true"] - 1
    assert after.counts["department"]["New"] == 1
    assert ask(world, member, OpportunityQuery(department=("New",))).total == 1


def test_order_by_relevance_is_that_of_the_ranking_function(world: World, rows: list[Row]) -> None:
    """The rank of each row is PostgreSQL's own where a word stands in title or skills."""
    member = world.member("Ada")
    query = OpportunityQuery(q="guitar mixer")
    with world.database.read() as tx:
        expected = list(
            tx.execute(
                text("""
                    select o.opportunity_id
                      from marketplace.opportunity o, marketplace.words_asked(array['guitar', 'mixer']) as asked
                     where o.words @@ asked and o.state = 'open'
                       and (o.closes_at is null or o.closes_at > :now)
                     order by ts_rank('{0, 0, 0.4, 1}', o.heading, asked) desc, o.opens_at desc, o.opportunity_id
                """),
                {"now": NOON},
            ).scalars()
        )
    found = ask(world, member, query)
    pages = [found, *(ask(world, member, replace(query), page) for page in range(2, found.pages + 1))]
    assert [item.opportunity_id for page in pages for item in page.items] == expected
    assert len(expected) > 5


def test_values_that_share_a_bucket_are_counted_apart() -> None:
    """Hashes that end alike do not run together, and 0 is nobody's."""
    random = Random(3)
    values = np.array([random.randrange(9) << 40 | random.randrange(3) for _ in range(2_000)], np.int64)
    among = np.flatnonzero(np.arange(2_000) % 3 > 0)
    counted = {int(values[place]): many for place, many in facts._tally(values, among)}
    expected = Counter(values[among].tolist())
    del expected[0]
    assert counted == expected


@pytest.mark.parametrize("count", [1, 5, 40, 300, 10_000, None])
def test_first_of_many_are_those_of_sorting_all(count: int | None) -> None:
    """Cutting before sorting changes nothing, however many keys are equal."""
    random = Random(5)
    keys = [np.array([random.randrange(most) for _ in range(900)]) for most in (2, 7, 10**9)]
    among = np.flatnonzero(np.arange(900) % 5 > 0)
    expected = sorted(among.tolist(), key=lambda place: tuple(key[place] for key in keys))[:count]
    assert facts._smallest(keys, among, count).tolist() == expected
