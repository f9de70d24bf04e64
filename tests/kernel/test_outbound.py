"""The confined HTTP client against a stand-in that speaks raw HTTP/1.1 on loopback."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpcore
import pytest

from bandmate.kernel.addresses import ConfinedBackend
from bandmate.kernel.config import Settings
from bandmate.kernel.errors import OutboundFailed, OutboundRefused
from bandmate.kernel.outbound import (
    Outbound,
    OutboundAnswer,
    OutboundTooLarge,
    OutboundUnreachable,
    Pace,
    retry_after,
    user_agent,
)

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
Script = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


def reply(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    """Write an HTTP/1.1 answer; an underscore in a header's name stands for a hyphen."""
    lines = [f"HTTP/1.1 {status} X", "Connection: close", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class StandIn:
    """A server that gives scripted answers, the last one again and again, and keeps what it was asked."""

    def __init__(self, *scripts: Script) -> None:
        self.scripts = list(scripts)
        self.asked: list[str] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request and close."""
        try:
            self.asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
            script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
            if isinstance(script, bytes):
                writer.write(script)
                await writer.drain()
            else:
                await script(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def standing_in(*scripts: Script) -> AsyncIterator[StandIn]:
    """Run a stand-in on a free port of loopback."""
    stand_in = StandIn(*scripts)
    server = await asyncio.start_server(stand_in.serve, "127.0.0.1", 0)
    stand_in.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/jobs"
    async with server:
        yield stand_in


def settings(**changes: Any) -> Settings:
    """Settings for quick tests that may call loopback."""
    base: dict[str, Any] = {
        "outbound_allow_private": True,
        "outbound_timeout_seconds": 2,
        "outbound_requests_per_second": 1000,
        "outbound_max_bytes": 100_000,
    }
    return Settings(**{**base, **changes})


def get(*scripts: Script, headers: dict[str, str] | None = None, **changes: Any) -> tuple[OutboundAnswer, StandIn]:
    """Ask a stand-in once and return the answer and the stand-in."""

    async def run() -> tuple[OutboundAnswer, StandIn]:
        async with standing_in(*scripts) as there, Outbound(settings(**changes), backoff_seconds=0.001) as session:
            return await session.get(there.url, headers=headers), there

    return asyncio.run(run())


def test_an_answer_comes_whole_with_status_headers_and_time() -> None:
    """The answer holds what the server sent and when it was received, in UTC."""
    answer, there = get(reply(200, b"[]", ETag='"a"'))
    assert (answer.status, answer.body, answer.headers["etag"], answer.url) == (200, b"[]", '"a"', there.url)
    assert answer.received_at.utcoffset() == timedelta(0)


def test_the_user_agent_names_program_version_and_contact() -> None:
    """A board's owner finds in the log who asked and where to complain, whatever the setting holds."""
    _, there = get(reply(), outbound_contact="https://band.example/about")
    assert "user-agent: bandmate/" in there.asked[0].lower()
    assert "(+https://band.example/about)" in there.asked[0]
    assert "\n" not in user_agent(settings(outbound_contact="a\r\nX-Evil: 1"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"])
def test_loopback_is_refused_however_it_is_written(host: str) -> None:
    """A literal, a name that resolves to it, and the old number forms end at the same check."""

    async def run() -> None:
        async with Outbound(settings(outbound_allow_private=False)) as session:
            await session.get(f"http://{host}:9/")

    with pytest.raises(OutboundRefused, match="private, local or reserved"):
        asyncio.run(run())


def test_a_name_with_one_private_address_among_public_ones_is_refused() -> None:
    """Mixing is how a rebinding name slips past a check of the first address."""

    async def mixed(host: str, port: int) -> list[str]:
        return ["93.184.215.14", "10.0.0.7"]

    async def run() -> None:
        async with Outbound(settings(outbound_allow_private=False), resolver=mixed) as session:
            await session.get("http://boards.example/")

    with pytest.raises(OutboundRefused, match=r"boards\.example is not called: 10\.0\.0\.7"):
        asyncio.run(run())


def test_a_redirect_to_a_private_address_is_refused() -> None:
    """The check is made for every hop: a public server must not send us into our own network."""

    async def run() -> list[str]:
        async with standing_in(reply(302, Location="http://169.254.169.254/latest/")) as there:
            port = int(there.url.rsplit(":", 1)[1].split("/")[0])

            class Detour(ConfinedBackend):
                async def connect_tcp(self, host: str, *args: Any, **rest: Any) -> httpcore.AsyncNetworkStream:
                    if host == "boards.example":
                        return await httpcore.AnyIOBackend().connect_tcp("127.0.0.1", port)
                    return await super().connect_tcp(host, *args, **rest)

            async with Outbound(settings(outbound_allow_private=False)) as session:
                transport: Any = session._client._transport
                transport._pool._network_backend = Detour()
                with pytest.raises(OutboundRefused, match=r"169\.254\.169\.254 is not called"):
                    await session.get("http://boards.example/")
            return there.asked

    assert len(asyncio.run(run())) == 1


def test_a_redirect_is_followed_and_the_final_address_reported() -> None:
    """A relative Location is resolved against the address that gave it."""
    answer, there = get(reply(301, Location="/elsewhere"), reply(200, b"[1]"))
    assert answer.body == b"[1]"
    assert answer.url.endswith("/elsewhere")
    assert there.asked[1].startswith("GET /elsewhere ")


def test_a_fourth_redirect_is_not_followed() -> None:
    """A loop ends after three redirects, with a sentence that says so."""
    with pytest.raises(OutboundFailed, match="redirects more than 3 times"):
        get(reply(302, Location="/jobs"))


@pytest.mark.parametrize("location", ["file:///etc/passwd", "gopher://x/", "http://user:pw@example.org/"])
def test_a_redirect_to_something_that_is_not_plain_web_is_refused(location: str) -> None:
    """Other schemes, credentials and empty hosts are refused as redirects too."""
    with pytest.raises(OutboundRefused):
        get(reply(302, Location=location))


@pytest.mark.parametrize(
    "url", ["ftp://boards.example/", "boards.example/x", "http://u:p@boards.example/", "http://[:::]/"]
)
def test_an_address_that_is_not_plain_web_is_refused(url: str) -> None:
    """Only http and https without credentials are called; no connection is tried."""

    async def run() -> None:
        async with Outbound(settings()) as session:
            await session.get(url)

    with pytest.raises(OutboundRefused):
        asyncio.run(run())


def test_a_redirect_from_https_to_http_is_refused() -> None:
    """What was asked for in confidence is not fetched in the open."""
    from bandmate.kernel import outbound  # noqa: PLC0415 - a private function, tested where TLS would need a server

    origin = outbound._checked("https://boards.example/a")
    with pytest.raises(OutboundRefused, match="from https to http"):
        outbound._redirected(origin, "http://boards.example/b")
    assert str(outbound._redirected(origin, "/b")) == "https://boards.example/b"


def test_a_gzip_answer_is_unpacked() -> None:
    """The compression we ask for is undone."""
    answer, there = get(reply(200, gzip.compress(b"[1, 2]"), Content_Encoding="gzip"))
    assert answer.body == b"[1, 2]"
    assert "accept-encoding: gzip\r\n" in there.asked[0].lower()


def test_a_gzip_bomb_is_stopped_at_the_limit() -> None:
    """The limit counts decompressed bytes: 100 kB pass no 50 MB of zeros in 50 kB."""
    bomb = gzip.compress(bytes(50_000_000))
    assert len(bomb) < 100_000
    with pytest.raises(OutboundTooLarge, match="more than 100,000 bytes"):
        get(reply(200, bomb, Content_Encoding="gzip"))


@pytest.mark.parametrize("size", [99_999, 100_000])
def test_an_answer_up_to_the_limit_is_read(size: int) -> None:
    """The limit itself is still allowed, compressed or not."""
    assert len(get(reply(200, bytes(size)))[0].body) == size
    assert len(get(reply(200, gzip.compress(bytes(size)), Content_Encoding="gzip"))[0].body) == size


def test_an_answer_without_a_length_is_stopped_at_the_limit() -> None:
    """A server that never ends is cut off when the limit is passed."""

    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while True:
            writer.write(bytes(10_000))
            await writer.drain()

    with pytest.raises(OutboundTooLarge):
        get(endless)


@pytest.mark.parametrize(
    ("body", "encoding", "says"),
    [
        (b"abc", "br", "did not ask for"),
        (b"not gzip at all", "gzip", "broken"),
        (gzip.compress(b"a") * 2, "gzip", "after"),
    ],
    ids=["unknown", "broken", "two members"],
)
def test_an_answer_that_cannot_be_unpacked_says_why(body: bytes, encoding: str, says: str) -> None:
    """Unknown compression, broken compression and a second member are failures with a reason, not bytes."""
    with pytest.raises(OutboundFailed, match=says):
        get(reply(200, body, Content_Encoding=encoding))


def test_a_slow_drip_ends_at_the_total_time_out() -> None:
    """A server that sends a byte now and then does not hold us: the time-out counts the whole answer."""

    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    began = time.monotonic()
    with pytest.raises(OutboundUnreachable, match=r"no whole answer within 0\.1 seconds"):
        get(drip, outbound_timeout_seconds=0.1)
    assert time.monotonic() - began < 2


def test_a_broken_connection_is_tried_again() -> None:
    """A truncated body is no answer; the next try may give it whole."""
    torn = reply(200, b"[1, 2, 3]")[:-4]
    answer, there = get(torn, reply(200, b"[1]"))
    assert answer.body == b"[1]"
    assert len(there.asked) == 2


def test_a_server_error_is_tried_again_and_handed_over_in_the_end() -> None:
    """After the last try the 5xx answer itself comes back, so that its body can be archived."""
    answer, there = get(reply(503, b"maintenance"))
    assert (answer.status, answer.body) == (503, b"maintenance")
    assert len(there.asked) == 4


def test_a_client_error_is_not_tried_again() -> None:
    """404 will not change by asking again."""
    answer, there = get(reply(404, b"{}"))
    assert answer.status == 404
    assert len(there.asked) == 1


def test_retry_after_is_waited_for() -> None:
    """429 with Retry-After: 1 and then 200 takes one second and gives the 200."""
    began = time.monotonic()
    answer, there = get(reply(429, Retry_After="1"), reply(200, b"[]"))
    assert (answer.status, len(there.asked)) == (200, 2)
    assert 0.9 < time.monotonic() - began < 3


def test_a_server_that_wants_a_long_rest_is_left_alone() -> None:
    """Beyond a minute we do not wait and do not ask again; the 429 is the answer of this run."""
    answer, there = get(reply(429, Retry_After="3600"))
    assert (answer.status, len(there.asked)) == (429, 1)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("0", 0),
        ("120", 120),
        (format_datetime(NOW + timedelta(seconds=30), usegmt=True), 30),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 0),
        ("soon", None),
        ("9" * 400, float("inf")),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(value: str | None, seconds: float | None) -> None:
    """Both forms of RFC 9110, section 10.2.3, and nothing else."""
    assert retry_after(value, NOW) == seconds


def test_requests_to_one_host_keep_the_pace() -> None:
    """At 20 a second, five requests take at least four intervals; another host does not wait for them."""

    async def run() -> tuple[float, float]:
        pace, began = Pace(20), time.monotonic()
        await pace.turn("a")
        await pace.turn("b")
        other = time.monotonic() - began
        await asyncio.gather(*(pace.turn("a") for _ in range(4)))
        return time.monotonic() - began, other

    paced, other = asyncio.run(run())
    assert paced >= 0.19
    assert other < 0.04


def test_the_session_paces_its_requests() -> None:
    """The setting holds for real requests, not only for the clock."""

    async def run() -> float:
        async with standing_in(reply()) as there, Outbound(settings(outbound_requests_per_second=20)) as session:
            began = time.monotonic()
            await asyncio.gather(*(session.get(there.url) for _ in range(4)))
            return time.monotonic() - began

    assert asyncio.run(run()) >= 0.14


def test_cookies_are_not_kept() -> None:
    """What a server sets is not sent back to it: requests are not linked to one another."""

    async def run() -> list[str]:
        async with standing_in(reply(200, Set_Cookie="id=1; Path=/")) as there, Outbound(settings()) as session:
            await session.get(there.url)
            await session.get(there.url)
            return there.asked

    assert all("cookie" not in asked.lower() for asked in asyncio.run(run()))


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would resolve names past our check, so HTTP_PROXY changes nothing."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert get(reply(200, b"[]"))[0].status == 200


def test_a_304_with_a_compression_header_and_no_body_is_an_answer() -> None:
    """Validators travel as given, and a 304 without a body is whole although it names a compression."""
    answer, there = get(reply(304, Content_Encoding="gzip"), headers={"If-None-Match": '"a"'})
    assert (answer.status, answer.body) == (304, b"")
    assert 'if-none-match: "a"' in there.asked[0].lower()


def test_an_unknown_name_is_unreachable() -> None:
    """A name that does not resolve is a failure with the host's name in it."""

    async def unknown(host: str, port: int) -> list[str]:
        raise httpcore.ConnectError(f"the name {host!r} is not known")

    async def run() -> None:
        async with Outbound(settings(), resolver=unknown, backoff_seconds=0.001) as session:
            await session.get("http://nobody.example/")

    with pytest.raises(OutboundUnreachable, match=r"nobody\.example could not be reached"):
        asyncio.run(run())
