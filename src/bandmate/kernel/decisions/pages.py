"""The pages of decisions: those about the reader, a single one, and the contests that wait for operators."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.decisions import cards as _cards  # noqa: F401 - it declares what Today shows
from bandmate.kernel.decisions import contests, ledger, overrides
from bandmate.kernel.decisions.api import PRIVATE, ObjectQuery, address_of
from bandmate.kernel.decisions.domain import Case, DecisionId, ObjectRef, Verdict
from bandmate.kernel.decisions.explaining import PAGES, explain, word
from bandmate.kernel.decisions.rules import rule_of
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.identity.access import Asker, InPerson, Operator
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages

TEMPLATES = Path(__file__).parent / "templates"
CONTESTS = "/operator/contests"
ON_A_PAGE = 20

Cursor = Annotated[str | None, Query()]
Field = Annotated[str, Form()]

router = APIRouter(include_in_schema=False)


@router.get(PAGES)
def own_decisions_page(
    request: Request, asker: InPerson, tx: Reading, pages: Pages, cursor: Cursor = None
) -> Response:
    """Show what was decided about the reader, the newest first."""
    assert asker.person_id is not None, "InPerson admits persons only"  # noqa: S101 - what the statement ensures
    page = ledger.decisions_about(tx, asker.person_id, asker=asker, limit=ON_A_PAGE, cursor=cursor)
    return pages.render(
        request,
        "decisions/decisions.html",
        headers=PRIVATE,
        decisions=[explain(case, asker.person_id) for case in page.items],
        total=page.total,
        next_href=f"{PAGES}?cursor={page.next_cursor}" if page.next_cursor else None,
        first_href=PAGES if cursor else None,
    )


@router.get(f"{PAGES}/{{decision_id}}")
def decision_page(
    request: Request, asker: InPerson, tx: Reading, pages: Pages, decision_id: UUID, object_: ObjectQuery = None
) -> Response:
    """Show one decision with all its reasons, and the forms for those who may act on it."""
    case = ledger.decision(tx, DecisionId(decision_id), asker=asker, about=_about(object_))
    return _show(request, pages, case, asker)


@router.post(f"{PAGES}/{{decision_id}}/contest")
def contest_form(
    request: Request,
    asker: InPerson,
    tx: Writing,
    pages: Pages,
    clock: ClockOf,
    decision_id: UUID,
    words: Field = "",
    object_: ObjectQuery = None,
) -> Response:
    """Take in why the person concerned thinks a decision is wrong."""
    chosen, about = DecisionId(decision_id), _about(object_)
    try:
        contests.contest(
            tx, chosen, asker=asker, words=words, now=clock(), about=about, address=address_of(request)
        )
    except InvalidInput as error:
        case = ledger.decision(tx, chosen, asker=asker, about=about)
        return _show(request, pages, case, asker, wrong=("contest", error.detail), kept={"words": words})
    told = _("You contested this decision. A person will read it and answer you here.")
    return _back(f"{PAGES}/{decision_id}", told)


@router.post(f"{PAGES}/{{decision_id}}/override")
def override_form(
    request: Request,
    asker: Operator,
    tx: Writing,
    pages: Pages,
    clock: ClockOf,
    decision_id: UUID,
    outcome: Field = "",
    reason: Field = "",
    object_: ObjectQuery = None,
) -> Response:
    """Take in another outcome and why."""
    chosen, about = DecisionId(decision_id), _about(object_)
    try:
        overrides.override(
            tx,
            chosen,
            asker=asker,
            outcome=outcome,
            reason=reason,
            now=clock(),
            about=about,
            address=address_of(request),
        )
    except InvalidInput as error:
        case = ledger.decision(tx, chosen, asker=asker, about=about)
        kept = {"outcome": outcome, "reason": reason}
        return _show(request, pages, case, asker, wrong=("override", error.detail), kept=kept)
    return _back(f"{PAGES}/{decision_id}", _("The other outcome is set, with your reason."))


@router.post(f"{PAGES}/{{decision_id}}/answer")
def answer_form(
    request: Request,
    asker: Operator,
    tx: Writing,
    pages: Pages,
    clock: ClockOf,
    decision_id: UUID,
    outcome: Field = "",
    words: Field = "",
) -> Response:
    """Take in the answer to a contest; no outcome means that the decision stands."""
    chosen = DecisionId(decision_id)
    try:
        contests.answer(
            tx,
            chosen,
            asker=asker,
            verdict=Verdict.CHANGED if outcome else Verdict.UPHELD,
            words=words,
            outcome=outcome or None,
            now=clock(),
            address=address_of(request),
        )
    except InvalidInput as error:
        case = ledger.decision(tx, chosen, asker=asker)
        kept = {"outcome": outcome, "words": words}
        return _show(request, pages, case, asker, wrong=("answer", error.detail), kept=kept)
    return _back(CONTESTS, _("Your answer is given; the person reads it beside the decision."))


@router.get(CONTESTS)
def contests_page(request: Request, asker: Operator, tx: Reading, pages: Pages) -> Response:
    """Show the decisions whose contest waits for an answer, the longest waiting first."""
    waiting = contests.open_contests(tx, asker=asker)
    return pages.render(
        request,
        "decisions/contests.html",
        headers=PRIVATE,
        waiting=[
            {
                "why": explain(case, asker.person_id),
                "contest": case.open_contest,
                "choices": _choices(case),
                "own": case.decision.subject == asker.person_id,
            }
            for case in waiting
        ],
    )


def _show(
    request: Request,
    pages: Pages,
    case: Case,
    asker: Asker,
    *,
    wrong: tuple[str, str] | None = None,
    kept: dict[str, str] | None = None,
) -> Response:
    """Render a decision's page; ``wrong`` names the form that was refused and says why, ``kept`` its fields."""
    own = asker.person_id is not None and case.decision.subject == asker.person_id
    judges = ledger.reads_all(asker) and not own and case.erased_at is None
    query = "" if case.stored else f"?{explain(case).href.partition('?')[2]}"
    return pages.render(
        request,
        "decisions/decision.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY.value if wrong else HTTPStatus.OK.value,
        headers=PRIVATE,
        why=explain(case, asker.person_id),
        can_contest=own and case.open_contest is None,
        can_answer=judges and case.open_contest is not None,
        can_override=judges and case.open_contest is None,
        choices=_choices(case),
        query=query,
        wrong=wrong,
        kept=kept or {},
    )


def _choices(case: Case) -> Sequence[tuple[str, str]]:
    """Return the outcomes a human may choose instead of the present one, with their words."""
    rule = rule_of(case.decision.rule, case.decision.rule_version)
    outcomes = rule.outcomes if rule else ()
    return [(outcome, word(rule, outcome)) for outcome in outcomes if outcome != case.outcome]


def _about(written: str | None) -> ObjectRef | None:
    return ObjectRef.parse(written) if written is not None else None


def _back(where: str, told: str) -> Response:
    response = RedirectResponse(where, HTTPStatus.SEE_OTHER.value)
    leave_notice(response, told)
    return response
