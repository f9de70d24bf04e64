"""The API of profiles and portfolios: everything that the pages do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound
from bandmate.kernel.identity.access import SignedIn
from bandmate.kernel.ids import PersonId, new_id
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.problems import problem_responses
from bandmate.kernel.web.validators import tag_of, version_of
from bandmate.marketplace.ids import ClaimId
from bandmate.marketplace.launches import visible_kinds
from bandmate.marketplace.profiles import skills
from bandmate.marketplace.profiles.asking import PRIVATE, employee, own
from bandmate.marketplace.profiles.domain import Profile, SkillState, TargetKind, Use
from bandmate.marketplace.profiles.naming import name_skill, name_skills
from bandmate.marketplace.profiles.portfolio import claims, confirmations
from bandmate.marketplace.profiles.portfolio.domain import Claim, ClaimText
from bandmate.marketplace.profiles.portfolio.queries import asked_of, claims_of, names_of
from bandmate.marketplace.profiles.queries import own_profile, own_skills, target_choices
from bandmate.marketplace.profiles.resume.writing import claim_json, json_resume, profile_json
from bandmate.marketplace.profiles.schemas import (
    Answer,
    Envelope,
    ProposalDecision,
    SkillKey,
    WantedClaim,
    WantedConfirmation,
    WantedProfile,
    WantedSkill,
    own_json,
)
from bandmate.marketplace.profiles.visibility import own_whole, visible_profile
from bandmate.marketplace.profiles.writing import save_whole

router = APIRouter(prefix="/marketplace/v1", tags=["Profiles"])

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=60,
        description="ETag of what you read; where it changed meanwhile, nothing is saved and the answer is 409.",
    ),
]
_FOUND = problem_responses(Forbidden, NotFound)
_CHANGED = problem_responses(Forbidden, NotFound, InvalidInput, Conflict)


@router.get("/me/profile", operation_id="get_my_profile", response_model=Envelope, responses=_FOUND)
def get_my_profile(asker: SignedIn, tx: Reading, response: Response) -> dict[str, Any]:
    """Return your whole profile, who may see each part, and the skills that are proposed to you."""
    return _mine(tx, employee(tx, asker), response)


@router.put("/me/profile", operation_id="put_my_profile", response_model=Envelope, responses=_CHANGED)
def put_my_profile(
    asker: SignedIn,
    tx: Writing,
    clock: ClockOf,
    response: Response,
    wanted: WantedProfile,
    if_match: IfMatch = None,
) -> dict[str, Any]:
    """Change your profile as a whole; skills and claims have addresses of their own."""
    person = employee(tx, asker)
    before = own_profile(tx, person)
    after = wanted.profile(before)
    _check_target(tx, person, before, after)
    save_whole(tx, after, version=_version(if_match), now=clock())
    return _mine(tx, person, response)


@router.post("/me/skills", operation_id="add_my_skill", response_model=Envelope, responses=_CHANGED)
def add_my_skill(
    request: Request, asker: SignedIn, tx: Writing, clock: ClockOf, response: Response, wanted: WantedSkill
) -> dict[str, Any]:
    """Add a skill in your own words; it is linked to the vocabulary where a concept is surely meant."""
    person = employee(tx, asker)
    named = name_skills(_settings(request), wanted.words)
    skills.add_skills(tx, person, named, wanted.use, level=wanted.level, now=clock())
    return _mine(tx, person, response)


@router.delete(
    "/me/skills",
    operation_id="remove_my_skill",
    status_code=HTTPStatus.NO_CONTENT.value,
    response_class=Response,
    responses=_FOUND,
)
def remove_my_skill(
    asker: SignedIn,
    tx: Writing,
    clock: ClockOf,
    uri: Annotated[str, Query(max_length=400)],
    use: Use = Use.HAS,
) -> Response:
    """Take a skill off your profile."""
    skills.remove_skill(tx, employee(tx, asker), uri, use, now=clock())
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/me/skills/restore", operation_id="restore_my_skill", response_model=Envelope, responses=_CHANGED)
def restore_my_skill(
    asker: SignedIn, tx: Writing, clock: ClockOf, response: Response, key: SkillKey
) -> dict[str, Any]:
    """Bring a removed skill back."""
    person = employee(tx, asker)
    skills.restore_skill(tx, person, key.uri, key.use, now=clock())
    return _mine(tx, person, response)


@router.post(
    "/me/skill-proposals", operation_id="decide_skill_proposals", response_model=Envelope, responses=_CHANGED
)
def decide_skill_proposals(
    asker: SignedIn, tx: Writing, clock: ClockOf, response: Response, decision: ProposalDecision
) -> dict[str, Any]:
    """Accept or decline proposed skills; what was declined does not come back from the same words."""
    person, now = employee(tx, asker), clock()
    skills.accept_proposals(tx, person, decision.accept, now=now)
    skills.decline_proposals(tx, person, decision.decline, now=now)
    return _mine(tx, person, response)


@router.get("/people/{person_id}", operation_id="get_profile", response_model=Envelope, responses=_FOUND)
def get_profile(asker: SignedIn, tx: Reading, response: Response, person_id: UUID) -> dict[str, Any]:
    """Return a colleague's profile, as you may see it; fields that you may not see are null."""
    seen = visible_profile(tx, employee(tx, asker), PersonId(person_id))
    response.headers.update(PRIVATE)
    return {"data": profile_json(seen) | {"claims": _claims(tx, seen.claims)}}


