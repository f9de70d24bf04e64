"""Errors as answers: problem documents for programs (RFC 9457), pages for people, a notice for htmx.

A program is told ``application/problem+json`` on API paths (``/job-postings/v1/…``) and wherever its ``Accept``
prefers JSON. Everyone else sees what happened, what was kept and what to do, with a code that support finds in the
logs. An htmx request that fails leaves the content in place and puts a notice above it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response

from bandmate.kernel.database.session import is_out_of_reach
from bandmate.kernel.errors import BandmateError, DatabaseUnavailable, InvalidInput, NotFound
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later, speaking
from bandmate.kernel.web.accepting import PROBLEM_TYPE, wants_document
from bandmate.kernel.web.problem_kinds import explain, kind_named, kind_of_status
from bandmate.kernel.web.reader import request_id_of
from bandmate.kernel.web.security import security_headers
from bandmate.kernel.web.speaking import language_of
from bandmate.kernel.web.templating import Templates

_UNEXPECTED = later("This failed because of a fault in our program. Nothing you did was wrong.")

_RETRY_SECONDS = 5
"""When to come back to a database that did not answer: processes find it again within seconds of its return."""

OnFault = Callable[[Request, Exception], None]

log = logging.getLogger(__name__)


class FieldProblem(BaseModel):
    """One value that cannot be used."""

    pointer: str = Field(description="JSON Pointer (RFC 6901): the part of the request, then the place in it.")
    message: str


class ProblemDocument(BaseModel):
    """An error as a program receives it (RFC 9457); some kinds have further members."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Stable name of the kind of problem, and the address of its explanation.")
    title: str
    status: int
    detail: str
    instance: str = Field(description="Path that was asked for.")
    request_id: str = Field(description="Code with which support finds this request in the logs.")
    errors: list[FieldProblem] | None = None


def problem_responses(*kinds: type[BandmateError]) -> dict[int | str, dict[str, Any]]:
    """Describe errors in OpenAPI: ``@router.get(…, responses=problem_responses(NotFound, InvalidInput))``."""
    titles: dict[int, list[str]] = {}
    for kind in kinds:
        titles.setdefault(kind.status, []).append(kind.title)
    schema = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    # FastAPI hoists no nested definitions from a raw schema, so the one there is is written in place.
    schema["properties"]["errors"]["anyOf"][0]["items"] = schema.pop("$defs")["FieldProblem"]
    return {
        status: {"description": "; ".join(dict.fromkeys(words)), "content": {PROBLEM_TYPE: {"schema": schema}}}
        for status, words in titles.items()
    }


def _explanation_page(templates: Templates, request: Request) -> Response:
    """Explain a kind of problem."""
    slug = request.path_params["slug"]
    kind = kind_named(slug)
    if kind is None:
        raise NotFound(_("There is no kind of problem called “{slug}”.").format(slug=slug))
    wider = kind.__mro__[1] if kind is not BandmateError and kind.__mro__[1] is not BandmateError else None
    return templates.render(
        request,
        "shell/problem_kind.html",
        kind=kind,
        title=_(kind.title),
        explanation=explain(kind),
        wider=wider,
    )


def install_error_pages(app: FastAPI, templates: Templates, *, on_fault: OnFault | None = None) -> None:
    """Answer every error of this application, and explain each kind at ``/problems/{slug}``.

    ``on_fault`` is told of every error of 500 and above; it must not raise.
    """

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, BandmateError)  # noqa: S101 - narrows what Starlette's signature leaves open
        _tell(on_fault, request, error, error.status)
        return _answer(templates, request, error, type(error), extra=error.extra)

    def out_of_reach(request: Request, error: Exception) -> Response:
        return _answer_without_database(templates, request, error)

    def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
        wrong = [_field_problem(item) for item in error.errors()]
        detail = "; ".join(f"{field['pointer'].replace('/', ' ').strip()}: {field['message']}" for field in wrong)
        return _answer(templates, request, InvalidInput(f"{detail}."), InvalidInput, extra={"errors": wrong})

    def plain(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - as above
        if error.status_code < HTTPStatus.BAD_REQUEST or error.status_code in {204, 304}:
            return Response(status_code=error.status_code, headers=error.headers)
        return _answer_http(templates, request, error)

    def unexpected(request: Request, error: Exception) -> Response:
        log.error("unexpected error in request %s", request_id_of(request), exc_info=error)
        _tell(on_fault, request, error, BandmateError.status)
        try:
            # Starlette answers these outside of all middleware, where nobody speaks the reader's language.
            with speaking(language_of(request)):
                response = _answer(templates, request, BandmateError(_(_UNEXPECTED)), BandmateError)
        except Exception:
            # The shell itself may be what is broken; the reader still gets the code.
            log.exception("the error page of request %s cannot be rendered", request_id_of(request))
            text = f"{BandmateError.title}. {_UNEXPECTED} Code for support: {request_id_of(request)}"
            response = PlainTextResponse(text, BandmateError.status)
        # For the same reason nobody else adds the security headers.
        response.headers.update(security_headers(request.scope))
        return response

    app.add_exception_handler(BandmateError, refused)
    app.add_exception_handler(SQLAlchemyError, out_of_reach)
    app.add_exception_handler(psycopg.Error, out_of_reach)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, plain)
    app.add_exception_handler(Exception, unexpected)
    app.add_route("/problems/{slug}", partial(_explanation_page, templates), include_in_schema=False)


