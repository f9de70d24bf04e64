"""The API of applying: everything that the pages do, by the same functions."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Response

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound
from bandmate.kernel.identity import Asker
from bandmate.kernel.identity.access import SignedIn
from bandmate.kernel.ids import PersonId
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.problems import problem_responses
from bandmate.kernel.web.validators import tag_of
from bandmate.marketplace.applying import acting, answering
from bandmate.marketplace.applying.approving import answer_ask
from bandmate.marketplace.applying.figures import figures
from bandmate.marketplace.applying.finishing import finish
from bandmate.marketplace.applying.queries import applicants, application_seen, asks_of, own_applications, steps_of
from bandmate.marketplace.applying.schemas import (
    AnswersInput,
    ApplicationData,
    ApplicationInput,
    ApplicationList,
    AskData,
    AskList,
    CostData,
    FiguresData,
    FinishedData,
    FinishInput,
    ManagerAnswerInput,
    WordsInput,
    application_data,
    ask_data,
    cost_data,
    figures_data,
)
from bandmate.marketplace.applying.standing import cost_for
from bandmate.marketplace.ids import ApplicationId, OpportunityId
from bandmate.marketplace.opportunities.queries import opportunity as opportunity_seen
from bandmate.marketplace.people.asking import person_asking

router = APIRouter(prefix="/marketplace/v1", tags=["Marketplace: applications"])
PROBLEMS = problem_responses(NotFound, Forbidden, Conflict, InvalidInput)

ActName = Literal[
    "withdraw", "resume", "accept", "decline", "shortlist", "unlist", "offer", "take-back", "reconsider"
]


@router.get("/applications", operation_id="list_own_applications", responses=problem_responses(Forbidden))
def list_own(asker: SignedIn, tx: Reading, clock: ClockOf) -> ApplicationList:
    """List your applications, the last changed first."""
    found = own_applications(tx, person_asking(tx, asker))
    steps, now = steps_of(tx, [each.application.application_id for each in found]), clock()
    return ApplicationList(
        data=[application_data(each, steps[each.application.application_id], now) for each in found]
    )


@router.get("/applications/figures", operation_id="read_answer_figures", responses=problem_responses(NotFound))
def read_figures(asker: SignedIn, tx: Reading, clock: ClockOf) -> FiguresData:
    """Return how quickly people are answered, by owners and by managers; for programme leads."""
    return figures_data(figures(tx, asker, now=clock()))


@router.get("/applications/{application_id}", operation_id="read_application", responses=PROBLEMS)
def read_one(
    asker: SignedIn, tx: Reading, clock: ClockOf, application_id: UUID, response: Response
) -> ApplicationData:
    """Return an application of yours, or one that you answer."""
    found = _one(tx, asker, application_id, clock)
    response.headers["ETag"] = tag_of(found.version)
    return found


@router.post("/applications/{application_id}/{act}", operation_id="act_on_application", responses=PROBLEMS)
def act_on(
    asker: SignedIn,
    tx: Writing,
    clock: ClockOf,
    application_id: UUID,
    act: ActName,
    given: WordsInput | None = None,
) -> ApplicationData:
    """Take a step: the applicant withdraws, resumes, accepts, declines; the owner does the rest.

    `words` are read by the other side. `accept` needs them where the manager has a concern, `take-back` always.
    """
    wanted, now, words = ApplicationId(application_id), clock(), given.words if given else ""
    match act:
        case "withdraw":
            acting.withdraw(tx, asker, wanted, words=words, now=now)
        case "resume":
            acting.resume(tx, asker, wanted, now=now)
        case "accept":
            acting.accept(tx, asker, wanted, words=words, now=now)
        case "decline":
            acting.decline(tx, asker, wanted, words=words, now=now)
        case "shortlist" | "unlist":
            answering.shortlist(tx, asker, wanted, on=act == "shortlist", now=now)
        case "offer":
            answering.offer(tx, asker, wanted, words=words, now=now)
        case "take-back":
            answering.take_back(tx, asker, wanted, words=words, now=now)
        case "reconsider":
            answering.reconsider(tx, asker, wanted, now=now)
    return _one(tx, asker, application_id, clock)


@router.put("/opportunities/{opportunity_id}/application", operation_id="apply", responses=PROBLEMS)
def apply(
    asker: SignedIn, tx: Writing, clock: ClockOf, opportunity_id: UUID, given: ApplicationInput
) -> ApplicationData:
    """Show interest, apply, or change what you wrote. Sent again, it changes nothing."""
    wanted, now = OpportunityId(opportunity_id), clock()
    if given.interested_only:
        made = acting.show_interest(tx, asker, wanted, now=now)
    else:
        made = acting.apply(tx, asker, wanted, words=given.words, hours=given.hours_per_week, now=now)
    return _one(tx, asker, made.application_id, clock)


@router.get("/opportunities/{opportunity_id}/cost", operation_id="read_cost", responses=PROBLEMS)
def read_cost(asker: SignedIn, tx: Reading, clock: ClockOf, opportunity_id: UUID) -> CostData:
    """Return what an opportunity takes and gives you: hours you have left, skills of your target."""
    person_id = person_asking(tx, asker)
    found = opportunity_seen(tx, asker, OpportunityId(opportunity_id))
    return cost_data(cost_for(tx, person_id, found, now=clock()))


@router.get("/opportunities/{opportunity_id}/applications", operation_id="list_applicants", responses=PROBLEMS)
def list_applicants(asker: SignedIn, tx: Reading, clock: ClockOf, opportunity_id: UUID) -> ApplicationList:
    """List who applied for what you offer."""
    _opportunity, found = applicants(tx, asker, OpportunityId(opportunity_id))
    steps, now = steps_of(tx, [each.application.application_id for each in found]), clock()
    return ApplicationList(
        data=[application_data(each, steps[each.application.application_id], now) for each in found]
    )


@router.post("/opportunities/{opportunity_id}/answers", operation_id="answer_applicants", responses=PROBLEMS)
def answer_many(
    asker: SignedIn, tx: Writing, clock: ClockOf, opportunity_id: UUID, given: AnswersInput
) -> ApplicationList:
    """Answer one or many with a no and your words; all or none."""
    wanted = OpportunityId(opportunity_id)
    ids = {ApplicationId(each) for each in given.application_ids}
    answering.turn_down(tx, asker, wanted, list(ids), words=given.words, now=clock())
    _opportunity, found = applicants(tx, asker, wanted)
    steps, now = steps_of(tx, list(ids)), clock()
    answered = [each for each in found if each.application.application_id in ids]
    return ApplicationList(
        data=[application_data(each, steps[each.application.application_id], now) for each in answered]
    )


@router.post("/opportunities/{opportunity_id}/finish", operation_id="finish_project", responses=PROBLEMS)
def finish_project(
    asker: SignedIn, tx: Writing, clock: ClockOf, opportunity_id: UUID, given: FinishInput
) -> FinishedData:
    """Close your project; every member gets it into their portfolio, confirmed by you."""
    words = {PersonId(person): each for person, each in given.words.items()}
    members = finish(tx, asker, OpportunityId(opportunity_id), words, now=clock())
    return FinishedData(members=[member.person_id for member in members])


@router.put(
    "/opportunities/{opportunity_id}/invitations/{person_id}",
    operation_id="invite_to_look",
    status_code=204,
    responses=PROBLEMS,
)
def invite(asker: SignedIn, tx: Writing, clock: ClockOf, opportunity_id: UUID, person_id: UUID) -> None:
    """Invite somebody who allows being found to look. Again, it changes nothing."""
    answering.invite(tx, asker, OpportunityId(opportunity_id), PersonId(person_id), now=clock())


@router.get("/approvals", operation_id="list_approvals", responses=problem_responses(Forbidden))
def list_asks(asker: SignedIn, tx: Reading, clock: ClockOf) -> AskList:
    """List what you are asked as a manager, what waits first."""
    now = clock()
    return AskList(data=[ask_data(each, now) for each in asks_of(tx, person_asking(tx, asker))])


@router.put("/approvals/{application_id}", operation_id="answer_approval", responses=PROBLEMS)
def put_answer(
    asker: SignedIn, tx: Writing, clock: ClockOf, application_id: UUID, given: ManagerAnswerInput
) -> AskData:
    """Answer as a manager: `fine`, or `concern` with words. Again, it changes nothing."""
    now = clock()
    manager = person_asking(tx, asker)
    return ask_data(
        answer_ask(tx, manager, ApplicationId(application_id), given.answer, given.words, now=now), now
    )


def _one(tx: Tx, asker: Asker, application_id: UUID, clock: ClockOf) -> ApplicationData:
    found = application_seen(tx, asker, ApplicationId(application_id))
    steps = steps_of(tx, [found.application.application_id])[found.application.application_id]
    return application_data(found, steps, clock())
