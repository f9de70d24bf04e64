"""The confined HTTP client: the only way out to other people's servers.

What it promises, for every request and every redirect:

* only http and https, no credentials in the address, at most three redirects, none from https to http;
* no call to a private, loopback, link-local, multicast or reserved address (``kernel.addresses``), checked after
  resolution and pinned to the checked address, so that a name cannot change its mind in between;
* one total time-out for an answer, and a size limit counted on the decompressed bytes, so that neither a slow drip
  nor a gzip bomb holds us;
* an even pace and few connections for each host, and retries with back-off that honour ``Retry-After``;
* an honest user agent and no memory: cookies are refused, proxies and ``.netrc`` of the environment are not used
  (a proxy would resolve names for us, past the check).
"""

from __future__ import annotations

import asyncio
import math
import zlib
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Self

import httpx
from opentelemetry.trace import Span
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, retry_if_result, stop_after_attempt
from tenacity.wait import wait_random_exponential

from bandmate import __version__
from bandmate.kernel.addresses import ConfinedTransport, Origin, Resolver, resolve
from bandmate.kernel.clock import Clock, system_clock
from bandmate.kernel.config import Settings
from bandmate.kernel.errors import OutboundFailed, OutboundRefused
from bandmate.kernel.telemetry.tracing import end_outbound, hand_on, outbound_span

ATTEMPTS = 4
"""Tries of one request, the first included."""
MOST_REDIRECTS = 3
LONGEST_PAUSE_SECONDS = 60.0
"""A server that asks for a longer pause than this by ``Retry-After`` is left alone until the next run."""
CONNECTIONS_PER_HOST = 2

_REDIRECTS = {301, 302, 303, 307, 308}


class OutboundTooLarge(OutboundFailed):
    """The answer is larger than ``outbound_max_bytes``, counted after decompression."""

    slug = "outbound-too-large"
    title = "Another server's answer is too large"


class OutboundUnreachable(OutboundFailed):
    """No whole answer came: no connection, a broken one, or the time was over; trying again may help."""

    slug = "outbound-unreachable"
    title = "Another server cannot be reached"


@dataclass(frozen=True, slots=True)
class OutboundAnswer:
    """One whole answer of another server."""

    status: int
    headers: httpx.Headers
    body: bytes
    """Decompressed."""
    url: str
    """Where it came from, after redirects."""
    received_at: datetime
    """Aware, UTC."""


class Pace:
    """Lets requests to each host pass evenly: a token bucket that holds one token."""

    def __init__(self, per_second: float) -> None:
        self._interval = 1 / per_second
        self._free_at: dict[str, float] = {}

    async def turn(self, host: str) -> None:
        """Wait for this caller's turn; turns are given in the order of asking."""
        now = asyncio.get_running_loop().time()
        at = max(now, self._free_at.get(host, now))
        self._free_at[host] = at + self._interval
        if at > now:
            await asyncio.sleep(at - now)

    def hold(self, host: str, seconds: float) -> None:
        """Let nobody else's turn come before the host's own wish for a pause is over."""
        until = asyncio.get_running_loop().time() + seconds
        self._free_at[host] = max(until, self._free_at.get(host, until))


