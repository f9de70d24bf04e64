"""Calls to the providers at which people sign in: confined like all calls outside, short, small, never repeated.

What ``kernel.outbound`` promises holds here too (checked and pinned addresses, no credentials in addresses, limits
on time and size, no memory). Two things differ, for a person waits: no redirect is followed and nothing is tried
again, since an authorization code works once (RFC 6749, section 4.1.2). As with ``BANDMATE_PROVIDER_URLS``, the
issuer's own host was chosen by the operator and may be private; other hosts that its documents name may not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx
import orjson

from bandmate.kernel.addresses import ConfinedTransport
from bandmate.kernel.config import Settings
from bandmate.kernel.errors import OutboundFailed, OutboundRefused
from bandmate.kernel.openid_settings import LOOPBACK
from bandmate.kernel.outbound import OutboundUnreachable, read_limited, user_agent

LONGEST_SECONDS = 5.0
"""Longest wait for one whole answer: somebody sits before the screen."""
LARGEST_ANSWER = 500_000
"""Bytes; discovery documents, key sets and token answers have a few thousand."""

_PORTS = {"http": 80, "https": 443}


class ProviderCalls:
    """Calls to one provider; each opens and closes its own connection."""

    def __init__(self, settings: Settings, issuer: str, *, longest_seconds: float = LONGEST_SECONDS) -> None:
        self._settings = settings
        self._issuer = httpx.URL(issuer)
        self._seconds = min(longest_seconds, settings.outbound_timeout_seconds)

    def get_json(self, url: str, *, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Get a JSON object.

        Raises:
            OutboundFailed: when the address may not be called, or anything but a JSON object comes back.
        """
        return asyncio.run(self._json("GET", url, dict(headers or {}), None))

    def post_form(self, url: str, body: str, *, headers: Mapping[str, str]) -> dict[str, Any]:
        """Post a form and get a JSON object.

        Raises:
            OutboundFailed: as ``get_json``.
        """
        form = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        return asyncio.run(self._json("POST", url, form, body.encode()))

    def check(self, url: object) -> str:
        """Return an endpoint's address when we may call it or send people to it.

        Raises:
            OutboundRefused: unless it is https, or plain http on this machine where that is the issuer itself or
                calls to private addresses are allowed.
        """
        try:
            target = httpx.URL(url) if isinstance(url, str) else httpx.URL("")
        except httpx.InvalidURL as error:
            raise OutboundRefused(f"{self._issuer.host} names an endpoint that is no address: {error}.") from error
        near = self._settings.outbound_allow_private or _origin(target) == _origin(self._issuer)
        plain = target.scheme == "http" and target.host in LOOPBACK and near
        if not (target.scheme == "https" or plain) or not target.host or target.userinfo or target.fragment:
            raise OutboundRefused(
                f"{self._issuer.host} names the endpoint {str(url)[:200]!a}; only https is used."
            )
        return str(target)

    async def _json(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> dict[str, Any]:
        target = self.check(url)
        try:
            async with (
                asyncio.timeout(self._seconds),
                self._client() as client,
                client.stream(method, target, headers=headers, content=body) as response,
            ):
                answer = await read_limited(response, LARGEST_ANSWER)
        except TimeoutError as error:
            raise OutboundUnreachable(
                f"{target} gave no whole answer within {self._seconds:g} seconds."
            ) from error
        except httpx.HTTPError as error:
            raise OutboundUnreachable(
                f"{target} could not be reached: {error or type(error).__name__}."
            ) from error
        if response.status_code != HTTPStatus.OK:
            raise OutboundFailed(f"{target} answered {response.status_code}: {_error_in(answer)}.")
        return _object(answer, target)

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=ConfinedTransport(
                allow_private=self._settings.outbound_allow_private, chosen=[_origin(self._issuer)[1:]]
            ),
            headers={
                "User-Agent": user_agent(self._settings),
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
            },
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            timeout=self._seconds,
            follow_redirects=False,
            trust_env=False,
        )


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or _PORTS.get(url.scheme, 0)


def _object(body: bytes, source: str) -> dict[str, Any]:
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise OutboundFailed(f"{source} answered with something that is no JSON.") from error
    if not isinstance(parsed, dict):
        raise OutboundFailed(f"{source} answered with JSON that is no object.")
    return parsed


def _error_in(body: bytes) -> str:
    """Return the error code of a token answer (RFC 6749, section 5.2), for the log."""
    try:
        code = _object(body, "it").get("error")
    except OutboundFailed:
        code = None
    return code[:80] if isinstance(code, str) and code.isascii() and code.isprintable() else "no reason given"