def _tell(on_fault: OnFault | None, request: Request, error: Exception, status: int) -> None:
    if on_fault is not None and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        on_fault(request, error)


def _answer(
    templates: Templates,
    request: Request,
    error: BandmateError,
    kind: type[BandmateError],
    *,
    extra: Mapping[str, object] | None = None,
) -> Response:
    problem = _document(request, f"/problems/{kind.slug}", _(kind.title), kind.status, error.detail)
    headers = _headers(kind.status, extra or {})
    return _respond(templates, request, {**(extra or {}), **problem}, kind, headers)


def _answer_without_database(templates: Templates, request: Request, error: Exception) -> Response:
    """Answer 503 where the database cannot serve now; any other of its errors is a fault of ours and goes on."""
    if not is_out_of_reach(error):
        raise error
    log.warning("no database for request %s: %s", request_id_of(request), error)
    detail = _("The database does not answer at the moment, so this could neither be read nor saved.")
    extra = {"retry_after": _RETRY_SECONDS}
    return _answer(templates, request, DatabaseUnavailable(detail), DatabaseUnavailable, extra=extra)


def _answer_http(templates: Templates, request: Request, error: HTTPException) -> Response:
    """Answer an error of the framework: as our own kind of that status, else ``about:blank`` (RFC 9457, 4.2.1)."""
    status = error.status_code
    kind = kind_of_status(status)
    phrase = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Error"
    detail = error.detail if error.detail and error.detail != phrase else explain(kind).meaning
    problem = _document(
        request,
        f"/problems/{kind.slug}" if kind else "about:blank",
        _(kind.title) if kind else phrase,
        status,
        detail,
    )
    return _respond(templates, request, problem, kind, {**_headers(status, {}), **(error.headers or {})})


def _document(request: Request, kind: str, title: str, status: int, detail: str) -> dict[str, object]:
    return {
        "type": kind,
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
        "request_id": request_id_of(request),
    }


def _respond(
    templates: Templates,
    request: Request,
    problem: Mapping[str, object],
    kind: type[BandmateError] | None,
    headers: Mapping[str, str],
) -> Response:
    status = int(str(problem["status"]))
    if wants_document(request):
        # ASCII, so that a lone surrogate quoted from the request cannot break the answer.
        body = json.dumps(problem, default=str)
        return Response(body, status, {**headers, "Vary": "Accept"}, media_type=PROBLEM_TYPE)
    values = {"problem": problem, "explanation": explain(kind), "slug": kind.slug if kind else None}
    if request.headers.get("HX-Request") == "true" and request.headers.get("HX-Request-Type") != "full":
        headers = {**headers, "HX-Retarget": "#notices", "HX-Reswap": "innerHTML"}
        return templates.render(request, "shell/problem_notice.html", status=status, headers=headers, **values)
    return templates.render(request, "shell/problem.html", status=status, headers=headers, **values)


def _headers(status: int, extra: Mapping[str, object]) -> dict[str, str]:
    """Return what the status obliges us to say: how to sign in (RFC 9110, 15.5.2), when to come back (10.2.3)."""
    headers = {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="bandmate"'
    if "retry_after" in extra:
        headers["Retry-After"] = str(extra["retry_after"])
    return headers


def _field_problem(item: Mapping[str, Any]) -> dict[str, str]:
    """Turn pydantic's description of one wrong value into a pointer (``/query/limit``) and a sentence."""
    place: Sequence[object] = item.get("loc", ())
    pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in place)
    return {"pointer": pointer, "message": str(item.get("msg", "This value cannot be used"))}
