"""Asking the database: what fits, how much of each facet, one page of it."""

from __future__ import annotations

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
from bandmate.marketplace.opportunities.searching.conditions import PARAMETER, conditions
from bandmate.marketplace.opportunities.searching.facts import Fitting, read_fitting
from bandmate.marketplace.opportunities.searching.query import OpportunityQuery, Order
from bandmate.marketplace.opportunities.searching.ranking import for_you

A_PAGE = 20
MOST_COUNTED_FOR_SKILLS = 5_000
"""With more results the skills among them are not counted: they say little then, and cost much."""
MOST_SKILLS = 20

_LISTED = "coalesce(o.listed_at, o.opens_at) > :after and coalesce(o.listed_at, o.opens_at) <= :until"
_NEWEST = "o.opens_at desc, o.opportunity_id"
_SKILLS = text("""
    select skill_uri, min(label) as label, count(distinct opportunity_id) as many
      from marketplace.opportunity_skill where opportunity_id = any(cast(:ids as uuid[]))
     group by skill_uri order by many desc, label, skill_uri limit :limit
""")


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
    asked = conditions(query, visible_kinds(tx, person_id), now)
    by_words = query.chosen_order is Order.RELEVANCE and asked.has_words
    fitting = read_fitting(tx, asked, now, by_words=by_words)
    total = fitting.total
    pages = max(1, -(-total // A_PAGE))
    page = min(max(1, page), pages)
    order = Order.RELEVANCE if by_words else Order.NEWEST
    ids: list[UUID] | None = None
    if query.chosen_order is Order.FOR_YOU and person_id is not None:
        ids = for_you(tx, person_id, fitting.in_order)
    start, stop = (page - 1) * A_PAGE, page * A_PAGE
    if ids is None:
        shown = fitting.in_order(start, stop)
    else:
        order, shown = Order.FOR_YOU, ids[start:stop]
    known = by_ids(tx, shown)
    items = [known[OpportunityId(each)] for each in shown]
    found = Facets(fitting.counts(tx), _skills(tx, fitting, total)) if facets else None
    return Found(items, total, page, pages, order, found)


def total_of(tx: Tx, person_id: PersonId | None, query: OpportunityQuery, *, now: datetime) -> int:
    """Return how much fits and is open to who asks."""
    return read_fitting(tx, conditions(query, visible_kinds(tx, person_id), now), now).total


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
        where = PARAMETER.sub(rf":\1_{place}", f"{condition.everything} and {_LISTED}")
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


def _skills(tx: Tx, fitting: Fitting, total: int) -> Sequence[tuple[str, str, int]]:
    if not 0 < total <= MOST_COUNTED_FOR_SKILLS:
        return ()
    rows: Sequence[Any] = tx.execute(_SKILLS, {"ids": fitting.written(), "limit": MOST_SKILLS}).all()
    return tuple((row.skill_uri, row.label, row.many) for row in rows)
