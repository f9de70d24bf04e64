"""Asking the database: what fits, how much of each facet, one page of it. One statement each."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches import visible_kinds
from bandmate.marketplace.opportunities.domain import Opportunity
from bandmate.marketplace.opportunities.queries import by_ids
from bandmate.marketplace.opportunities.searching.conditions import WORDS, Conditions, bit_of, conditions
from bandmate.marketplace.opportunities.searching.query import OpportunityQuery, Order
from bandmate.marketplace.opportunities.searching.ranking import for_you

A_PAGE = 20
MOST_COUNTED_FOR_SKILLS = 5_000
"""With more results the skills among them are not counted: they say little then, and cost much."""
MOST_SKILLS = 20
MOST_CHOICES = 100

_PARAMETER = re.compile(r"(?<!:):(\w+)")
_LISTED = "coalesce(o.listed_at, o.opens_at) > :after and coalesce(o.listed_at, o.opens_at) <= :until"
_NEWEST = "o.opens_at desc, o.opportunity_id"
# Weights of D, C, B, A: description and summary decide nothing, skills less than the title.
_RELEVANT = f"ts_rank('{{0, 0, 0.4, 1}}', o.heading, {WORDS}) desc, {_NEWEST}"

# Few combinations of the small facets, so they are counted together; mask: the filters a row does not meet.
_COUNTS = """
    with hit as (
        select {missed} as mask, o.kind, o.format, o.work_model, o.seats > o.seats_taken as seats,
               coalesce(o.internal_until > :now, false) as internal_first, o.department, o.country, o.location
          from marketplace.opportunity o where {base})
    select mask, kind, format, work_model, seats, internal_first, department, country, location,
           grouping(kind, department, location) as part, count(*) as many
      from hit
     group by grouping sets ((mask, kind, format, work_model, seats, internal_first), (mask, department),
                             (mask, country, location))
"""
_SMALL, _DEPARTMENT, _PLACE = 0b011, 0b101, 0b110

_SKILLS = """
    select s.skill_uri, min(s.label) as label, count(distinct s.opportunity_id) as many
      from marketplace.opportunity o join marketplace.opportunity_skill s using (opportunity_id)
     where {everything}
     group by s.skill_uri order by many desc, label limit :limit
