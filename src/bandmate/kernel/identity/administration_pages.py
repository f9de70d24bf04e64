"""Pages for administrators: people's accounts, and the accounts of programs."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Path, Query, Request
from fastapi.routing import iter_route_contexts
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.audit import note
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, InvalidInput
from bandmate.kernel.identity.access import Administrator, Asker, Role, scopes_for
from bandmate.kernel.identity.acts import KEY_REVOKED
from bandmate.kernel.identity.administration import disable_account, enable_account, find_accounts, give_role
from bandmate.kernel.identity.forms import SEE_OTHER, Text, address_of, cautious, errors_of
from bandmate.kernel.identity.keys import PUBLIC_ID, keys_of, revoke_key
from bandmate.kernel.identity.persons import account_of
from bandmate.kernel.identity.role_names import role_names, scope_meanings
from bandmate.kernel.identity.service_accounts import (
    PREFIX,
    add_service_key,
    create_service_account,
    service_account,
    service_accounts,
)
from bandmate.kernel.ids import AccountId, PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing, clock_of
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import templates_of

ACCOUNTS, SERVICES = "/operator/accounts", "/operator/service-accounts"

Name = Annotated[str, Path(pattern="^[a-z][a-z0-9-]{1,39}$")]
KeyId = Annotated[str, Path(pattern=f"^{PUBLIC_ID}$")]
Days = Annotated[Literal["30", "90", "365"], Form()]

router = APIRouter(include_in_schema=False)


@router.get(ACCOUNTS)
def accounts_page(
    request: Request, asker: Administrator, tx: Reading, q: Annotated[str, Query(max_length=200)] = ""
) -> Response:
    """Find people's accounts."""
    return _accounts_page(request, asker, tx, words=q)


@router.post(f"{ACCOUNTS}/{{account_id}}/role")
def change_role(
    request: Request,
    asker: Administrator,
    tx: Writing,
    clock: ClockOf,
    account_id: UUID,
    role: Annotated[Role, Form()],
) -> Response:
    """Give an account another role."""
    owner = account_of(tx, AccountId(account_id))
    try:
        give_role(tx, owner.account_id, role, by=_by(asker), now=clock(), address=address_of(request))
    except Conflict as error:
        return _accounts_page(request, asker, tx, words=owner.email, error=error)
    told = _("{name} now has the role {role}.").format(name=owner.name, role=role_names()[role])
    return _done(ACCOUNTS, told)


@router.post(f"{ACCOUNTS}/{{account_id}}/disable")
def disable(request: Request, asker: Administrator, tx: Writing, clock: ClockOf, account_id: UUID) -> Response:
    """Disable an account, a person's or a program's."""
    owner = account_of(tx, AccountId(account_id))
    try:
        disable_account(tx, owner.account_id, by=_by(asker), now=clock(), address=address_of(request))
    except Conflict as error:
        return _accounts_page(request, asker, tx, words=owner.email, error=error)
    told = _("{name} is signed out everywhere and cannot sign in any more.").format(name=owner.name)
    return _done(_list_of(owner.email), told, undo=f"{ACCOUNTS}/{account_id}/enable")


@router.post(f"{ACCOUNTS}/{{account_id}}/enable")
def enable(request: Request, asker: Administrator, tx: Writing, clock: ClockOf, account_id: UUID) -> Response:
    """Enable an account again."""
    owner = account_of(tx, AccountId(account_id))
    enable_account(tx, owner.account_id, by=_by(asker), now=clock(), address=address_of(request))
    return _done(_list_of(owner.email), _("The account of {name} is enabled again.").format(name=owner.name))


@router.get(SERVICES)
def services_page(request: Request, asker: Administrator, tx: Reading) -> Response:
    """Show the accounts of programs."""
    return _services_page(request, asker, tx)


@router.post(SERVICES)
def add_service(
    request: Request,
    asker: Administrator,
    tx: Writing,
    clock: ClockOf,
    name: Text = "",
    purpose: Text = "",
    role: Annotated[Role, Form()] = Role.MEMBER,
) -> Response:
    """Create a service account."""
    label = name.strip().lower()
    try:
        with tx.begin_nested():
            create_service_account(
                tx, label, purpose=purpose, role=role, by=_by(asker), now=clock(), address=address_of(request)
            )
    except (InvalidInput, Conflict) as error:
        return _services_page(
            request, asker, tx, error=error, typed={"name": name, "purpose": purpose, "role": role}
        )
    return _done(f"{SERVICES}/{label}", _("The service account {name} is created.").format(name=label))