@router.get("/me/claims", operation_id="list_my_claims", response_model=Envelope)
def list_my_claims(asker: SignedIn, tx: Reading, response: Response) -> dict[str, Any]:
    """List your portfolio; also after leaving."""
    person = own(asker)
    response.headers.update(PRIVATE)
    return {"data": _claims(tx, claims_of(tx, [person])[person])}


@router.post(
    "/me/claims",
    operation_id="add_my_claim",
    response_model=Envelope,
    status_code=HTTPStatus.CREATED.value,
    responses=_CHANGED,
)
def add_my_claim(
    request: Request, asker: SignedIn, tx: Writing, clock: ClockOf, wanted: WantedClaim
) -> dict[str, Any]:
    """Add something to your portfolio."""
    person = own(asker)
    claim_id = claims.claim_id_for(person, str(new_id()))
    said = _said(request, wanted)
    made = claims.add_claim(tx, person, claim_id, said, visibility=wanted.visibility, now=clock())
    return {"data": claim_json(made, {})}


@router.put("/me/claims/{claim_id}", operation_id="change_my_claim", response_model=Envelope, responses=_CHANGED)
def change_my_claim(
    request: Request,
    asker: SignedIn,
    tx: Writing,
    clock: ClockOf,
    claim_id: UUID,
    wanted: WantedClaim,
    if_match: IfMatch = None,
) -> dict[str, Any]:
    """Change something in your portfolio; confirmations of the former words are lost."""
    person = own(asker)
    before = claims.one(tx, person, ClaimId(claim_id))
    changed = claims.change_claim(
        tx,
        person,
        before.claim_id,
        _said(request, wanted, before),
        visibility=wanted.visibility,
        version=_version(if_match),
        now=clock(),
    )
    return {"data": _claims(tx, [changed])[0]}


@router.delete(
    "/me/claims/{claim_id}",
    operation_id="remove_my_claim",
    status_code=HTTPStatus.NO_CONTENT.value,
    response_class=Response,
    responses=_FOUND,
)
def remove_my_claim(asker: SignedIn, tx: Writing, clock: ClockOf, claim_id: UUID) -> Response:
    """Remove something from your portfolio."""
    claims.remove_claim(tx, own(asker), ClaimId(claim_id), now=clock())
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post(
    "/me/claims/{claim_id}/confirmations",
    operation_id="ask_for_confirmation",
    response_model=Envelope,
    responses=_CHANGED,
)
def ask_for_confirmation(
    asker: SignedIn, tx: Writing, clock: ClockOf, claim_id: UUID, wanted: WantedConfirmation
) -> dict[str, Any]:
    """Ask a colleague to confirm something; they get a message."""
    person, who = employee(tx, asker), PersonId(wanted.confirmer)
    asked = confirmations.ask(tx, person, ClaimId(claim_id), who, wanted.role, now=clock())
    return {"data": _claims(tx, [asked])[0]}