class Outbound:
    """A session of outbound requests; use it as an async context manager, within one event loop."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock = system_clock,
        resolver: Resolver = resolve,
        backoff_seconds: float = 0.5,
        longest_pause_seconds: float = LONGEST_PAUSE_SECONDS,
        connections: int = 20,
    ) -> None:
        self._settings = settings
        self.clock = clock
        self._longest_pause = longest_pause_seconds
        self._backoff = wait_random_exponential(multiplier=backoff_seconds, max=longest_pause_seconds)
        self._pace = Pace(settings.outbound_requests_per_second)
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._client = httpx.AsyncClient(
            transport=ConfinedTransport(
                resolver,
                allow_private=settings.outbound_allow_private,
                chosen=[_origin(address) for address in settings.provider_urls.values()],
                connections=connections,
            ),
            headers={"User-Agent": user_agent(settings), "Accept-Encoding": "gzip"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            timeout=settings.outbound_timeout_seconds,
            follow_redirects=False,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> OutboundAnswer:
        """Get an address: whatever status comes in the end, 429 and 5xx only after the last try.

        Raises:
            OutboundRefused: when the address, or one it redirects to, is not one we call.
            OutboundTooLarge: when the answer is larger than we read.
            OutboundUnreachable: when no whole answer came in any of the tries.
            OutboundFailed: when the answer cannot be used (too many redirects, unknown compression).
        """
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(OutboundUnreachable) | retry_if_result(_asks_to_come_back),
            stop=self._is_enough,
            wait=self._pause,
            retry_error_callback=_last_outcome,
        )
        answer: OutboundAnswer = await retrying(self._follow, url, dict(headers or {}))
        return answer

    async def post(
        self, url: str, body: bytes, *, headers: Mapping[str, str], seconds: float, most: int
    ) -> OutboundAnswer:
        """Post once: no second try, no redirect followed, no pace; the caller keeps a schedule of its own.

        Args:
            url: where to.
            body: the bytes to send.
            headers: further headers.
            seconds: the longest that all of it may take.
            most: bytes of the answer that are read; what goes beyond is cut off and the connection closed.

        Raises:
            OutboundRefused: when the address is not one we call.
            OutboundUnreachable: when no answer came.
        """
        target = _checked(url)
        with _traced("POST", target) as span:
            answer = await self._post(target, body, headers, seconds, most)
            end_outbound(span, answer.status)
            return answer

    async def _post(
        self, target: httpx.URL, body: bytes, headers: Mapping[str, str], seconds: float, most: int
    ) -> OutboundAnswer:
        # Compressed answers are not asked for and not undone: the body is only kept for people to read.
        sent = {**headers, "Accept-Encoding": "identity"}
        hand_on(sent)
        try:
            async with (
                asyncio.timeout(seconds),
                self._client.stream("POST", target, content=body, headers=sent, timeout=seconds) as response,
            ):
                return OutboundAnswer(
                    status=response.status_code,
                    headers=response.headers,
                    body=await _beginning(response, most),
                    url=str(target),
                    received_at=self.clock(),
                )
        except TimeoutError as error:
            raise OutboundUnreachable(f"{target.host} gave no whole answer within {seconds:g} seconds.") from error
        except httpx.HTTPError as error:
            what = str(error) or type(error).__name__
            raise OutboundUnreachable(f"{target.host} could not be reached: {what}.") from error

    async def _follow(self, url: str, headers: dict[str, str]) -> OutboundAnswer:
        target = _checked(url)
        for _ in range(MOST_REDIRECTS + 1):
            with _traced("GET", target) as span:
                answer = await self._once(target, headers)
                end_outbound(span, answer.status)
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or not location:
                return answer
            target = _redirected(target, location)
        raise OutboundFailed(f"{url} redirects more than {MOST_REDIRECTS} times; the last was to {target}.")

    async def _once(self, url: httpx.URL, headers: dict[str, str]) -> OutboundAnswer:
        slot = self._slots.setdefault(url.host, asyncio.Semaphore(CONNECTIONS_PER_HOST))
        seconds = self._settings.outbound_timeout_seconds
        headers = dict(headers)
        hand_on(headers)
        async with slot:
            await self._pace.turn(url.host)
            try:
                async with asyncio.timeout(seconds), self._client.stream("GET", url, headers=headers) as response:
                    answer = OutboundAnswer(
                        status=response.status_code,
                        headers=response.headers,
                        body=await read_limited(response, self._settings.outbound_max_bytes),
                        url=str(url),
                        received_at=self.clock(),
                    )
            except TimeoutError as error:
                raise OutboundUnreachable(
                    f"{url.host} gave no whole answer within {seconds:g} seconds."
                ) from error
            except httpx.HTTPError as error:
                what = str(error) or type(error).__name__
                raise OutboundUnreachable(f"{url.host} could not be reached: {what}.") from error
        if _asks_to_come_back(answer) and (asked := self._asked_pause(answer)) is not None:
            self._pace.hold(url.host, min(asked, self._longest_pause))
        return answer

    def _is_enough(self, state: RetryCallState) -> bool:
        asked = self._asked_pause(_answer_of(state))
        return stop_after_attempt(ATTEMPTS)(state) or (asked is not None and asked > self._longest_pause)

    def _pause(self, state: RetryCallState) -> float:
        asked = self._asked_pause(_answer_of(state))
        return self._backoff(state) if asked is None else asked

    def _asked_pause(self, answer: OutboundAnswer | None) -> float | None:
        return None if answer is None else retry_after(answer.headers.get("retry-after"), self.clock())


def user_agent(settings: Settings) -> str:
    """Name the program, its version and whom to ask, on one line."""
    contact = "".join(letter for letter in settings.outbound_contact if letter.isprintable() and letter.isascii())
    return f"Bandmate/{__version__} (+{contact})"


def retry_after(value: str | None, now: datetime) -> float | None:
    """Read a ``Retry-After`` header (RFC 9110, section 10.2.3: seconds or a date) as seconds from now."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return float(value) if len(value) < len("1000000000") else math.inf
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())


