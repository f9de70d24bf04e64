"""The API of rounds, for programme leads, and of one's own pairs: what the pages show, by the same functions."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from bandmate.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound
from bandmate.kernel.identity.access import SignedIn
from bandmate.kernel.ids import fast_derived_id, new_id
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.problems import problem_responses
from bandmate.kernel.web.validators import IdempotencyKey, IfMatch, tag_of, version_of
from bandmate.marketplace.ids import PairId, RoundId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches import lead_asking, visible_kinds
from bandmate.marketplace.people.asking import person_asking
from bandmate.marketplace.rounds import acts
from bandmate.marketplace.rounds.domain import Limits
from bandmate.marketplace.rounds.pairing import end_pair
from bandmate.marketplace.rounds.publishing import publish_round
from bandmate.marketplace.rounds.queries import (
    all_rounds,
    changes_since_preview,
    held_pair,
    held_round,
    pairs_of,
    round_pairs,
    round_waiting,
)
from bandmate.marketplace.rounds.schemas import (
    EndInput,
    LimitsData,
    MyPairs,
    PublishedData,
    RoundData,
    RoundExport,
    RoundInput,
    RoundList,
    RoundPairs,
    Suggestions,
    my_pair_json,
    pairs_json,
    published_json,
    round_json,
    suggestion_json,
    waiting_json,
)
from bandmate.marketplace.rounds.suggesting import suggestions

router = APIRouter(prefix="/marketplace/v1", tags=["Marketplace: mentoring rounds"])

_WRONG = problem_responses(Forbidden, NotFound, Conflict, InvalidInput)
_EVERYTHING = 1_000_000


@router.get("/rounds", operation_id="list_rounds", response_model=RoundList, responses=problem_responses(NotFound))
def list_rounds(asker: SignedIn, tx: Reading) -> dict[str, object]:
    """List the mentoring rounds; for programme leads."""
    lead_asking(tx, asker)
    return {"data": [round_json(each) for each in all_rounds(tx)]}


@router.post(
    "/rounds",
    operation_id="create_round",
    response_model=RoundData,
    status_code=HTTPStatus.CREATED.value,
    responses=problem_responses(NotFound, InvalidInput),
)
def create_round(
    asker: SignedIn, tx: Writing, clock: ClockOf, wanted: RoundInput, key: IdempotencyKey = None
) -> dict[str, object]:
    """Begin a round as a draft; for programme leads."""
    lead = lead_asking(tx, asker)
    round_id = RoundId(fast_derived_id("marketplace.round", str(lead), key) if key else new_id())
    return round_json(acts.create_round(tx, lead, round_id, wanted.name, wanted.format, now=clock()))


@router.get("/rounds/{round_id}", operation_id="read_round", response_model=RoundData, responses=_WRONG)
def read_round(asker: SignedIn, tx: Reading, response: Response, round_id: UUID) -> dict[str, object]:
    """Return a round with the figures of its last preview; for programme leads."""
    lead_asking(tx, asker)
    held = held_round(tx, RoundId(round_id))
    response.headers["ETag"] = tag_of(held.version)
    return {**round_json(held), "is_stale": bool(changes_since_preview(tx, held))}


@router.post("/rounds/{round_id}/open", operation_id="open_round", response_model=RoundData, responses=_WRONG)
def open_round(
    asker: SignedIn, tx: Writing, clock: ClockOf, round_id: UUID, if_match: IfMatch
) -> dict[str, object]:
    """Open a draft: it takes up wishes and offers; for programme leads."""
    lead_asking(tx, asker)
    return round_json(acts.open_round(tx, RoundId(round_id), version=version_of(if_match), now=clock()))


@router.put(
    "/rounds/{round_id}/limits", operation_id="set_round_limits", response_model=RoundData, responses=_WRONG
)
def set_limits(
    asker: SignedIn, tx: Writing, clock: ClockOf, round_id: UUID, wanted: LimitsData, if_match: IfMatch
) -> dict[str, object]:
    """Set what the round has to keep; a preview by other limits has to be worked out anew. For programme leads."""
    lead_asking(tx, asker)
    limits = Limits(wanted.across_departments, wanted.least_by_department)
    return round_json(acts.set_limits(tx, RoundId(round_id), limits, version=version_of(if_match), now=clock()))


@router.post(
    "/rounds/{round_id}/preview",
    operation_id="preview_round",
    response_model=RoundData,
    status_code=HTTPStatus.ACCEPTED.value,
    responses=_WRONG,
)
def preview_round(
    asker: SignedIn, tx: Writing, clock: ClockOf, response: Response, round_id: UUID, if_match: IfMatch
) -> dict[str, object]:
    """Have a preview worked out in the background: `is_computing` until it is there. For programme leads.

    `Location` is the round, which says how it comes along.
    """
    lead_asking(tx, asker)
    response.headers["Location"] = f"{router.prefix}/rounds/{round_id}"
    return round_json(acts.ask_preview(tx, RoundId(round_id), version=version_of(if_match), now=clock()))


@router.get(
    "/rounds/{round_id}/pairs", operation_id="list_round_pairs", response_model=RoundPairs, responses=_WRONG
)
def list_pairs(
    asker: SignedIn,
    tx: Reading,
    round_id: UUID,
    q: Annotated[str, Query(max_length=200, description="Words in a name or a department.")] = "",
    page: Annotated[int, Query(ge=1, le=100_000, description="Which page; 25 on each.")] = 1,
) -> dict[str, object]:
    """List the pairs of a round, proposed or published; for programme leads."""
    lead_asking(tx, asker)
    found = round_pairs(tx, held_round(tx, RoundId(round_id)).round_id, words=q, page=page)
    return {"data": pairs_json(found.rows), "total": found.total, "page": page, "pages": found.pages}


@router.get("/rounds/{round_id}/export", operation_id="export_round", response_model=RoundExport, responses=_WRONG)
def export_round(asker: SignedIn, tx: Reading, round_id: UUID) -> dict[str, object]:
    """Return a whole round with all pairs and the waiting list; for programme leads."""
    lead_asking(tx, asker)
    held = held_round(tx, RoundId(round_id))
    return {
        "round": round_json(held),
        "pairs": pairs_json(round_pairs(tx, held.round_id, size=_EVERYTHING).rows),
        "waiting": waiting_json(round_waiting(tx, held.round_id)),
    }


@router.post(
    "/rounds/{round_id}/publish",
    operation_id="publish_round",
    response_model=PublishedData,
    responses=_WRONG,
)
def publish(asker: SignedIn, tx: Writing, clock: ClockOf, round_id: UUID, if_match: IfMatch) -> dict[str, object]:
    """Publish a round, once: pairs are formed and everybody concerned is told. For programme leads."""
    lead = lead_asking(tx, asker)
    done = publish_round(tx, lead, RoundId(round_id), version=version_of(if_match), now=clock())
    return published_json(done)


@router.post("/rounds/{round_id}/close", operation_id="close_round", response_model=RoundData, responses=_WRONG)
def close_round(
    asker: SignedIn, tx: Writing, clock: ClockOf, round_id: UUID, if_match: IfMatch
) -> dict[str, object]:
    """Close a published round; for programme leads."""
    lead_asking(tx, asker)
    return round_json(acts.close_round(tx, RoundId(round_id), version=version_of(if_match), now=clock()))


@router.get(
    "/me/pairs", operation_id="list_own_pairs", response_model=MyPairs, responses=problem_responses(Forbidden)
)
def list_own_pairs(
    asker: SignedIn, tx: Reading, ended: Annotated[bool, Query(description="Also those that ended.")] = False
) -> dict[str, object]:
    """List your mentoring pairs, as mentee and as mentor."""
    person = person_asking(tx, asker)
    if Kind.MENTORING not in visible_kinds(tx, person):
        return {"data": []}
    return {"data": [my_pair_json(each) for each in pairs_of(tx, person, ended=ended)]}


@router.post("/me/pairs/{pair_id}/end", operation_id="end_own_pair", response_model=MyPairs, responses=_WRONG)
def end_own_pair(
    asker: SignedIn, tx: Writing, clock: ClockOf, pair_id: UUID, wanted: EndInput, if_match: IfMatch
) -> dict[str, object]:
    """End one of your pairs with a reason; the place is free again. Programme leads may end any."""
    person = person_asking(tx, asker)
    end_pair(
        tx,
        asker,
        held_pair(tx, PairId(pair_id)).pair_id,
        reason=wanted.reason,
        version=version_of(if_match),
        now=clock(),
        wish_again=wanted.wish_again,
    )
    return {"data": [my_pair_json(each) for each in pairs_of(tx, person, ended=True)]}


@router.get(
    "/me/suggested-mentors",
    operation_id="list_suggested_mentors",
    response_model=Suggestions,
    responses=problem_responses(Forbidden),
)
def list_suggested_mentors(asker: SignedIn, tx: Reading, clock: ClockOf) -> dict[str, object]:
    """List the mentors who would suit your open wishes best, with reasons; ask one of them on their offer."""
    found = suggestions(tx, person_asking(tx, asker), now=clock())
    return {"data": [suggestion_json(each) for each in found]}