@router.get(f"{SERVICES}/{{name}}")
def service_page(request: Request, asker: Administrator, tx: Reading, name: Name) -> Response:
    """Show one service account with its keys."""
    return _service_page(request, asker, tx, name)


@router.post(f"{SERVICES}/{{name}}/keys")
def add_key(
    request: Request,
    asker: Administrator,
    tx: Writing,
    clock: ClockOf,
    name: Name,
    label: Text = "",
    scopes: Annotated[list[str] | None, Form()] = None,
    days: Days = "90",
) -> Response:
    """Create an API key of a service account and show it, this once."""
    now = clock()
    owner = service_account(tx, name, now=now)
    try:
        key = add_service_key(
            tx,
            owner,
            name=label,
            scopes=scopes or (),
            expires_at=now + timedelta(days=int(days)),
            by=_by(asker),
            now=now,
            address=address_of(request),
        )
    except (InvalidInput, Conflict) as error:
        return _service_page(request, asker, tx, name, error=error)
    return _service_page(request, asker, tx, name, new_key=key.text)


@router.post(f"{SERVICES}/{{name}}/keys/{{public_id}}/revoke")
def end_key(
    request: Request, asker: Administrator, tx: Writing, clock: ClockOf, name: Name, public_id: KeyId
) -> Response:
    """Revoke an API key of a service account."""
    now = clock()
    owner = service_account(tx, name, now=now)
    revoke_key(tx, public_id, account_id=owner.account_id, now=now)
    note(tx, by=_by(asker), action=KEY_REVOKED, subject=public_id, at=now, address=address_of(request))
    return _done(f"{SERVICES}/{name}", _("The API key {key} is revoked.").format(key=public_id))


def _accounts_page(
    request: Request, asker: Asker, tx: Tx, *, words: str, error: Conflict | None = None
) -> Response:
    return templates_of(request).render(
        request,
        "identity/accounts.html",
        status=error.status if error else HTTPStatus.OK.value,
        headers=cautious(error),
        found=find_accounts(tx, words),
        words=words,
        own=asker.account_id,
        role_names=role_names(),
        refusal=error.detail if error else None,
    )


def _services_page(
    request: Request,
    asker: Asker,  # noqa: ARG001 - every page of administrators takes who asks
    tx: Tx,
    *,
    error: InvalidInput | Conflict | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    return templates_of(request).render(
        request,
        "identity/service_accounts.html",
        status=error.status if error else HTTPStatus.OK.value,
        headers=cautious(error),
        services=service_accounts(tx, now=clock_of(request)()),
        prefix=PREFIX,
        role_names=role_names(),
        typed=typed or {"name": "", "purpose": "", "role": Role.MEMBER.value},
        errors=errors_of(error),
    )


def _service_page(
    request: Request,
    asker: Asker,
    tx: Tx,
    name: str,
    *,
    error: InvalidInput | Conflict | None = None,
    new_key: str | None = None,
) -> Response:
    now = clock_of(request)()
    service = service_account(tx, name, now=now)
    usable = scopes_for(service.role.included & asker.roles, iter_route_contexts(request.app.routes))
    return templates_of(request).render(
        request,
        "identity/service_account.html",
        status=error.status if error else HTTPStatus.OK.value,
        headers=cautious(error),
        service=service,
        service_name=name,
        keys=keys_of(tx, service.account_id),
        scopes=usable,
        scope_meanings=scope_meanings(),
        role_names=role_names(),
        errors=errors_of(error),
        new_key=new_key,
    )


def _list_of(handle: str) -> str:
    return f"{SERVICES}/{handle.removeprefix(PREFIX)}" if handle.startswith(PREFIX) else ACCOUNTS


def _done(where: str, told: str, *, undo: str | None = None) -> Response:
    response = RedirectResponse(where, SEE_OTHER)
    leave_notice(response, told, undo=undo)
    return response


def _by(asker: Asker) -> PersonId:
    assert asker.person_id is not None, "Administrator admits accounts only"  # noqa: S101 - what the statement ensures
    return asker.person_id
