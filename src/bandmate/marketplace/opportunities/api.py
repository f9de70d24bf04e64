"""The API of opportunities, wishes and saved searches: everything that the pages show, by the same functions."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.identity.access import SignedIn
from bandmate.kernel.ids import new_id
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.problems import problem_responses
from bandmate.kernel.web.validators import IdempotencyKey, IfMatch, tag_of, version_of
from bandmate.marketplace.ids import OpportunityId, WishId
from bandmate.marketplace.opportunities import saved_searches as saving
from bandmate.marketplace.opportunities import wishes, writing
from bandmate.marketplace.opportunities.api_schemas import (
    OpportunityAnswer,
    OpportunityInput,
    OpportunityList,
    SavedSearchAnswer,
    SavedSearchInput,
    SavedSearchList,
    WishAnswer,
    WishInput,
    WishList,
    opportunity_json,
    saved_search_json,
    wish_json,
)
from bandmate.marketplace.opportunities.queries import opportunity, owned_by, wish, wishes_of
from bandmate.marketplace.opportunities.saved_searches import SearchId
from bandmate.marketplace.opportunities.searching.query import NAMES, read_query
from bandmate.marketplace.opportunities.searching.results import A_PAGE, search
from bandmate.marketplace.people.asking import person_asking

BASE = "/marketplace/v1"
router = APIRouter(prefix=BASE, tags=["Marketplace: opportunities"])


@router.get(
    "/opportunities",
    operation_id="find_opportunities",
    response_model=OpportunityList,
    responses=problem_responses(InvalidInput),
)
def find_opportunities(
    request: Request,
    asker: SignedIn,
    tx: Reading,
    clock: ClockOf,
    page: Annotated[int, Query(ge=1, le=1_000_000, description="Which page; 20 on each.")] = 1,
) -> dict[str, object]:
    """Find what is open to you. The parameters are those of the address of the page `/opportunities`.

    `q`, `kind`, `format`, `department`, `country`, `location`, `work_model`, `skill` (a URI), `hours_max`,
    `seats`, `internal_first`, `since` (days), `order` (`relevance`, `newest`, `for_you`); those that choose may be
    repeated.
    """
    person = person_asking(tx, asker)
    query = read_query(request.query_params.multi_items(), besides=("page",))
    found = search(tx, person, query, now=clock(), page=page)
    facets = found.facets
    return {
        "data": [opportunity_json(each, whole=False) for each in found.items],
        "meta": {
            "total": found.total,
            "page": found.page,
            "pages": found.pages,
            "page_size": A_PAGE,
            "order": found.order.value,
            "filters": list(NAMES),
        },
        "facets": {}
        if facets is None
        else {
            **{name: dict(values) for name, values in facets.counts.items()},
            "skill": {uri: count for uri, _label, count in facets.skills},
        },
    }


@router.get("/opportunities/mine", operation_id="list_own_opportunities", response_model=OpportunityList)
def list_own(asker: SignedIn, tx: Reading) -> dict[str, object]:
    """List what you offer, drafts first."""
    owned = owned_by(tx, person_asking(tx, asker))
    return {
        "data": [opportunity_json(each, whole=False) for each in owned],
        "meta": {
            "total": len(owned),
            "page": 1,
            "pages": 1,
            "page_size": max(1, len(owned)),
            "order": "newest",
            "filters": [],
        },
        "facets": {},
    }


@router.post(
    "/opportunities",
    operation_id="create_opportunity",
    response_model=OpportunityAnswer,
    status_code=HTTPStatus.CREATED.value,
)
def create_opportunity(
    request: Request,
    response: Response,
    asker: SignedIn,
    tx: Writing,
    clock: ClockOf,
    wanted: OpportunityInput,
    key: IdempotencyKey = None,
) -> dict[str, object]:
    """Keep a draft that only you see."""
    person = person_asking(tx, asker)
    terms = wanted.terms(request.app.state.settings)
    made = writing.create(tx, asker, writing.id_under(person, key or str(new_id())), terms, now=clock())
    _tagged(response, made.version)
    return {"data": opportunity_json(made)}


@router.get("/opportunities/{opportunity_id}", operation_id="get_opportunity", response_model=OpportunityAnswer)
def get_opportunity(response: Response, asker: SignedIn, tx: Reading, opportunity_id: UUID) -> dict[str, object]:
    """Return one opportunity; the ETag is its version."""
    person_asking(tx, asker)
    found = opportunity(tx, asker, OpportunityId(opportunity_id))
    _tagged(response, found.version)
    return {"data": opportunity_json(found)}


@router.put("/opportunities/{opportunity_id}", operation_id="change_opportunity", response_model=OpportunityAnswer)
def change_opportunity(
    request: Request,
    response: Response,
    asker: SignedIn,
    tx: Writing,
    clock: ClockOf,
    opportunity_id: UUID,
    wanted: OpportunityInput,
    if_match: IfMatch,
) -> dict[str, object]:
    """Change what you offer, in the version that you have read."""
    person_asking(tx, asker)
    terms = wanted.terms(request.app.state.settings)
    made = writing.change(
        tx, asker, OpportunityId(opportunity_id), terms, version=version_of(if_match), now=clock()
    )
    _tagged(response, made.version)
    return {"data": opportunity_json(made)}


@router.post(
    "/opportunities/{opportunity_id}/publish", operation_id="publish_opportunity", response_model=OpportunityAnswer
)
def publish_opportunity(
    response: Response, asker: SignedIn, tx: Writing, clock: ClockOf, opportunity_id: UUID, if_match: IfMatch
) -> dict[str, object]:
    """Open a draft, or what was closed, so that it can be found."""
    person_asking(tx, asker)
    made = writing.publish(tx, asker, OpportunityId(opportunity_id), version=version_of(if_match), now=clock())
    _tagged(response, made.version)
    return {"data": opportunity_json(made)}


@router.post(
    "/opportunities/{opportunity_id}/close", operation_id="close_opportunity", response_model=OpportunityAnswer
)
def close_opportunity(
    response: Response, asker: SignedIn, tx: Writing, clock: ClockOf, opportunity_id: UUID, if_match: IfMatch
) -> dict[str, object]:
    """Close what you offer; it can be opened again."""
    person_asking(tx, asker)
    made = writing.close(tx, asker, OpportunityId(opportunity_id), version=version_of(if_match), now=clock())
    _tagged(response, made.version)
    return {"data": opportunity_json(made)}


@router.get("/wishes", operation_id="list_wishes", response_model=WishList)
def list_wishes(asker: SignedIn, tx: Reading) -> dict[str, object]:
    """List your own wishes for a mentor."""
    return {"data": [wish_json(each) for each in wishes_of(tx, person_asking(tx, asker))]}


@router.post("/wishes", operation_id="make_wish", response_model=WishAnswer, status_code=HTTPStatus.CREATED.value)
def make_wish(
    request: Request,
    asker: SignedIn,
    tx: Writing,
    clock: ClockOf,
    wanted: WishInput,
    key: IdempotencyKey = None,
) -> dict[str, object]:
    """Wish for a mentor."""
    person = person_asking(tx, asker)
    wish_id = wishes.wish_id_under(person, key or str(new_id()))
    made = wishes.make_wish(tx, person, wish_id, wanted.terms(request.app.state.settings), now=clock())
    return {"data": wish_json(made)}


@router.put("/wishes/{wish_id}", operation_id="change_wish", response_model=WishAnswer)
def change_wish(
    request: Request,
    asker: SignedIn,
    tx: Writing,
    clock: ClockOf,
    wish_id: UUID,
    wanted: WishInput,
    if_match: IfMatch,
) -> dict[str, object]:
    """Change your wish, in the version that you have read."""
    person = person_asking(tx, asker)
    terms = wanted.terms(request.app.state.settings)
    made = wishes.change_wish(tx, person, WishId(wish_id), terms, version=version_of(if_match), now=clock())
    return {"data": wish_json(made)}


@router.delete("/wishes/{wish_id}", operation_id="withdraw_wish", response_model=WishAnswer)
def withdraw_wish(asker: SignedIn, tx: Writing, clock: ClockOf, wish_id: UUID) -> dict[str, object]:
    """Withdraw your wish."""
    person = person_asking(tx, asker)
    wishes.withdraw_wish(tx, person, WishId(wish_id), now=clock())
    return {"data": wish_json(wish(tx, person, WishId(wish_id)))}


@router.get("/saved-searches", operation_id="list_opportunity_searches", response_model=SavedSearchList)
def list_searches(asker: SignedIn, tx: Reading) -> dict[str, object]:
    """List the searches you keep."""
    return {"data": [saved_search_json(each) for each in saving.all_of(tx, person_asking(tx, asker))]}


@router.post(
    "/saved-searches",
    operation_id="save_opportunity_search",
    response_model=SavedSearchAnswer,
    status_code=HTTPStatus.CREATED.value,
)
def save_search(
    asker: SignedIn, tx: Writing, clock: ClockOf, wanted: SavedSearchInput, key: IdempotencyKey = None
) -> dict[str, object]:
    """Keep a search; alerts need the consent “Opportunity alerts” beforehand."""
    person, now = person_asking(tx, asker), clock()
    saving.agree(tx, person, wanted.alerts, agreed=False, now=now)
    search_id = saving.search_id_under(person, key or str(new_id()))
    made = saving.keep(
        tx, person, search_id, name=wanted.name, query=wanted.asked(), alerts=wanted.alerts, now=now
    )
    return {"data": saved_search_json(made)}


@router.delete(
    "/saved-searches/{search_id}", operation_id="delete_opportunity_search", response_model=SavedSearchAnswer
)
def delete_search(asker: SignedIn, tx: Writing, search_id: UUID) -> dict[str, object]:
    """Delete a search you keep; the answer is what it was."""
    return {"data": saved_search_json(saving.delete(tx, person_asking(tx, asker), SearchId(search_id)))}


def _tagged(response: Response, version: int) -> None:
    response.headers["ETag"] = tag_of(version)
    response.headers["Cache-Control"] = "private, no-store"
