"""The addresses of the SCIM service provider (RFC 7644, section 3.2): thin."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity import Asker, Role, Scope, requires
from bandmate.kernel.web.dependencies import ClockOf, DatabaseOf
from bandmate.marketplace.people.scim import discovery, group_resources, users
from bandmate.marketplace.people.scim.answers import BASE, ScimRoute, Sent, answer, etags
from bandmate.marketplace.people.scim.errors import ScimError
from bandmate.marketplace.people.scim.listing import Listing, Part, Record, read_listing
from bandmate.marketplace.people.scim.schemas import GROUPS, USERS, ResourceType
from bandmate.marketplace.people.scim.shaping import Document
from bandmate.marketplace.people.scim.users import Asking

SCIM = Scope("scim")

Provisioner = Annotated[Asker, Depends(requires(role=Role.OPERATOR, scope=SCIM))]
"""The company's directory: an operator's or a service account's API key with the scope ``scim``."""

router = APIRouter(prefix=BASE, route_class=ScimRoute, include_in_schema=False)

_OK, _CREATED, _NO_CONTENT, _NOT_MODIFIED = (
    HTTPStatus.OK.value, HTTPStatus.CREATED.value, HTTPStatus.NO_CONTENT.value, HTTPStatus.NOT_MODIFIED.value,
)  # fmt: skip

Lister = Callable[[Tx, Listing, str], Part]


@router.get("/ServiceProviderConfig")
def service_provider_config(request: Request, asker: Provisioner) -> Response:  # noqa: ARG001 - who may call
    """Say what is supported."""
    return answer(discovery.service_provider_config(_base(request)))


@router.get("/ResourceTypes")
def resource_types(request: Request, asker: Provisioner) -> Response:  # noqa: ARG001 - who may call
    """List the types of resources."""
    _without_filter(request)
    return answer(discovery.resource_types(_base(request)))


@router.get("/ResourceTypes/{name}")
def resource_type(request: Request, asker: Provisioner, name: str) -> Response:  # noqa: ARG001 - who may call
    """Show one type of resources."""
    return answer(discovery.resource_type(_base(request), name))


@router.get("/Schemas")
def schemas(request: Request, asker: Provisioner) -> Response:  # noqa: ARG001 - who may call
    """List the schemas."""
    _without_filter(request)
    return answer(discovery.schemas(_base(request)))


@router.get("/Schemas/{urn}")
def schema(request: Request, asker: Provisioner, urn: str) -> Response:  # noqa: ARG001 - who may call
    """Show one schema."""
    return answer(discovery.schema(_base(request), urn))


@router.get("/Users")
def find_users(request: Request, asker: Provisioner, database: DatabaseOf) -> Response:  # noqa: ARG001 - who may call
    """List users."""
    with database.read() as tx:
        return _listed(request, tx, USERS, users.list_users, request.query_params)


@router.post("/Users/.search")
def search_users(
    request: Request,
    asker: Provisioner,  # noqa: ARG001 - who may call
    database: DatabaseOf,
    sent: Sent,
) -> Response:
    """List users by a query in the body, which no log of addresses keeps."""
    with database.read() as tx:
        return _listed(request, tx, USERS, users.list_users, _search_request(sent))


@router.post("/Users")
def create_user(
    request: Request, asker: Provisioner, database: DatabaseOf, clock: ClockOf, sent: Sent
) -> Response:
    """Enter a user."""
    projection = _listing(request, USERS).projection
    with database.begin() as tx:
        made = users.create_user(tx, sent, _asking(request, asker, clock), projection)
    return _one(request, USERS, made, _CREATED)


@router.get("/Users/{person_id}")
def read_user(
    request: Request,
    asker: Provisioner,  # noqa: ARG001 - who may call
    database: DatabaseOf,
    person_id: UUID,
) -> Response:
    """Show one user."""
    with database.read() as tx:
        return _one(
            request, USERS, users.read_user(tx, person_id, _base(request), _listing(request, USERS).projection)
        )