@router.delete(
    "/me/claims/{claim_id}/confirmations/{confirmer}",
    operation_id="withdraw_question",
    status_code=HTTPStatus.NO_CONTENT.value,
    response_class=Response,
    responses=_FOUND,
)
def withdraw_question(asker: SignedIn, tx: Writing, claim_id: UUID, confirmer: UUID) -> Response:
    """Take back a question that nobody answered yet."""
    confirmations.withdraw(tx, own(asker), ClaimId(claim_id), PersonId(confirmer))
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get("/me/confirmations", operation_id="list_questions", response_model=Envelope, responses=_FOUND)
def list_questions(asker: SignedIn, tx: Reading, response: Response) -> dict[str, Any]:
    """List what colleagues ask you to confirm and you have not answered."""
    waiting = [each for each in asked_of(tx, employee(tx, asker)) if each.mine.answered_at is None]
    response.headers.update(PRIVATE)
    return {
        "data": [
            {"of": each.name, "role": each.mine.role.value, "claim": claim_json(_bare(each.claim), {})}
            for each in waiting
        ]
    }


@router.put(
    "/me/confirmations/{claim_id}",
    operation_id="answer_question",
    status_code=HTTPStatus.NO_CONTENT.value,
    response_class=Response,
    responses=_CHANGED,
)
def answer_question(asker: SignedIn, tx: Writing, clock: ClockOf, claim_id: UUID, answer: Answer) -> Response:
    """Confirm or decline what a colleague asks you to confirm."""
    confirmations.answer(
        tx,
        employee(tx, asker),
        ClaimId(claim_id),
        confirms=answer.confirms,
        words=answer.words,
        version=answer.version,
        now=clock(),
    )
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get("/me/resume", operation_id="get_my_resume")
def get_my_resume(asker: SignedIn, tx: Reading, clock: ClockOf, response: Response) -> dict[str, Any]:
    """Return your profile and portfolio as JSON Resume 1.0.0; also after leaving."""
    response.headers.update(PRIVATE)
    return json_resume(own_whole(tx, own(asker)), asker.name, None, clock())


def _mine(tx: Tx, person: PersonId, response: Response) -> dict[str, Any]:
    held = own_profile(tx, person)
    response.headers.update({**PRIVATE, "ETag": tag_of(held.version)})
    seen = profile_json(visible_profile(tx, person, person))
    return {"data": seen | own_json(held, own_skills(tx, person, state=SkillState.PROPOSED))}


def _claims(tx: Tx, found: Sequence[Claim]) -> list[dict[str, Any]]:
    names = names_of(tx, [one.by_person for each in found for one in each.confirmations])
    return [claim_json(each, names) for each in found]


def _bare(claim: Claim) -> Claim:
    """Return a claim without what others said about it: whoever is asked answers for themselves."""
    return replace(claim, confirmations=())


def _said(request: Request, wanted: WantedClaim, before: Claim | None = None) -> ClaimText:
    named = [name_skill(_settings(request), each) for each in wanted.skills if each.strip()]
    return ClaimText(
        kind=wanted.kind,
        title=wanted.title,
        words=wanted.words,
        organisation=wanted.organisation,
        from_date=wanted.from_date,
        to_date=wanted.to_date,
        opportunity_id=before.opportunity_id if before else None,
        skills={each.uri: each.label for each in named},
    )


def _check_target(tx: Tx, person: PersonId, before: Profile, after: Profile) -> None:
    """Refuse an opportunity that is not open to the person; what stood there before may stay."""
    target = after.target
    if target is None or target == before.target or target.kind is not TargetKind.OPPORTUNITY:
        return
    named = () if target.opportunity_id is None else (target.opportunity_id,)
    if target.opportunity_id not in target_choices(tx, person, visible_kinds(tx, person), named=named):
        raise InvalidInput("This opportunity is not open to you. Choose another target.", field="target")


def _version(if_match: str | None) -> int | None:
    """Return the version that an If-Match header names; None without one, or for ``*``."""
    if if_match is None or if_match.strip() == "*":
        return None
    return version_of(if_match)


def _settings(request: Request) -> Settings:
    found: Settings = request.app.state.settings
    return found
