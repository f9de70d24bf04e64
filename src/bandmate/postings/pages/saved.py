"""The searches somebody keeps: the list, the form that saves one, and what can be done with each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import BandmateError, Conflict, InvalidInput, NotFound
from bandmate.kernel.identity import Asker
from bandmate.kernel.identity.access import InPerson
from bandmate.kernel.identity.preferences import preferences_of, zone_choices
from bandmate.kernel.ids import PersonId, new_id
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.reader import zone_of
from bandmate.kernel.web.templating import Pages
from bandmate.postings.asking import IndexOf
from bandmate.postings.job_query import JobQuery
from bandmate.postings.pages.slices import OPEN, Names, active_filters, address, sentence
from bandmate.postings.saved_searches import saving
from bandmate.postings.saved_searches.choosing import agree, alerts_allowed
from bandmate.postings.saved_searches.domain import (
    FORM,
    LONGEST_NAME,
    MOST_SEARCHES,
    Frequency,
    SavedSearch,
    Schedule,
    SearchId,
    known_zone,
    read_form,
    write_form,
)
from bandmate.postings.saved_searches.purpose import JOB_ALERTS
from bandmate.postings.saved_searches.queries import Fitting, fitting_now, new_since
from bandmate.postings.web_query import read_query

SAVED = "/saved"
PRIVATE = {"Cache-Control": "private, no-store"}

FREQUENCIES = {
    Frequency.NEVER: later("Never, only keep the search"),
    Frequency.AT_ONCE: later("At once, checked every few minutes"),
    Frequency.DAILY: later("Once a day"),
    Frequency.WEEKLY: later("Once a week"),
}
SHORT = {
    Frequency.NEVER: later("No alert"),
    Frequency.AT_ONCE: later("At once"),
    Frequency.DAILY: later("Daily"),
    Frequency.WEEKLY: later("Weekly"),
}
WEEKDAYS = (
    later("Monday"),
    later("Tuesday"),
    later("Wednesday"),
    later("Thursday"),
    later("Friday"),
    later("Saturday"),
    later("Sunday"),
)

Text = Annotated[str, Form()]

router = APIRouter()


@router.get(SAVED)
def saved_page(
    request: Request, asker: InPerson, pages: Pages, tx: Reading, index: IndexOf, clock: ClockOf
) -> Response:
    """List what the reader keeps, with what fits now and what is new to them."""
    person, now = _own(asker), clock()
    searches = saving.all_of(tx, person)
    counts = fitting_now(tx, index, searches, now=now)
    allowed = alerts_allowed(tx, person, now)
    names = _names(tx, searches)
    return pages.render(
        request,
        "postings/saved.html",
        headers=PRIVATE,
        searches=[_line(search, counts[search.search_id], names, allowed=allowed) for search in searches],
        most=MOST_SEARCHES,
        stopped=not allowed and any(search.due_at is not None for search in searches),
    )


@router.get(f"{SAVED}/new")
def new_page(request: Request, asker: InPerson, pages: Pages, tx: Reading, clock: ClockOf) -> Response:
    """Show the form that saves the search of this address."""
    query = read_query(request.query_params.multi_items(), default_status=OPEN)
    person = _own(asker)
    values = {
        "name": sentence(query, Names.of(tx, query))[:LONGEST_NAME],
        "frequency": Frequency.DAILY.value,
        "hour": "8",
        "weekday": "0",
        "time_zone": preferences_of(tx, person).time_zone or _reader_zone(request),
        "key": str(new_id()),
        "replaces": "",
    }
    return _form(request, pages, tx, person, query, values, now=clock())


@router.post(SAVED)
def save_search(
    request: Request,
    asker: InPerson,
    pages: Pages,
    tx: Writing,
    clock: ClockOf,
    query: Text = "",
    key: Text = "",
    name: Text = "",
    frequency: Text = "never",
    hour: Text = "8",
    weekday: Text = "0",
    time_zone: Text = "UTC",
    replaces: Text = "",
    allow: Text = "",
) -> Response:
    """Save a search, or put it in the place of one that is kept; a form that cannot be used comes back."""
    person, now, asked = _own(asker), clock(), _asked(query)
    values = {
        "name": name,
        "frequency": frequency,
        "hour": hour,
        "weekday": weekday,
        "time_zone": time_zone,
        "key": key,
        "replaces": replaces,
    }
    try:
        wish = saving.Wish(name, asked, _schedule(values))
        # Consent and search are kept together or not at all.
        with tx.begin_nested():
            agree(tx, person, wish.schedule, agreed_to=_version(allow), now=now)
            if replaces:
                kept = saving.change(tx, person, _id(replaces), wish, now=now)
            else:
                new = saving.search_id_for(person, key or write_form(asked))
                kept = saving.save(tx, person, new, wish, now=now)
    except (InvalidInput, Conflict) as error:
        return _form(request, pages, tx, person, asked, values, now=now, error=error)
    return _back(_("The search “{name}” is saved.").format(name=kept.name))


@router.get(f"{SAVED}/{{search_id}}/edit")
def edit_page(
    request: Request, asker: InPerson, pages: Pages, tx: Reading, clock: ClockOf, search_id: UUID
) -> Response:
    """Show the form that changes name and alert of a search."""
    person = _own(asker)
    kept = saving.one(tx, person, SearchId(search_id))
    schedule = kept.schedule
    values = {
        "name": kept.name,
        "frequency": schedule.frequency.value,
        "hour": str(schedule.hour),
        "weekday": str(schedule.weekday),
        "time_zone": schedule.time_zone,
    }
    return _form(request, pages, tx, person, _readable(kept), values, now=clock(), changing=kept)


@router.post(f"{SAVED}/{{search_id}}/edit")
def change_search(
    request: Request,
    asker: InPerson,
    pages: Pages,
    tx: Writing,
    clock: ClockOf,
    search_id: UUID,
    name: Text = "",
    frequency: Text = "never",
    hour: Text = "8",
    weekday: Text = "0",
    time_zone: Text = "UTC",
    allow: Text = "",
) -> Response:
    """Change name and alert of a search."""
    person, now = _own(asker), clock()
    kept = saving.one(tx, person, SearchId(search_id))
    values = {"name": name, "frequency": frequency, "hour": hour, "weekday": weekday, "time_zone": time_zone}
    try:
        wish = saving.Wish(name, _readable(kept), _schedule(values))
        with tx.begin_nested():
            agree(tx, person, wish.schedule, agreed_to=_version(allow), now=now)
            saving.change(tx, person, kept.search_id, wish, now=now)
    except (InvalidInput, Conflict) as error:
        return _form(request, pages, tx, person, _readable(kept), values, now=now, changing=kept, error=error)
    return _back(_("The search “{name}” is changed.").format(name=wish.name))


@router.post(f"{SAVED}/{{search_id}}/delete")
def delete_search(asker: InPerson, tx: Writing, clock: ClockOf, search_id: UUID) -> Response:
    """Delete a search; it can be brought back for a day."""
    saving.delete(tx, _own(asker), SearchId(search_id), now=clock())
    return _back(_("The search was deleted."), undo=f"{SAVED}/{search_id}/restore")


@router.post(f"{SAVED}/{{search_id}}/restore")
def restore_search(asker: InPerson, tx: Writing, search_id: UUID) -> Response:
    """Bring a deleted search back."""
    kept = saving.restore(tx, _own(asker), SearchId(search_id))
    return _back(_("The search “{name}” is back.").format(name=kept.name))


@router.post(f"{SAVED}/{{search_id}}/run")
def run_search(asker: InPerson, tx: Writing, clock: ClockOf, search_id: UUID) -> Response:
    """Go to what fits, and note that the owner has looked."""
    person = _own(asker)
    kept = saving.one(tx, person, SearchId(search_id))
    query = _readable(kept)
    saving.mark_seen(tx, person, kept.search_id, now=clock())
    return RedirectResponse(address(query), HTTPStatus.SEE_OTHER)


def _own(asker: Asker) -> PersonId:
    assert asker.person_id is not None, "InPerson admits persons only"  # noqa: S101 - what the statement ensures
    return asker.person_id


def _asked(written: str) -> JobQuery:
    query = read_form(FORM, written)
    if query is None:
        raise InvalidInput(_("The search in this form cannot be read. Open it anew from the search page."))
    return query


def _readable(kept: SavedSearch) -> JobQuery:
    if kept.query is None:
        raise Conflict(
            _("This search was saved by another release and cannot be read any more. Delete it and save it anew.")
        )
    return kept.query


def _id(written: str) -> SearchId:
    try:
        return SearchId(UUID(written))
    except ValueError as error:
        raise NotFound(_("You keep no such search; perhaps it was deleted.")) from error


def _schedule(values: Mapping[str, str]) -> Schedule:
    try:
        frequency, hour, weekday = Frequency(values["frequency"]), int(values["hour"]), int(values["weekday"])
    except ValueError as error:
        raise InvalidInput(_("Choose how often you want to hear of new jobs."), field="frequency") from error
    return Schedule(frequency, hour, weekday, values["time_zone"].strip() or "UTC")


def _version(allow: str) -> int | None:
    """Read the version of the wording that was ticked."""
    return int(allow) if allow.isascii() and allow.isdigit() and len(allow) < 10 else None  # noqa: PLR2004 - longer is none of ours


def _reader_zone(request: Request) -> str:
    zone = zone_of(request)
    return known_zone(zone.key) if isinstance(zone, ZoneInfo) else "UTC"


def _back(told: str, undo: str | None = None) -> Response:
    response = RedirectResponse(SAVED, HTTPStatus.SEE_OTHER)
    leave_notice(response, told, undo=undo)
    return response


def _names(tx: Tx, searches: Sequence[SavedSearch]) -> Names:
    """Look up the companies and boards of all searches at once."""
    queries = [search.query for search in searches if search.query is not None]
    orgs = {org_id for query in queries for org_id in query.org_id}
    boards = {board_id for query in queries for board_id in query.board_id}
    return Names.of(tx, JobQuery(org_id=tuple(orgs), board_id=tuple(boards)))


def _line(search: SavedSearch, counts: Fitting, names: Names, *, allowed: bool) -> dict[str, Any]:
    query = search.query
    newer = None if query is None else new_since(query, search.seen_at)
    asks = [] if query is None else [each.label for each in active_filters(query, names)]
    return {
        "id": search.search_id,
        "name": search.name,
        "here": f"{SAVED}/{search.search_id}",
        "readable": query is not None,
        "asks": asks,
        "all": counts.all,
        "new": counts.new,
        "new_href": None if newer is None else address(newer),
        "frequency": _(SHORT[search.schedule.frequency]),
        "alerts": search.due_at is not None and allowed,
        "stopped": search.due_at is not None and not allowed,
        "at_once": search.schedule.frequency is Frequency.AT_ONCE,
        "due_at": search.due_at,
        "told_at": search.told_at,
    }


def _form(
    request: Request,
    pages: Pages,
    tx: Tx,
    person: PersonId,
    query: JobQuery,
    values: Mapping[str, str],
    *,
    now: datetime,
    changing: SavedSearch | None = None,
    error: BandmateError | None = None,
) -> Response:
    names = Names.of(tx, query)
    errors = () if error is None else ({"name": str(error.extra.get("field", "name")), "message": error.detail},)
    return pages.render(
        request,
        "postings/saved_form.html",
        status=200 if error is None else error.status,
        headers=PRIVATE,
        values=values,
        errors=errors,
        asks=[each.label for each in active_filters(query, names)],
        what=sentence(query, names),
        search_href=address(query),
        query=write_form(query),
        target=f"{SAVED}/{changing.search_id}/edit" if changing else SAVED,
        changing=changing,
        others=[] if changing else [(str(each.search_id), each.name) for each in saving.all_of(tx, person)],
        frequencies=[(value.value, _(label)) for value, label in FREQUENCIES.items()],
        hours=[(str(hour), f"{hour:02}:00") for hour in range(24)],
        weekdays=[(str(number), _(label)) for number, label in enumerate(WEEKDAYS)],
        zones=zone_choices(),
        allowed=alerts_allowed(tx, person, now),
        purpose=JOB_ALERTS,
    )
