"""Each request is answered in its reader's language: pages, and the errors of pages. Programs are told English.

The language is the one the person chose for their account, else the one the cookie ``lang`` holds, else what
``Accept-Language`` asks for (RFC 9110, 12.5.4; matched by RFC 4647 lookup), else English.
"""

from __future__ import annotations

from collections.abc import Iterator

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from bandmate.kernel.languages import (
    ENGLISH,
    available_languages,
    best_language,
    language,
    speaking,
    wanted_languages,
)
from bandmate.kernel.web.accepting import wants_document
from bandmate.kernel.web.reader import person_of

COOKIE = "lang"
"""Holds a BCP 47 tag; for readers without an account, and for tests."""


class ReaderLanguage:
    """ASGI middleware that speaks the reader's language while the request is answered.

    It stands twice in an application: outside of identity, so that a refused request is answered in the language
    of its headers, and inside, where the person and their choice are known.
    """

    def __init__(self, app: ASGIApp, *, pseudo: bool = False) -> None:
        """Prepare the choice of languages.

        Args:
            app: What answers.
            pseudo: Whether readers may ask for the made-up languages.
        """
        self.app = app
        self._offered = tuple(one.tag for one in available_languages(pseudo=pseudo))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request in its reader's language."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        request.state.language = self._language(request)
        with speaking(request.state.language):
            await self.app(scope, receive, send)

    def _language(self, request: Request) -> str:
        if wants_document(request):
            return ENGLISH
        return best_language(_wanted(request), self._offered) or ENGLISH


def language_of(request: Request) -> str:
    """Return the language in which this request is answered, where its middleware has been left already."""
    return str(getattr(request.state, "language", language()))


def _wanted(request: Request) -> Iterator[str]:
    chosen = getattr(person_of(request), "locale", None)
    if chosen:
        yield str(chosen)
    if kept := request.cookies.get(COOKIE, ""):
        yield kept
    yield from wanted_languages(request.headers.get("Accept-Language", ""))
