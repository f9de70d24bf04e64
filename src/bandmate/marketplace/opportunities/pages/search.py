"""The search over everything that is open to the reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from starlette.responses import Response

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.identity import SignedIn
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.dependencies import ClockOf, DatabaseOf, Reading
from bandmate.kernel.web.templating import Pages
from bandmate.marketplace.launches import visible_kinds
from bandmate.marketplace.launches.queries import note_visit
from bandmate.marketplace.opportunities.pages.cards import cards_of
from bandmate.marketplace.opportunities.pages.words import (
    FACETS,
    ORDERS,
    PRIVATE,
    SEARCH,
    SINCE,
    Filter,
    active_filters,
    address,
    sentence,
    since_label,
    skill_labels,
    value_label,
)
from bandmate.marketplace.opportunities.searching.query import OpportunityQuery, Order, read_query, written
from bandmate.marketplace.opportunities.searching.ranking import is_offered
from bandmate.marketplace.opportunities.searching.results import Facets, search, total_of
from bandmate.marketplace.people.asking import person_asking

_DATA = frozenset({"department", "location", "skill"})
"""Facets whose labels are data, in nobody's language."""

router = APIRouter()


@router.get(SEARCH)
def search_page(
    request: Request, asker: SignedIn, pages: Pages, tx: Reading, database: DatabaseOf, clock: ClockOf
) -> Response:
    """Show what fits, with the filters and how much each of their choices would leave."""
    person, now = person_asking(tx, asker), clock()
    query, wrong = _query(request)
    found = search(tx, person, query, now=now, page=_page(request))
    kinds = visible_kinds(tx, person)
    note_visit(tx, database, person, kinds.intersection(query.kind) if query.kind else kinds, now=now)
    skills = dict(skill_labels(request.app.state.settings, query))
    if found.facets is not None:
        skills |= {uri: label for uri, label, _count in found.facets.skills}
    filters = active_filters(query, skills)
    return pages.render(
        request,
        "marketplace_opportunities/search.html",
        headers=PRIVATE,
        query=query,
        wrong=wrong,
        sentence=sentence(query, skills),
        search=query.q,
        found=found,
        nothing_open=not kinds,
        kinds=kinds,
        cards=cards_of(tx, person, found.items, now),
        facets=_facets(query, found.facets, skills),
        hours=None if query.hours_max is None else str(query.hours_max),
        filters=filters,
        clear_href=address(OpportunityQuery(order=query.order)) if len(filters) > 1 else None,
        way_out=None if found.total or not filters else _way_out(tx, person, filters, now),
        keep=[(name, value) for name, value in (("q", query.q), ("order", query.order or "")) if value],
        kept_filters=parse_qsl(written(replace(query, q=""))),
        orders=_orders(tx, person, query, found.order),
        since=[
            (_upfirst(since_label(days)), address(replace(query, since=days)), query.since == days)
            for days in SINCE
        ],
        since_all=(address(replace(query, since=None)), query.since is None),
        next_href=address(query, page=found.page + 1) if found.page < found.pages else None,
        first_href=address(query) if found.page > 1 else None,
        save_href=f"{SEARCH}/saved/new?{written(query)}",
        api_address=f"/marketplace/v1/opportunities?{written(query)}",
        offers=sorted(kinds),
    )


def _query(request: Request) -> tuple[OpportunityQuery, str]:
    """Return what is asked; what cannot be used is left aside and said."""
    pairs = [pair for pair in request.query_params.multi_items() if pair[0] != "page"]
    try:
        return read_query(pair for pair in pairs if pair[0] in OpportunityQuery.__slots__), ""
    except InvalidInput as error:
        usable = []
        for pair in pairs:
            try:
                read_query([pair])
            except InvalidInput:
                continue
            usable.append(pair)
        return read_query(usable), error.detail


def _page(request: Request) -> int:
    written_page = request.query_params.get("page", "1")
    return int(written_page) if written_page.isascii() and written_page.isdigit() and len(written_page) < 8 else 1  # noqa: PLR2004 - far beyond any page


def _orders(tx: Tx, person: PersonId, query: OpportunityQuery, used: Order) -> Sequence[tuple[str, str, bool]]:
    offered = [Order.NEWEST]
    if query.q:
        offered.insert(0, Order.RELEVANCE)
    if is_offered(tx, person):
        offered.append(Order.FOR_YOU)
    return [(_(ORDERS[each]), address(replace(query, order=each)), each is used) for each in offered]


def _facets(
    query: OpportunityQuery, facets: Facets | None, skills: Mapping[str, str]
) -> Sequence[tuple[str, str, Sequence[Mapping[str, object]]]]:
    if facets is None:
        return ()
    counts = {name: dict(values) for name, values in facets.counts.items()}
    counts["skill"] = {uri: count for uri, _label, count in facets.skills}
    shown = []
    for name, title in FACETS.items():
        chosen = [str(value) for value in getattr(query, name)]
        known = counts.get(name, {})
        values = {**{value: known.get(value, 0) for value in chosen}, **known}
        shown.append(
            (
                name,
                _(title),
                [
                    {
                        "value": value,
                        "label": value_label(name, value, skills),
                        "count": count,
                        "checked": value in chosen,
                        "verbatim": name in _DATA,
                    }
                    for value, count in values.items()
                ],
            )
        )
    return shown


def _way_out(tx: Tx, person: PersonId, filters: Sequence[Filter], now: datetime) -> Mapping[str, object] | None:
    """Return the filter without which most would fit; None where no single one stands in the way."""
    totals = [(total_of(tx, person, each.without, now=now), each) for each in filters]
    total, best = max(totals, key=lambda pair: pair[0])
    return {"total": total, "label": best.label, "href": best.href} if total else None


def _upfirst(text: str) -> str:
    return text[:1].upper() + text[1:]