@router.put("/Users/{person_id}")
def replace_user(
    request: Request, asker: Provisioner, database: DatabaseOf, clock: ClockOf, person_id: UUID, sent: Sent
) -> Response:
    """Make a user what is sent."""
    projection, tags = _listing(request, USERS).projection, etags(request, "If-Match")
    with database.begin() as tx:
        done = users.replace_user(tx, person_id, sent, _asking(request, asker, clock), projection, if_match=tags)
    return _one(request, USERS, done)


@router.patch("/Users/{person_id}")
def patch_user(
    request: Request, asker: Provisioner, database: DatabaseOf, clock: ClockOf, person_id: UUID, sent: Sent
) -> Response:
    """Change a user."""
    projection, tags = _listing(request, USERS).projection, etags(request, "If-Match")
    with database.begin() as tx:
        done = users.patch_user(tx, person_id, sent, _asking(request, asker, clock), projection, if_match=tags)
    return _one(request, USERS, done)


@router.delete("/Users/{person_id}")
def delete_user(
    request: Request, asker: Provisioner, database: DatabaseOf, clock: ClockOf, person_id: UUID
) -> Response:
    """Take a user out of the directory."""
    with database.begin() as tx:
        users.delete_user(tx, person_id, _asking(request, asker, clock), if_match=etags(request, "If-Match"))
    return Response(status_code=_NO_CONTENT)


@router.get("/Groups")
def find_groups(request: Request, asker: Provisioner, database: DatabaseOf) -> Response:  # noqa: ARG001 - who may call
    """List groups."""
    with database.read() as tx:
        return _listed(request, tx, GROUPS, group_resources.list_groups, request.query_params)


@router.post("/Groups/.search")
def search_groups(
    request: Request,
    asker: Provisioner,  # noqa: ARG001 - who may call
    database: DatabaseOf,
    sent: Sent,
) -> Response:
    """List groups by a query in the body."""
    with database.read() as tx:
        return _listed(request, tx, GROUPS, group_resources.list_groups, _search_request(sent))


@router.post("/Groups")
def create_group(
    request: Request, asker: Provisioner, database: DatabaseOf, clock: ClockOf, sent: Sent
) -> Response:
    """Make a group."""
    projection = _listing(request, GROUPS).projection
    with database.begin() as tx:
        made = group_resources.make_group(tx, sent, _asking(request, asker, clock), projection)
    return _one(request, GROUPS, made, _CREATED)


@router.get("/Groups/{group_id}")
def read_group(
    request: Request,
    asker: Provisioner,  # noqa: ARG001 - who may call
    database: DatabaseOf,
    group_id: UUID,
) -> Response:
    """Show one group."""
    projection = _listing(request, GROUPS).projection
    with database.read() as tx:
        return _one(request, GROUPS, group_resources.read_group(tx, group_id, _base(request), projection))


@router.put("/Groups/{group_id}")
def replace_group(
    request: Request, asker: Provisioner, database: DatabaseOf, clock: ClockOf, group_id: UUID, sent: Sent
) -> Response:
    """Make a group what is sent."""
    projection, tags = _listing(request, GROUPS).projection, etags(request, "If-Match")
    with database.begin() as tx:
        done = group_resources.replace_group(
            tx, group_id, sent, _asking(request, asker, clock), projection, if_match=tags
        )
    return _one(request, GROUPS, done)


@router.patch("/Groups/{group_id}")
def patch_group(
    request: Request, asker: Provisioner, database: DatabaseOf, clock: ClockOf, group_id: UUID, sent: Sent
) -> Response:
    """Change a group."""
    projection, tags = _listing(request, GROUPS).projection, etags(request, "If-Match")
    with database.begin() as tx:
        done = group_resources.patch_group(
            tx, group_id, sent, _asking(request, asker, clock), projection, if_match=tags
        )
    return _one(request, GROUPS, done)


@router.delete("/Groups/{group_id}")
def delete_group(
    request: Request,
    asker: Provisioner,  # noqa: ARG001 - who may call
    database: DatabaseOf,
    group_id: UUID,
) -> Response:
    """Delete a group."""
    with database.begin() as tx:
        group_resources.delete_group(tx, group_id, if_match=etags(request, "If-Match"))
    return Response(status_code=_NO_CONTENT)


