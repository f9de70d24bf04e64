"""What every SCIM request has in common: how its body is read, and how errors are told (RFC 7644, 3.1, 3.12)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Annotated, Any

import orjson
from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bandmate.kernel.errors import BandmateError, Conflict, InvalidInput, SignInRequired
from bandmate.kernel.web.accepting import PROBLEM_TYPE
from bandmate.marketplace.people.scim.errors import ScimError, error_body

BASE = "/scim/v2"
MEDIA_TYPE = "application/scim+json"
LARGEST_BODY = 8_000_000
"""Bytes: a group of fifty thousand members."""

_ACCEPTED = frozenset({"", MEDIA_TYPE, "application/json"})


def answer(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a document as an answer."""
    return Response(orjson.dumps(document), status, dict(headers or {}), MEDIA_TYPE)


def refusal(error: ScimError, headers: Mapping[str, str] | None = None) -> Response:
    """Return an error as an answer."""
    return answer(error_body(error.status, error.detail, error.scim_type), error.status, headers)


class ScimRoute(APIRoute):
    """A route that tells errors as SCIM does.

    Its functions open their transactions themselves: an error has ended them before it comes here.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request, or tells why not."""
        carry_out = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                return await carry_out(request)
            except ScimError as error:
                return refusal(error)
            except RequestValidationError:
                return refusal(ScimError(404, "There is nothing at this address; ids are UUIDs."))
            except BandmateError as error:
                return refusal(_as_scim(error), _SIGN_IN if isinstance(error, SignInRequired) else None)

        return handle


_SIGN_IN = {"WWW-Authenticate": 'Bearer realm="bandmate"'}


def _as_scim(error: BandmateError) -> ScimError:
    if isinstance(error, Conflict):
        return ScimError(409, error.detail, "uniqueness")
    if isinstance(error, InvalidInput):
        return ScimError(400, _with_field(error), "invalidValue")
    return ScimError(error.status, error.detail)


def _with_field(error: InvalidInput) -> str:
    field = error.extra.get("field")
    return f"{field}: {error.detail}" if field else error.detail


class ScimErrors:
    """ASGI middleware: what is refused below ``/scim/v2`` before a route is reached is told as SCIM does too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; write a problem document anew as an error of SCIM."""
        if scope["type"] != "http" or not scope["path"].startswith(BASE):
            await self.app(scope, receive, send)
            return
        held: list[Message] = []

        async def rewrite(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_problem(message):
                held.append(message)
            elif held:
                held.append(message)
                if not message.get("more_body", False):
                    await _send_anew(held, send)
            else:
                await send(message)

        await self.app(scope, receive, rewrite)


def _is_problem(message: Message) -> bool:
    return any(
        name.lower() == b"content-type" and value.startswith(PROBLEM_TYPE.encode())
        for name, value in message["headers"]
    )


async def _send_anew(held: list[Message], send: Send) -> None:
    problem = orjson.loads(b"".join(message.get("body", b"") for message in held[1:]))
    body = orjson.dumps(error_body(held[0]["status"], problem.get("detail", "")))
    replaced = {b"content-type": MEDIA_TYPE.encode(), b"content-length": str(len(body)).encode()}
    headers = [(name, replaced.get(name.lower(), value)) for name, value in held[0]["headers"]]
    await send({**held[0], "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _body(request: Request) -> object:
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in _ACCEPTED:
        raise ScimError(415, f"Send {MEDIA_TYPE}, not {kind[:60]}.")
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > LARGEST_BODY:
            raise ScimError(413, f"A request has at most {LARGEST_BODY} bytes.")
    try:
        return orjson.loads(received)
    except orjson.JSONDecodeError as error:
        raise ScimError(400, f"The body is no JSON: {error}.", "invalidSyntax") from error


Sent = Annotated[object, Depends(_body)]
"""The JSON of a request's body."""


def etags(request: Request, header: str) -> tuple[str, ...]:
    """Return the ETags of ``If-Match`` or ``If-None-Match``; none where the header is not sent."""
    return tuple(filter(None, (tag.strip() for tag in request.headers.get(header, "").split(","))))
