"""The search page: what fits, the filters that are set, and those that could be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from bandmate.engines.search import Index, IndexUnusable
from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity import Anyone
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.web.dependencies import ClockOf, Reading
from bandmate.kernel.web.reader import wanted_part
from bandmate.kernel.web.templating import Pages
from bandmate.postings.asking import IndexOf
from bandmate.postings.job_query import JobQuery, Sort
from bandmate.postings.pages.cards import card
from bandmate.postings.pages.feed import feed_address
from bandmate.postings.pages.slices import (
    OPEN,
    PATH,
    Filter,
    Names,
    active_filters,
    address,
    api_address,
    day_of,
    sentence,
    since,
)
from bandmate.postings.pages.words import CODED, FACETS, STATUSES
from bandmate.postings.queries import totals
from bandmate.postings.search import Answer, Facets, facets, search
from bandmate.postings.web_query import read_query, write_query

PAGE_SIZE = 25
SAVE_PATH = "/saved/new"
FACET_SIZE = 20

SORTS = {
    Sort.RELEVANCE: later("Best match"),
    Sort.POSTED: later("Newest"),
    Sort.CHANGED: later("Recently changed"),
    Sort.SALARY: later("Highest pay"),
}
RECENT = {later("Since yesterday"): 1, later("In the last 7 days"): 7, later("In the last 30 days"): 30}
CLOCKS = {
    "posted": later("Posted"),
    "updated": later("Updated by the board"),
    "changed": later("Changed in meaning"),
    "first_seen": later("First seen by us"),
}
_OF_THE_FORM = frozenset(
    {*FACETS, "title", "status", "salary_min", "salary_max", "salary_exists"}
    | {f"{clock}_{side}" for clock in CLOCKS for side in ("after", "before")}
)

router = APIRouter()


@router.get(PATH)
def search_page(
    request: Request,
    asker: Anyone,  # noqa: ARG001 - the statement who may call
    pages: Pages,
    tx: Reading,
    index: IndexOf,
    clock: ClockOf,
) -> Response:
    """Show the postings that fit the address; open ones unless it says otherwise."""
    query = read_query(request.query_params.multi_items(), default_status=OPEN)
    cursor = request.query_params.get("cursor") or None
    now = clock()
    found = _find(tx, index, query, cursor, now)
    names = Names.of(tx, query, found.counts)
    filters = active_filters(query, names)
    return pages.render(
        request,
        "postings/search.html",
        headers={"HX-Push-Url": address(query, **({"cursor": cursor} if cursor else {}))},
        search=query.q,
        query=query,
        sentence=sentence(query, names),
        answer=found.answer,
        cards=[card(record) for record in found.answer.records],
        wordless=found.wordless,
        filters=filters,
        way_out=_way_out(tx, index, filters, now) if not found.answer.total else None,
        nothing_known=not found.answer.total and totals(tx).known_jobs == 0,
        facets=_options(query, found.counts, names),
        statuses=[
            _option("status", value, _(label), None, value in query.status) for value, label in STATUSES.items()
        ],
        days={name: _day(query, name) for name in _bound_names()},
        clocks={clock: _(label) for clock, label in CLOCKS.items()},
        recent=_recent(query, now),
        sorts=_sorts(query),
        keep=_kept(query),
        next_href=address(query, cursor=found.answer.next_cursor) if found.answer.next_cursor else None,
        first_href=address(query) if cursor else None,
        everything_href=PATH,
        canonical=address(query),
        save_href=address(query).replace(PATH, SAVE_PATH, 1),
        feed_href=feed_address(query),
        api_address=api_address(query),
        is_part=wanted_part(request) is not None,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    answer: Answer
    counts: Facets
    wordless: bool = False
    """The index was not ready, so the words were left aside."""


def _find(tx: Tx, index: Index, query: JobQuery, cursor: str | None, now: datetime) -> _Found:
    """Search and count; without an index, by the filters alone."""
    try:
        return _Found(
            search(tx, index, query, now=now, limit=PAGE_SIZE, cursor=cursor),
            facets(tx, index, query, tuple(FACETS), now=now, size=FACET_SIZE, disjunctive=True),
        )
    except IndexUnusable:
        aside = replace(query, q="")
        return _Found(
            search(tx, index, aside, now=now, limit=PAGE_SIZE),
            facets(tx, index, aside, tuple(FACETS), now=now, size=FACET_SIZE, disjunctive=True),
            wordless=True,
        )


@dataclass(frozen=True, slots=True)
class _WayOut:
    """The one filter without which the most would be found."""

    label: str
    href: str
    total: int


def _way_out(tx: Tx, index: Index, filters: Sequence[Filter], now: datetime) -> _WayOut | None:
    ways = []
    for one in filters:
        try:
            total = search(tx, index, one.without, now=now, limit=1).total
        except IndexUnusable:
            continue
        if total:
            ways.append(_WayOut(one.label, one.href, total))
    return max(ways, key=lambda way: way.total, default=None)


def _option(field: str, value: str, label: str, count: int | None, checked: bool) -> dict[str, Any]:
    return {"value": value, "label": label, "count": count, "checked": checked, "verbatim": field not in CODED}


def _options(query: JobQuery, counts: Facets, names: Names) -> list[tuple[str, str, list[dict[str, Any]]]]:
    """Return each filter with its choices; one that is chosen is shown even where nothing fits it."""
    shown = []
    for name, title in FACETS.items():
        chosen = getattr(query, name)
        counted = {one.value: one.count for one in counts.get(name, ())}
        values = [*counted, *(value for value in chosen if value not in counted)]
        options = [
            _option(name, value, names.label(name, value), counted.get(value, 0), value in chosen)
            for value in values
        ]
        shown.append((name, _(title), options))
    return shown


def _recent(query: JobQuery, now: datetime) -> list[tuple[str, str, bool]]:
    """Return the shortcuts by day of publication as label, address and whether it is the present one."""
    return [
        (_(label), address(replace(query, posted_after=start)), query.posted_after == start)
        for label, start in ((label, since(now, days)) for label, days in RECENT.items())
    ]


def _sorts(query: JobQuery) -> list[tuple[str, str, bool]]:
    """Return the orders as label, address and whether it is the present one; best match needs words."""
    offered = [sort for sort in Sort if sort is not Sort.RELEVANCE or query.has_words]
    return [(_(SORTS[sort]), address(replace(query, sort=sort)), sort is query.order) for sort in offered]


def _bound_names() -> list[str]:
    return [f"{clock}_{side}" for clock in CLOCKS for side in ("after", "before")]


def _day(query: JobQuery, name: str) -> str:
    return day_of(getattr(query, name), name.rpartition("_")[2])


def _kept(query: JobQuery) -> list[tuple[str, str]]:
    """Return what the filter form has no field for and must carry on."""
    exact = {name for name in _bound_names() if getattr(query, name) is not None and not _day(query, name)}
    return [(name, value) for name, value in write_query(query) if name not in _OF_THE_FORM or name in exact]