@router.get("/")
@router.get("")
def find_everything(request: Request, asker: Provisioner, database: DatabaseOf) -> Response:  # noqa: ARG001 - who may call
    """List users, then groups."""
    with database.read() as tx:
        return _everything(request, tx, request.query_params)


@router.post("/.search")
def search_everything(
    request: Request,
    asker: Provisioner,  # noqa: ARG001 - who may call
    database: DatabaseOf,
    sent: Sent,
) -> Response:
    """List users, then groups, by a query in the body."""
    with database.read() as tx:
        return _everything(request, tx, _search_request(sent))


@router.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def nothing_here(asker: Provisioner, rest: str) -> Response:  # noqa: ARG001 - who may call
    """Say that there is nothing, or that it is not supported."""
    first = rest.partition("/")[0]
    if first in {"Bulk", "Me"}:
        raise ScimError(501, f"/{first} is not supported; ServiceProviderConfig says what is.")
    if first in {"Users", "Groups", "Schemas", "ResourceTypes", "ServiceProviderConfig", ""}:
        raise ScimError(405, "This address does not take that method.")
    raise ScimError(404, "There is nothing at this address.")


def _base(request: Request) -> str:
    return str(request.app.state.settings.public_url).rstrip("/") + BASE


def _asking(request: Request, asker: Asker, clock: ClockOf) -> Asking:
    assert asker.person_id is not None, "an operator has an account"  # noqa: S101 - what Provisioner ensures
    return Asking(asker.person_id, clock(), _base(request))


def _listing(request: Request, resource: ResourceType) -> Listing:
    return read_listing(resource, request.query_params)


def _listed(
    request: Request, tx: Tx, resource: ResourceType, lister: Lister, asked: Mapping[str, Any]
) -> Response:
    listing = read_listing(resource, asked)
    return answer(lister(tx, listing, _base(request)).answer(listing))


def _everything(request: Request, tx: Tx, asked: Mapping[str, Any]) -> Response:
    """List both types one after the other; a type that has no such attribute has nothing that meets the filter."""
    both: tuple[tuple[ResourceType, Lister], ...] = (
        (USERS, users.list_users),
        (GROUPS, group_resources.list_groups),
    )
    listing = read_listing(USERS, asked)
    total, documents, errors = 0, list[Document](), list[ScimError]()
    for resource, lister in both:
        before = total
        start = max(1, listing.start_index - before)
        wanted = {**asked, "startIndex": start, "count": listing.count - len(documents)}
        try:
            part = lister(tx, read_listing(resource, _one_case(wanted)), _base(request))
        except ScimError as error:
            errors.append(error)
            continue
        total += part.total
        documents.extend(part.documents)
    if len(errors) == len(both):
        raise errors[0]
    return answer(Part(total, documents).answer(listing))


def _one_case(asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """Let what was added last count where a name is given in two cases."""
    return {key.lower(): value for key, value in asked.items()}


def _search_request(sent: object) -> Mapping[str, Any]:
    if not isinstance(sent, dict):
        raise ScimError(400, "A search sends a JSON object.", "invalidSyntax")
    return sent


def _without_filter(request: Request) -> None:
    """Refuse a filter over what describes the server (RFC 7644, section 4)."""
    if any(key.lower() == "filter" for key in request.query_params):
        raise ScimError(403, "This list takes no filter.")


def _one(request: Request, resource: ResourceType, record: Record, status: int = _OK) -> Response:
    """Answer with one resource, or with 304 where the client has this version."""
    location = f"{_base(request)}{resource.endpoint}/{record.document['id']}"
    headers = {"ETag": record.etag, "Location": location}
    known: Sequence[str] = etags(request, "If-None-Match")
    if request.method == "GET" and (record.etag in known or "*" in known):
        return Response(status_code=_NOT_MODIFIED, headers=headers)
    return answer(record.document, status, headers)
