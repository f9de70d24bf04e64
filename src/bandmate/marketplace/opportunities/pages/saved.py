"""The searches somebody keeps: the list, and the form that saves or changes one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import BandmateError, Conflict, InvalidInput
from bandmate.kernel.identity.access import InPerson
from bandmate.kernel.ids import PersonId, new_id
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages
from bandmate.marketplace.launches import visible_kinds
from bandmate.marketplace.opportunities import saved_searches as saving
from bandmate.marketplace.opportunities.pages.words import (
    PRIVATE,
    SEARCH,
    active_filters,
    address,
    sentence,
    skill_labels,
)
from bandmate.marketplace.opportunities.saved_searches import Alerts, SearchId
from bandmate.marketplace.opportunities.searching.query import OpportunityQuery, Order, parsed, read_query, written
from bandmate.marketplace.opportunities.searching.results import News, news_for
from bandmate.marketplace.people.asking import person_asking

SAVED = f"{SEARCH}/saved"

FREQUENCIES: Mapping[Alerts, str] = {
    Alerts.NEVER: later("Never, only keep the search"),
    Alerts.DAILY: later("Once a day, when something is new"),
    Alerts.WEEKLY: later("Once a week, when something is new"),
}
SHORT: Mapping[Alerts, str] = {
    Alerts.NEVER: later("No alert"),
    Alerts.DAILY: later("Daily"),
    Alerts.WEEKLY: later("Weekly"),
}

Text = Annotated[str, Form()]

router = APIRouter()


@router.get(SAVED)
def saved_page(request: Request, asker: InPerson, pages: Pages, tx: Reading, clock: ClockOf) -> Response:
    """List what the reader keeps, with how much of it is new to them."""
    person, now = person_asking(tx, asker), clock()
    searches = saving.all_of(tx, person)
    kinds = visible_kinds(tx, person)
    asked = [News(each.query or OpportunityQuery(), kinds, each.seen_at, now) for each in searches]
    news = news_for(tx, asked, now=now, most=1)
    settings = request.app.state.settings
    return pages.render(
        request,
        "marketplace_opportunities/saved.html",
        headers=PRIVATE,
        stopped=any(each.alerts is not Alerts.NEVER for each in searches)
        and not saving.alerts_allowed(tx, person, now),
        searches=[
            {
                "search": each,
                "asks": []
                if each.query is None
                else active_filters(each.query, skill_labels(settings, each.query)),
                "new": total,
                "alerts": _(SHORT[each.alerts]),
                "here": f"{SAVED}/{each.search_id}",
            }
            for each, (_items, total) in zip(searches, news, strict=True)
        ],
        most=saving.MOST_SEARCHES,
    )


@router.get(f"{SAVED}/new")
def new_page(request: Request, asker: InPerson, pages: Pages, tx: Reading, clock: ClockOf) -> Response:
    """Show the form that saves the search of this address."""
    person = person_asking(tx, asker)
    query = replace(read_query(request.query_params.multi_items()), order=None)
    name = sentence(query, skill_labels(request.app.state.settings, query))[: saving.LONGEST_NAME]
    values = {"name": name, "alerts": Alerts.DAILY.value, "key": str(new_id()), "query": written(query)}
    return _form(request, pages, tx, person, values, now=clock())


@router.get(f"{SAVED}/{{search_id}}/edit")
def edit_page(
    request: Request, asker: InPerson, pages: Pages, tx: Reading, clock: ClockOf, search_id: UUID
) -> Response:
    """Show the form that changes name and alert of a search."""
    person = person_asking(tx, asker)
    held = saving.one(tx, person, SearchId(search_id))
    values = {"name": held.name, "alerts": held.alerts.value, "query": written(held.query or OpportunityQuery())}
    return _form(request, pages, tx, person, values, now=clock(), held=held.search_id)


@router.post(SAVED)
@router.post(f"{SAVED}/{{search_id}}/edit")
def save_search(
    request: Request,
    asker: InPerson,
    pages: Pages,
    tx: Writing,
    clock: ClockOf,
    search_id: UUID | None = None,
    name: Text = "",
    query: Text = "",
    alerts: Text = "never",
    key: Text = "",
    allow: Text = "",
) -> Response:
    """Keep a search or change one; a form that cannot be used comes back."""
    person, now = person_asking(tx, asker), clock()
    values = {"name": name, "alerts": alerts, "key": key, "query": query}
    held = None if search_id is None else saving.one(tx, person, SearchId(search_id))
    asked = parsed(query) if held is None else held.query
    if asked is None:
        raise InvalidInput(_("This search cannot be read. Search anew and save that."))
    chosen = next((each for each in Alerts if each.value == alerts), Alerts.NEVER)
    try:
        with tx.begin_nested():
            saving.agree(tx, person, chosen, agreed=bool(allow), now=now)
            wanted = held.search_id if held else saving.search_id_under(person, key or query)
            saving.keep(tx, person, wanted, name=name, query=asked, alerts=chosen, now=now)
    except (InvalidInput, Conflict) as error:
        return _form(
            request, pages, tx, person, values, now=now, held=held.search_id if held else None, error=error
        )
    return _back(_("The search is saved."))


@router.post(f"{SAVED}/{{search_id}}/run")
def run_search(asker: InPerson, tx: Writing, clock: ClockOf, search_id: UUID) -> Response:
    """Show what fits, the newest first, and count news from now on."""
    person = person_asking(tx, asker)
    held = saving.one(tx, person, SearchId(search_id))
    saving.mark_seen(tx, person, held.search_id, now=clock())
    query = held.query or OpportunityQuery()
    return RedirectResponse(address(replace(query, order=Order.NEWEST)), HTTPStatus.SEE_OTHER)


@router.post(f"{SAVED}/{{search_id}}/delete")
def delete_search(asker: InPerson, tx: Writing, search_id: UUID) -> Response:
    """Delete a search."""
    held = saving.delete(tx, person_asking(tx, asker), SearchId(search_id))
    return _back(_("The search “{name}” was deleted.").format(name=held.name))


def _form(
    request: Request,
    pages: Pages,
    tx: Tx,
    person: PersonId,
    values: Mapping[str, str],
    *,
    now: datetime,
    held: SearchId | None = None,
    error: BandmateError | None = None,
) -> Response:
    query = parsed(values["query"]) or OpportunityQuery()
    field = "name" if error is None else str(error.extra.get("field", "name"))
    return pages.render(
        request,
        "marketplace_opportunities/saved_form.html",
        status=HTTPStatus.OK if error is None else error.status,
        headers=PRIVATE,
        values={"key": "", **values},
        asks=active_filters(query, skill_labels(request.app.state.settings, query)),
        search_href=address(query),
        target=SAVED if held is None else f"{SAVED}/{held}/edit",
        changing=held is not None,
        frequencies=[(each.value, _(words)) for each, words in FREQUENCIES.items()],
        allowed=saving.alerts_allowed(tx, person, now),
        purpose=saving.OPPORTUNITY_ALERTS,
        errors=() if error is None else ({"name": field, "message": error.detail},),
    )


def _back(said: str) -> Response:
    answer = RedirectResponse(SAVED, HTTPStatus.SEE_OTHER)
    leave_notice(answer, said)
    return answer