"""


@dataclass(frozen=True, slots=True)
class Facets:
    """How many fit for each choice of each filter, the filter itself left aside."""

    counts: Mapping[str, Mapping[str, int]]
    """By facet and value; true-or-false facets count under ``true``."""
    skills: Sequence[tuple[str, str, int]]
    """URI, label and count of the skills met most often; empty where too much fits."""


@dataclass(frozen=True, slots=True)
class Found:
    """One page of what fits."""

    items: Sequence[Opportunity]
    total: int
    page: int
    pages: int
    order: Order
    """The order that was used: newest where the one asked for is not to be had."""
    facets: Facets | None


def search(
    tx: Tx,
    person_id: PersonId | None,
    query: OpportunityQuery,
    *,
    now: datetime,
    page: int = 1,
    facets: bool = True,
) -> Found:
    """Return a page of what fits and is open to who asks; the set is the same in every order."""
    kinds = visible_kinds(tx, person_id)
    asked = conditions(query, kinds, now)
    counted, total = _counts(tx, asked)
    pages = max(1, -(-total // A_PAGE))
    page = min(max(1, page), pages)
    order = query.chosen_order
    ids: list[UUID] | None = None
    if order is Order.FOR_YOU and person_id is not None:
        ids = for_you(tx, person_id, lambda: ids_fitting(tx, asked))
    if ids is None:
        order = Order.RELEVANCE if order is Order.RELEVANCE and asked.has_words else Order.NEWEST
        shown = _page(tx, asked, order, page)
    else:
        shown = ids[(page - 1) * A_PAGE : page * A_PAGE]
    known = by_ids(tx, shown)
    items = [known[OpportunityId(each)] for each in shown]
    found = Facets(counted, _skills(tx, asked, total)) if facets else None
    return Found(items, total, page, pages, order, found)


def total_of(tx: Tx, person_id: PersonId | None, query: OpportunityQuery, *, now: datetime) -> int:
    """Return how much fits and is open to who asks."""
    asked = conditions(query, visible_kinds(tx, person_id), now)
    statement = f"select count(*) from marketplace.opportunity o where {asked.everything}"  # noqa: S608 - our own conditions; values are bound
    return int(tx.execute(text(statement), asked.values).scalar_one())


def ids_fitting(tx: Tx, asked: Conditions) -> list[UUID]:
    """Return everything that fits, the newest first."""
    statement = (
        f"select o.opportunity_id from marketplace.opportunity o where {asked.everything} order by {_NEWEST}"  # noqa: S608 - our own conditions; values are bound
    )
    return list(tx.execute(text(statement), asked.values).scalars())


@dataclass(frozen=True, slots=True)
class News:
    """What somebody asks to be told of."""

    query: OpportunityQuery
    kinds: frozenset[Kind]
    """What is open to them."""
    after: datetime
    """Only what could be found after this instant,"""
    until: datetime
    """and up to this one."""


def news_for(tx: Tx, asked: Sequence[News], *, now: datetime, most: int) -> list[tuple[list[Opportunity], int]]:
    """Return for each question what is new, the newest first, at most ``most``, and how much there is."""
    if not asked:
        return []
    parts, values = [], dict[str, Any]()
    for place, each in enumerate(asked):
        condition = conditions(each.query, each.kinds, now)
        numbered = {**condition.values, "after": each.after, "until": each.until}
        values |= {f"{name}_{place}": value for name, value in numbered.items()}
        where = _PARAMETER.sub(rf":\1_{place}", f"{condition.everything} and {_LISTED}")
        parts.append(f"""
            (select {place} as place, o.opportunity_id, count(*) over () as total, o.opens_at
               from marketplace.opportunity o where {where} order by {_NEWEST} limit :most)
        """)  # noqa: S608 - our own conditions; values are bound
    rows = tx.execute(text(" union all ".join(parts)), {**values, "most": most}).all()
    known = by_ids(tx, list({row.opportunity_id for row in rows}))
    found: list[tuple[list[Opportunity], int]] = [([], 0) for _ in asked]
    for row in rows:
        items, _total = found[row.place]
        found[row.place] = ([*items, known[row.opportunity_id]], row.total)
    return found


def _page(tx: Tx, asked: Conditions, order: Order, page: int) -> list[UUID]:
    by = _RELEVANT if order is Order.RELEVANCE else _NEWEST
    statement = f"""
        select o.opportunity_id from marketplace.opportunity o
         where {asked.everything} order by {by} limit :limit offset :offset
    """  # noqa: S608 - our own conditions; values are bound
    values = {**asked.values, "limit": A_PAGE, "offset": (page - 1) * A_PAGE}
    return list(tx.execute(text(statement), values).scalars())


def _counts(tx: Tx, asked: Conditions) -> tuple[Mapping[str, Mapping[str, int]], int]:
    rows = tx.execute(text(_COUNTS.format(missed=asked.missed, base=asked.base)), asked.values)
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    total = 0
    for row in rows:
        if row.part == _SMALL:
            total += row.many if row.mask == 0 else 0
            values = {
                "kind": row.kind,
                "format": row.format,
                "work_model": row.work_model,
                "seats": "true" if row.seats else None,
                "internal_first": "true" if row.internal_first else None,
            }
        elif row.part == _DEPARTMENT:
            values = {"department": row.department}
        else:
            values = {"country": row.country, "location": row.location}
        for facet, value in values.items():
            if value is not None and not row.mask & ~bit_of(facet):
                counts[facet][value] += row.many
    return {facet: dict(values.most_common(MOST_CHOICES)) for facet, values in counts.items()}, total


def _skills(tx: Tx, asked: Conditions, total: int) -> Sequence[tuple[str, str, int]]:
    if not 0 < total <= MOST_COUNTED_FOR_SKILLS:
        return ()
    statement = text(_SKILLS.format(everything=asked.everything))
    rows: Sequence[Any] = tx.execute(statement, {**asked.values, "limit": MOST_SKILLS}).all()
    return tuple((row.skill_uri, row.label, row.many) for row in rows)
