"""The API of saved searches: everybody's own, everything that the pages show."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, InvalidInput, NotFound
from bandmate.kernel.identity import Asker
from bandmate.kernel.identity.access import SignedIn
from bandmate.kernel.ids import PersonId, new_id
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.problems import problem_responses
from bandmate.kernel.web.validators import IdempotencyKey
from bandmate.postings.saved_searches import saving
from bandmate.postings.saved_searches.choosing import alerts_allowed
from bandmate.postings.saved_searches.domain import MOST_SEARCHES, Frequency, Schedule, SearchId
from bandmate.postings.saved_searches.queries import as_json
from bandmate.postings.web_query import read_query

router = APIRouter(prefix="/saved-searches/v1", tags=["Saved searches"])

LONGEST_QUERY = 8_000


class WantedSearch(BaseModel):
    """A search as it should be kept."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=200, description="How its owner calls it; up to 80 characters.")
    query: str = Field(
        max_length=LONGEST_QUERY,
        description="What it asks, as in the address of a search: `q=engineer&city=Berlin&status=active`.",
    )
    frequency: Frequency = Field(
        default=Frequency.NEVER,
        description="How often alerts come; anything but `never` needs the consent “Job alerts” beforehand.",
    )
    hour: int = Field(default=8, ge=0, le=23, description="When digests come, on the clock of the time zone.")
    weekday: int = Field(default=0, ge=0, le=6, description="When weekly digests come; 0 is Monday.")
    time_zone: str = Field(default="UTC", max_length=60, description="IANA name.")

    def wish(self) -> saving.Wish:
        """Return what is wanted; raises InvalidInput."""
        schedule = Schedule(self.frequency, self.hour, self.weekday, self.time_zone)
        return saving.Wish(self.name, read_query(parse_qsl(self.query.removeprefix("?")), besides=()), schedule)


class SavedSearchData(BaseModel):
    """A search that is kept."""

    search_id: UUID
    name: str
    query: str | None = Field(
        description="In its canonical form; null where this release cannot read it any more."
    )
    frequency: Frequency
    hour: int
    weekday: int
    time_zone: str
    created_at: datetime
    changed_at: datetime
    seen_at: datetime = Field(description="When its owner last looked at what fits.")
    next_digest_at: datetime | None
    last_digest_at: datetime | None


class SavedSearchesMeta(BaseModel):
    """What is said about all of them."""

    most: int = Field(description="How many one person may keep.")
    alerts_allowed: bool = Field(description="Whether the consent “Job alerts” stands; without it none are sent.")


class OneSavedSearch(BaseModel):
    """A saved search."""

    data: SavedSearchData


class SavedSearches(BaseModel):
    """All searches of the asker, by name."""

    data: list[SavedSearchData]
    meta: SavedSearchesMeta


@router.get("/searches", operation_id="list_saved_searches", response_model=SavedSearches)
def list_searches(asker: SignedIn, tx: Reading, clock: ClockOf) -> dict[str, object]:
    """List your saved searches."""
    person = _own(asker)
    return {
        "data": [as_json(each) for each in saving.all_of(tx, person)],
        "meta": {"most": MOST_SEARCHES, "alerts_allowed": alerts_allowed(tx, person, clock())},
    }


@router.post(
    "/searches",
    operation_id="save_search",
    response_model=OneSavedSearch,
    status_code=HTTPStatus.CREATED.value,
    responses=problem_responses(InvalidInput, Conflict),
)
def save_search(
    asker: SignedIn, tx: Writing, clock: ClockOf, wanted: WantedSearch, idempotency_key: IdempotencyKey = None
) -> dict[str, object]:
    """Save a search."""
    person, now = _own(asker), clock()
    wish = _permitted(tx, person, wanted, now)
    search_id = saving.search_id_for(person, f"api {idempotency_key}" if idempotency_key else str(new_id()))
    return {"data": as_json(saving.save(tx, person, search_id, wish, now=now))}


@router.get(
    "/searches/{search_id}",
    operation_id="get_saved_search",
    response_model=OneSavedSearch,
    responses=problem_responses(NotFound),
)
def get_search(asker: SignedIn, tx: Reading, search_id: UUID) -> dict[str, object]:
    """Return one of your saved searches."""
    return {"data": as_json(saving.one(tx, _own(asker), SearchId(search_id)))}


@router.put(
    "/searches/{search_id}",
    operation_id="change_saved_search",
    response_model=OneSavedSearch,
    responses=problem_responses(InvalidInput, NotFound, Conflict),
)
def change_search(
    asker: SignedIn, tx: Writing, clock: ClockOf, search_id: UUID, wanted: WantedSearch
) -> dict[str, object]:
    """Change a saved search as a whole. Another query counts news from now on."""
    person, now = _own(asker), clock()
    wish = _permitted(tx, person, wanted, now)
    return {"data": as_json(saving.change(tx, person, SearchId(search_id), wish, now=now))}


@router.delete(
    "/searches/{search_id}",
    operation_id="delete_saved_search",
    status_code=HTTPStatus.NO_CONTENT.value,
    response_class=Response,
    responses=problem_responses(NotFound),
)
def delete_search(asker: SignedIn, tx: Writing, clock: ClockOf, search_id: UUID) -> Response:
    """Delete a saved search; again, it stays deleted."""
    saving.delete(tx, _own(asker), SearchId(search_id), now=clock())
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _own(asker: Asker) -> PersonId:
    assert asker.person_id is not None, "SignedIn admits persons only"  # noqa: S101 - what the statement ensures
    return asker.person_id


def _permitted(tx: Tx, person: PersonId, wanted: WantedSearch, now: datetime) -> saving.Wish:
    """Read what is wanted; an alert needs that its owner allowed it in person, where the wording is shown."""
    wish = wanted.wish()
    if wish.schedule.frequency is not Frequency.NEVER and not alerts_allowed(tx, person, now):
        raise Conflict(
            "You have not allowed “Job alerts” by e-mail, so no alert can be switched on. Allow it on the page "
            "/consent, or save the search with the frequency never."
        )
    return wish
