"""The pages of one's own portfolio. They stay open to their person after leaving, as long as they can sign in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import BandmateError, Conflict, InvalidInput
from bandmate.kernel.identity.access import InPerson
from bandmate.kernel.identity.forms import SEE_OTHER
from bandmate.kernel.ids import PersonId, new_id
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages
from bandmate.marketplace.ids import ClaimId
from bandmate.marketplace.profiles.asking import FOLDER, PRIVATE, own
from bandmate.marketplace.profiles.domain import Visibility
from bandmate.marketplace.profiles.forms import Sent, Values, read_date
from bandmate.marketplace.profiles.naming import name_skills
from bandmate.marketplace.profiles.pages import vocabulary
from bandmate.marketplace.profiles.portfolio import claims, confirmations
from bandmate.marketplace.profiles.portfolio.domain import Claim, ClaimKind, ClaimText, Role
from bandmate.marketplace.profiles.portfolio.queries import claims_of, names_of
from bandmate.marketplace.profiles.queries import Colleague, colleagues_called, is_employee

PORTFOLIO = "/me/portfolio"

Text = Annotated[str, Form()]

EMPTY: Values = {
    "kind": "project",
    "title": "",
    "words": "",
    "organisation": "",
    "from_date": "",
    "to_date": "",
    "skills": "",
    "visibility": "me",
    "version": "",
}

router = APIRouter()


@router.get(PORTFOLIO)
def portfolio_page(request: Request, asker: InPerson, pages: Pages, tx: Reading) -> Response:
    """Show what the reader did, with who confirmed it."""
    person = own(asker)
    mine = claims_of(tx, [person])[person]
    confirmers = {one.by_person for each in mine for one in each.confirmations}
    return pages.render(
        request,
        f"{FOLDER}/portfolio.html",
        headers=PRIVATE,
        claims=mine,
        names=names_of(tx, list(confirmers)),
        works_here=is_employee(tx, person),
        **vocabulary(),
    )


@router.get(f"{PORTFOLIO}/new")
def new_page(request: Request, asker: InPerson, pages: Pages) -> Response:
    """Show the form of a new entry."""
    own(asker)
    return _form(request, pages, {**EMPTY, "key": str(new_id())})


@router.post(PORTFOLIO)
def add(request: Request, asker: InPerson, pages: Pages, tx: Writing, clock: ClockOf, sent: Sent) -> Response:
    """Add an entry; the same form sent twice adds one."""
    person = own(asker)
    try:
        said = _said(request, sent)
        claim_id = claims.claim_id_for(person, sent.get("key") or said.title)
        with tx.begin_nested():
            claims.add_claim(tx, person, claim_id, said, visibility=_visibility(sent), now=clock())
    except InvalidInput as error:
        return _form(request, pages, sent, error=error)
    return _back(_("“{title}” is in your portfolio.").format(title=said.title), claim_id)


@router.get(f"{PORTFOLIO}/{{claim_id}}")
def claim_page(request: Request, asker: InPerson, pages: Pages, tx: Reading, claim_id: UUID) -> Response:
    """Show the form of one entry, and who may be asked to confirm it."""
    found = claims.one(tx, own(asker), ClaimId(claim_id))
    return _form(request, pages, _values(found), tx=tx, found=found)


@router.post(f"{PORTFOLIO}/{{claim_id}}")
def change(
    request: Request, asker: InPerson, pages: Pages, tx: Writing, clock: ClockOf, claim_id: UUID, sent: Sent
) -> Response:
    """Change an entry; what was confirmed of its former words is lost, and said so."""
    person = own(asker)
    before = claims.one(tx, person, ClaimId(claim_id))
    try:
        said = _said(request, sent, before)
        with tx.begin_nested():
            after = claims.change_claim(
                tx,
                person,
                before.claim_id,
                said,
                visibility=_visibility(sent),
                version=_number(sent.get("version", "")),
                now=clock(),
            )
    except Conflict as error:
        return _form(request, pages, {**sent, "version": str(before.version)}, tx=tx, found=before, error=error)
    except InvalidInput as error:
        return _form(request, pages, sent, tx=tx, found=before, error=error)
    told = _("“{title}” is saved.").format(title=after.title)
    if len(after.confirmed) < len(before.confirmed):
        told += " " + _("What was confirmed of the former words does not count any more; you may ask again.")
    return _back(told, after.claim_id)


@router.post(f"{PORTFOLIO}/{{claim_id}}/remove")
def remove(asker: InPerson, tx: Writing, clock: ClockOf, claim_id: UUID) -> Response:
    """Remove an entry; it can be brought back for a day."""
    gone = claims.remove_claim(tx, own(asker), ClaimId(claim_id), now=clock())
    return _back(_("“{title}” was removed.").format(title=gone.title), undo=f"{PORTFOLIO}/{claim_id}/restore")


@router.post(f"{PORTFOLIO}/{{claim_id}}/restore")
def restore(asker: InPerson, tx: Writing, clock: ClockOf, claim_id: UUID) -> Response:
    """Bring a removed entry back."""
    back = claims.restore_claim(tx, own(asker), ClaimId(claim_id), now=clock())
    return _back(_("“{title}” is back.").format(title=back.title), back.claim_id)


@router.post(f"{PORTFOLIO}/{{claim_id}}/ask")
def ask(
    request: Request,
    asker: InPerson,
    pages: Pages,
    tx: Writing,
    clock: ClockOf,
    claim_id: UUID,
    colleague: Text = "",
    confirmer: Text = "",
    role: Text = "colleague",
) -> Response:
    """Ask a colleague to confirm an entry: by name or address, or picked from those who are called so."""
    person = own(asker)
    found = claims.one(tx, person, ClaimId(claim_id))
    typed = {**_values(found), "colleague": colleague, "role": role}
    choices: tuple[Colleague, ...] = ()
    try:
        chosen = _confirmer(confirmer)
        if chosen is None:
            choices = colleagues_called(tx, person, colleague) if is_employee(tx, person) else ()
            chosen = _only(choices, colleague)
        with tx.begin_nested():
            confirmations.ask(tx, person, found.claim_id, chosen, _role(role), now=clock())
    except (InvalidInput, Conflict) as error:
        return _form(request, pages, typed, tx=tx, found=found, error=error, colleagues=choices)
    name = names_of(tx, [chosen]).get(chosen, "")
    return _back(_("{name} is asked to confirm it, and gets a message.").format(name=name), found.claim_id)


@router.post(f"{PORTFOLIO}/{{claim_id}}/withdraw")
def withdraw(asker: InPerson, tx: Writing, claim_id: UUID, confirmer: Text = "") -> Response:
    """Take back a question that nobody answered yet."""
    chosen = _confirmer(confirmer)
    if chosen is None:
        raise InvalidInput(_("Choose whose confirmation you do not ask for any more."), field="confirmer")
    found = confirmations.withdraw(tx, own(asker), ClaimId(claim_id), chosen)
    return _back(_("The question was withdrawn."), found.claim_id)


def _form(
    request: Request,
    pages: Pages,
    values: Values,
    *,
    tx: Tx | None = None,
    found: Claim | None = None,
    error: BandmateError | None = None,
    colleagues: tuple[Colleague, ...] = (),
) -> Response:
    confirmers = [one.by_person for one in found.confirmations] if found else []
    errors = [] if error is None else [{"name": str(error.extra.get("field", "title")), "message": error.detail}]
    return pages.render(
        request,
        f"{FOLDER}/claim.html",
        status=200 if error is None else error.status,
        headers=PRIVATE,
        values={**EMPTY, "key": "", "colleague": "", "role": "colleague", **values},
        claim=found,
        names=names_of(tx, confirmers) if tx is not None else {},
        errors=errors,
        colleagues=colleagues,
        works_here=tx is not None and found is not None and is_employee(tx, found.person_id),
        **vocabulary(),
    )


def _values(found: Claim) -> dict[str, Any]:
    return {
        "kind": found.kind.value,
        "title": found.title,
        "words": found.words,
        "organisation": found.organisation,
        "from_date": found.from_date.isoformat() if found.from_date else "",
        "to_date": found.to_date.isoformat() if found.to_date else "",
        "skills": ", ".join(found.skills.values()),
        "visibility": found.visibility.value,
        "version": str(found.version),
    }


def _said(request: Request, sent: Values, before: Claim | None = None) -> ClaimText:
    settings: Settings = request.app.state.settings
    try:
        kind = ClaimKind(sent.get("kind", ""))
    except ValueError as error:
        raise InvalidInput(_("Choose what kind of thing it was."), field="kind") from error
    return ClaimText(
        kind=kind,
        title=sent.get("title", ""),
        words=sent.get("words", ""),
        organisation=sent.get("organisation", ""),
        from_date=read_date(sent.get("from_date", ""), "from_date"),
        to_date=read_date(sent.get("to_date", ""), "to_date"),
        opportunity_id=before.opportunity_id if before else None,
        skills=_skills(settings, sent.get("skills", ""), before),
    )


def _skills(settings: Settings, written: str, before: Claim | None) -> Mapping[str, str]:
    """Return the skills that words name; those that stood there already under their label stay what they are."""
    known = {label.casefold(): (uri, label) for uri, label in (before.skills if before else {}).items()}
    parts = [part.strip() for part in written.replace("\n", ",").split(",") if part.strip()]
    kept = dict(known[part.casefold()] for part in parts if part.casefold() in known)
    new = name_skills(settings, ",".join(part for part in parts if part.casefold() not in known))
    return kept | {each.uri: each.label for each in new}


def _visibility(sent: Values) -> Visibility:
    try:
        return Visibility(sent.get("visibility", "me"))
    except ValueError as error:
        raise InvalidInput(_("Choose who may see this."), field="visibility") from error


def _role(written: str) -> Role:
    try:
        return Role(written)
    except ValueError as error:
        raise InvalidInput(_("Choose what they were in it."), field="role") from error


def _confirmer(written: str) -> PersonId | None:
    try:
        return PersonId(UUID(written)) if written else None
    except ValueError as error:
        raise InvalidInput(_("Choose one of the colleagues."), field="colleague") from error


def _only(choices: tuple[Colleague, ...], words_: str) -> PersonId:
    if not words_.strip():
        raise InvalidInput(_("Write the name or the e-mail address of a colleague."), field="colleague")
    if not choices:
        raise InvalidInput(_("Nobody here has this name or address. Check how it is written."), field="colleague")
    if len(choices) > 1:
        raise InvalidInput(_("Several people are called so. Choose whom you mean."), field="colleague")
    return choices[0].person_id


def _number(written: str) -> int | None:
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else None  # noqa: PLR2004 - longer is none of ours


def _back(told: str, claim_id: ClaimId | None = None, undo: str | None = None) -> Response:
    response = RedirectResponse(f"{PORTFOLIO}#{claim_id}" if claim_id else PORTFOLIO, SEE_OTHER)
    leave_notice(response, told, undo=undo)
    return response