async def read_limited(response: httpx.Response, most: int) -> bytes:
    """Read a body and undo its compression; no step ever holds more than ``most`` bytes and a network chunk.

    Raises:
        OutboundTooLarge: as soon as more than ``most`` bytes are announced or have come out.
        OutboundFailed: for a compression we did not ask for, or a broken one.
        OutboundUnreachable: when a compressed body ends too early.
    """
    host, body = response.url.host, bytearray()
    unpack = _unpacker(response)
    announced = response.headers.get("content-length", "")
    too_large = announced.isdecimal() and int(announced) > most
    async for chunk in response.aiter_raw():
        if not too_large:
            body += unpack.feed(chunk, most + 1 - len(body))
            too_large = len(body) > most
        if too_large:
            raise OutboundTooLarge(f"{host} answers with more than {most:,} bytes; reading was stopped.")
    unpack.finish()
    return bytes(body)


async def _beginning(response: httpx.Response, most: int) -> bytes:
    """Read the first ``most`` bytes of a body as they come over the wire."""
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk[: most - len(body)]
        if len(body) >= most:
            break
    return bytes(body)


def _origin(address: str) -> Origin:
    """Return host and port of an address from the settings."""
    url = httpx.URL(address)
    return url.host, url.port or {"http": 80, "https": 443}.get(url.scheme, 0)


def _traced(method: str, url: httpx.URL) -> AbstractContextManager[Span | None]:
    host, port = _origin(str(url))
    return outbound_span(method, url.scheme, host, port)


class _Plain:
    """A body that is not compressed."""

    def feed(self, chunk: bytes, room: int) -> bytes:
        """Return the beginning of the chunk, at most ``room`` bytes."""
        return chunk[:room]

    def finish(self) -> None:
        """Accept any end; HTTP itself guards the length."""


class _Gunzip:
    """A body in gzip (RFC 1952), undone in steps of bounded size."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        self._began = False

    def feed(self, chunk: bytes, room: int) -> bytes:
        """Return at most ``room`` bytes; what does not fit is dropped, for the reader stops there."""
        self._began = True
        try:
            out = self._inflater.decompress(chunk, room)
        except zlib.error as error:
            raise OutboundFailed(f"{self._host} sends a broken compressed answer: {error}.") from error
        if self._inflater.unused_data:
            raise OutboundFailed(f"{self._host} sends something after the end of its compressed answer.")
        return out

    def finish(self) -> None:
        """Refuse a body that broke off; an answer without a body (304) may still name the compression."""
        if self._began and not self._inflater.eof:
            raise OutboundUnreachable(f"{self._host} broke off in the middle of a compressed answer.")


def _unpacker(response: httpx.Response) -> _Plain | _Gunzip:
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding in {"", "identity"}:
        return _Plain()
    if encoding in {"gzip", "x-gzip"}:
        return _Gunzip(response.url.host)
    raise OutboundFailed(f"{response.url.host} compresses with {encoding!r}, which we did not ask for.")


def _checked(address: str) -> httpx.URL:
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, TypeError) as error:
        raise OutboundRefused(f"{address[:200]!a} is no address we can call: {error}.") from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise OutboundRefused(f"{address[:200]!a} is not called: only http and https addresses are.")
    if url.userinfo:
        raise OutboundRefused(
            f"An address of {url.host} holds a user name or password; such addresses are not called."
        )
    return url


def _redirected(origin: httpx.URL, location: str) -> httpx.URL:
    try:
        target = _checked(str(origin.join(location)))
    except httpx.InvalidURL as error:
        raise OutboundRefused(f"{origin.host} redirects to something that is no address: {error}.") from error
    if origin.scheme == "https" and target.scheme != "https":
        raise OutboundRefused(f"{origin.host} redirects from https to http ({target.host}); that is not followed.")
    return target


def _asks_to_come_back(answer: OutboundAnswer) -> bool:
    return answer.status == HTTPStatus.TOO_MANY_REQUESTS or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _answer_of(state: RetryCallState) -> OutboundAnswer | None:
    """Return the answer of the attempt just made, or None when it raised."""
    outcome = state.outcome
    return None if outcome is None or outcome.failed else outcome.result()


def _last_outcome(state: RetryCallState) -> OutboundAnswer:
    """Hand over the last answer as it is, or raise the last error."""
    if state.outcome is None:
        raise OutboundUnreachable("No attempt was made.")
    answer: OutboundAnswer = state.outcome.result()
    return answer
