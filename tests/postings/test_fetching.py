"""Fetching boards from a stand-in on loopback that behaves as the providers do, and as they should not."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import aclosing
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from bandmate.kernel.config import Settings
from bandmate.postings.fetching import BoardRequest, Fetched, fetch_boards
from bandmate.postings.providers import PROVIDERS, Answer, Validators
from bandmate.postings.providers.paging import MOST_PAGES

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
Reply = tuple[int, dict[str, str], bytes]
Route = Callable[[dict[str, int]], Reply]


class Boards:
    """A server with one route per board; a route gets the query's numbers and the count of earlier requests."""

    def __init__(self) -> None:
        self.routes: dict[str, Route] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.url = ""

    def reply(self, path: str) -> Reply:
        """Answer one request, or 404."""
        self.asked.append(path)
        parts = urlsplit(path)
        numbers = {name: int(v[0]) for name, v in parse_qs(parts.query).items() if v[0].isdecimal()}
        board = next((name for name in self.routes if name in parts.path.split("/")), None)
        if board is None:
            return 404, {}, b'{"ok":false,"error":"Document not found"}'
        return self.routes[board](numbers | {"nth": sum(board in asked for asked in self.asked)})


@pytest.fixture
def boards() -> Iterator[Boards]:
    """Run the stand-in for one test."""
    there = Boards()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            there.headers.append({name.lower(): value for name, value in self.headers.items()})
            status, headers, body = there.reply(self.path)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Keep the test's output quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    there.url = f"http://127.0.0.1:{server.server_port}"
    yield there
    server.shutdown()
    server.server_close()
    thread.join()


def settings(url: str, **changes: Any) -> Settings:
    """Send every provider to the stand-in, without waiting."""
    base: dict[str, Any] = {
        "provider_urls": dict.fromkeys(PROVIDERS, url + "/"),
        "outbound_allow_private": True,
        "outbound_requests_per_second": 10_000,
        "outbound_timeout_seconds": 5,
    }
    return Settings(**{**base, **changes})


def fetch(there: Boards, *requests: BoardRequest, **changes: Any) -> dict[str, Answer]:
    """Fetch boards and return their answers by board."""

    async def run() -> list[Fetched]:
        return [one async for one in fetch_boards(requests, settings(there.url, **changes), lambda: NOW)]

    found = asyncio.run(run())
    assert len(found) == len(requests)
    return {one.request.board: one.answer for one in found}


def one(there: Boards, provider: str = "lever", known: Validators | None = None, **changes: Any) -> Answer:
    """Fetch the board `lowtide`."""
    return fetch(there, BoardRequest(provider, "lowtide", known), **changes)["lowtide"]


def rows(count: int, start: int = 0) -> list[dict[str, Any]]:
    """Write Lever postings."""
    return [{"id": f"job-{n}", "text": f"Tuner {n}"} for n in range(start, start + count)]


def whole(body: bytes, **headers: str) -> Route:
    """Always answer the same."""
    return lambda _: (200, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def paged(total: list[dict[str, Any]]) -> Route:
    """Answer as Lever does, with `skip` and `limit`."""
    return lambda q: (200, {"ETag": '"p"'}, orjson.dumps(total[q["skip"] : q["skip"] + q["limit"]]))


def ids(answer: Answer) -> list[str]:
    """Return the keys in an answer's payload."""
    assert answer.payload is not None
    return [raw.key for raw in PROVIDERS["lever"].split(answer.payload).postings]


@pytest.mark.parametrize(
    ("provider", "path"),
    [
        ("lever", "/v0/postings/lowtide?mode=json&skip=0&limit=100"),
        ("greenhouse", "/v1/boards/lowtide/jobs?content=true&pay_transparency=true"),
        ("ashby", "/posting-api/job-board/lowtide?includeCompensation=true"),
    ],
)
def test_each_provider_asks_its_public_endpoint_once(boards: Boards, provider: str, path: str) -> None:
    """A small board is one request; its bytes are the payload, verbatim."""
    body = b'[ {"id": "a"} ]\n' if provider == "lever" else b'{"jobs": [ {"id": "a"} ]}\n'
    boards.routes["lowtide"] = whole(body, ETag='"1"', Last_Modified="Fri, 01 May 2026 10:00:00 GMT")
    answer = one(boards, provider)
    assert boards.asked == [path]
    assert (answer.outcome, answer.status, answer.payload, answer.pages) == ("complete", 200, body, 1)
    assert (answer.etag, answer.last_modified) == ('"1"', "Fri, 01 May 2026 10:00:00 GMT")
    assert (answer.observed_at, answer.detail, answer.not_modified) == (NOW, None, False)


def test_a_board_token_with_an_escape_is_sent_as_it_is(boards: Boards) -> None:
    """`%20` is part of the token: it is neither decoded nor escaped again."""
    boards.routes["Low%20Tide"] = whole(b'{"jobs": []}')
    assert fetch(boards, BoardRequest("ashby", "Low%20Tide"))["Low%20Tide"].outcome == "complete"


def test_an_unchanged_board_is_not_sent_again(boards: Boards) -> None:
    """The validators of the last answer bring a 304: complete, without a payload, validators kept."""
    boards.routes["lowtide"] = lambda _: (304, {}, b"")
    known = Validators('"1"', "Fri, 01 May 2026 10:00:00 GMT")
    answer = one(boards, "greenhouse", known)
    assert (answer.not_modified, answer.outcome, answer.payload, answer.etag) == (True, "complete", None, '"1"')
    assert boards.headers[0]["if-none-match"] == '"1"'
    assert boards.headers[0]["if-modified-since"] == known.last_modified


def test_a_304_that_nobody_asked_for_is_a_failure(boards: Boards) -> None:
    """Without validators there is nothing it could refer to."""
    boards.routes["lowtide"] = lambda _: (304, {}, b"")
    assert one(boards).outcome == "failed"


def test_a_missing_board_is_a_failure_that_says_so(boards: Boards) -> None:
    """404 keeps its body for the archive."""
    answer = one(boards)
    assert (answer.outcome, answer.status) == ("failed", 404)
    assert answer.detail == "There is no such board (404)."
    assert answer.payload == b'{"ok":false,"error":"Document not found"}'


@pytest.mark.parametrize("provider", PROVIDERS)
def test_html_with_status_200_is_a_failure_that_is_archived(boards: Boards, provider: str) -> None:
    """An outage page is no empty board; its bytes come back, its validators do not."""
    boards.routes["lowtide"] = whole(b"<html>Back soon</html>", ETag='"x"')
    answer = one(boards, provider)
    assert (answer.outcome, answer.status, answer.etag) == ("failed", 200, None)
    assert answer.payload == b"<html>Back soon</html>"
    assert "HTML or XML instead of JSON" in (answer.detail or "")


def test_a_listing_that_misses_its_declared_total_is_partial(boards: Boards) -> None:
    """Greenhouse declares more than it lists: what is there counts, what is missing proves nothing."""
    boards.routes["lowtide"] = whole(b'{"jobs": [{"id": 1}], "meta": {"total": 3}}', ETag='"x"')
    answer = one(boards, "greenhouse")
    assert (answer.outcome, answer.declared_total, answer.etag) == ("partial", 3, None)
    assert "declares 3 postings and lists 1" in (answer.detail or "")


def test_a_truncated_answer_is_partial_with_its_bytes(boards: Boards) -> None:
    """The good postings before the break count, and the detail tells where it broke."""
    body = b'[{"id": "a"}, {"id": "b"'
    boards.routes["lowtide"] = whole(body)
    answer = one(boards)
    assert (answer.outcome, answer.payload) == ("partial", body)
    assert "line 1, column" in (answer.detail or "")


def test_an_answer_that_is_too_large_is_a_failure_without_payload(boards: Boards) -> None:
    """It is not read to the end, so there is nothing to archive."""
    boards.routes["lowtide"] = whole(orjson.dumps(rows(500)))
    answer = one(boards, outbound_max_bytes=1000)
    assert (answer.outcome, answer.status, answer.payload) == ("failed", None, None)
    assert "more than 1,000 bytes" in (answer.detail or "")


def test_pages_are_read_to_a_short_one_and_joined_verbatim(boards: Boards) -> None:
    """250 postings are three pages; the payload is one array of their elements as they were sent."""
    boards.routes["lowtide"] = paged(rows(250))
    answer = one(boards)
    assert [path.split("&", 1)[1] for path in boards.asked] == [f"skip={s}&limit=100" for s in (0, 100, 200)]
    assert (answer.outcome, answer.pages, answer.detail) == ("complete", 3, None)
    assert answer.payload == orjson.dumps(rows(250))
    assert answer.etag is None


def test_joining_keeps_each_element_byte_for_byte(boards: Boards) -> None:
    """Spacing and escapes inside a page survive; only the outer brackets go."""
    first = b'[ {"id":"a",  "text":"\\u00e9"},' + orjson.dumps(rows(99))[1:-1] + b"]\n"
    boards.routes["lowtide"] = lambda q: (200, {}, b'[\n{"id" : "z"}\n]' if q["skip"] else first)
    answer = one(boards)
    assert answer.payload == first.strip()[:-1].replace(b"[ {", b"[{", 1) + b',{"id" : "z"}]'


def test_a_full_page_followed_by_an_empty_one_is_the_whole_board(boards: Boards) -> None:
    """Exactly a hundred postings: the empty page proves the end, the first page's bytes stay as they are."""
    boards.routes["lowtide"] = paged(rows(100))
    answer = one(boards)
    assert (answer.outcome, answer.pages, answer.payload) == ("complete", 2, orjson.dumps(rows(100)))


def test_more_rows_than_asked_for_are_the_whole_board(boards: Boards) -> None:
    """The server ignores `limit`: one request is enough."""
    boards.routes["lowtide"] = whole(orjson.dumps(rows(150)))
    answer = one(boards)
    assert (answer.outcome, answer.pages, len(ids(answer)), len(boards.asked)) == ("complete", 1, 150, 1)


def test_a_server_that_ignores_skip_and_limit_gives_the_whole_board(boards: Boards) -> None:
    """A hundred rows again and again, also when one is asked for: that is all there is."""
    boards.routes["lowtide"] = whole(orjson.dumps(rows(100)))
    answer = one(boards)
    assert (answer.outcome, len(ids(answer))) == ("complete", 100)
    assert boards.asked[-1].endswith("skip=0&limit=1")


def test_a_server_that_ignores_only_skip_hides_the_rest(boards: Boards) -> None:
    """It honours `limit` and repeats its first page: the end is not proven."""
    boards.routes["lowtide"] = lambda q: (200, {}, orjson.dumps(rows(250)[: q["limit"]]))
    answer = one(boards)
    assert (answer.outcome, len(ids(answer))) == ("partial", 100)
    assert "repeats its first page" in (answer.detail or "")


def test_a_listing_that_moves_between_pages_is_partial(boards: Boards) -> None:
    """A posting opened meanwhile pushes the last one of page one onto page two: something may have been missed."""

    def moving(q: dict[str, int]) -> Reply:
        listing = rows(150) if q["skip"] == 0 else rows(1, start=900) + rows(150)
        return 200, {}, orjson.dumps(listing[q["skip"] : q["skip"] + q["limit"]])

    boards.routes["lowtide"] = moving
    answer = one(boards)
    assert (answer.outcome, len(ids(answer))) == ("partial", 150)
    assert "repeats 1 postings of earlier pages" in (answer.detail or "")


def test_a_failure_midway_keeps_what_was_got(boards: Boards) -> None:
    """Page two is missing: page one is a partial run."""
    boards.routes["lowtide"] = lambda q: (403, {}, b"") if q["skip"] else (200, {}, orjson.dumps(rows(100)))
    answer = one(boards)
    assert (answer.outcome, answer.status, len(ids(answer))) == ("partial", 200, 100)
    assert answer.detail == "Page 2 failed: The server answered 403 instead of 200."


@pytest.mark.parametrize("second", [b"<html>Sorry</html>", b'{"error": "slow down"}', b'[{"id": "x"}, {"id": "y"'])
def test_a_page_that_cannot_be_read_leaves_the_others_readable(boards: Boards, second: bytes) -> None:
    """Its bytes are archived behind the good ones; reading the payload again gives the good ones and the fault."""
    boards.routes["lowtide"] = lambda q: (200, {}, second if q["skip"] else orjson.dumps(rows(100)))
    answer = one(boards)
    assert answer.outcome == "partial"
    assert answer.detail is not None
    assert answer.detail.startswith("Page 2 ")
    assert answer.payload is not None
    assert second.lstrip(b"[") in answer.payload
    listing = PROVIDERS["lever"].split(answer.payload)
    assert [raw.key for raw in listing.postings][:100] == [f"job-{n}" for n in range(100)]
    assert not listing.proven


def test_a_bad_row_on_one_page_makes_the_board_partial(boards: Boards) -> None:
    """Its neighbours on all pages are kept."""
    listing: list[Any] = [*rows(120), {"text": "no id"}]
    boards.routes["lowtide"] = paged(listing)
    answer = one(boards)
    assert (answer.outcome, len(ids(answer))) == ("partial", 120)


def test_a_board_without_end_is_partial(boards: Boards, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paging stops at a bound instead of going on for ever."""
    assert MOST_PAGES * 100 > 40_000
    monkeypatch.setattr("bandmate.postings.providers.paging.MOST_PAGES", 3)
    boards.routes["lowtide"] = lambda q: (200, {}, orjson.dumps(rows(q["limit"], start=q["skip"])))
    answer = one(boards)
    assert (answer.outcome, answer.pages, len(ids(answer))) == ("partial", 3, 300)
    assert "goes on after 3 pages" in (answer.detail or "")


def test_one_boards_failure_never_stops_another(boards: Boards, caplog: pytest.LogCaptureFixture) -> None:
    """Unknown providers, hostile tokens, dead boards and our own faults are answers like all others."""
    boards.routes["lowtide"] = whole(b'{"jobs": [{"id": 1}], "meta": {"total": 1}}')
    boards.routes["odd"] = lambda _: (200, {"Content-Encoding": "br"}, b"x")
    answers = fetch(
        boards,
        BoardRequest("levre", "typo"),
        BoardRequest("lever", "../evil"),
        BoardRequest("ashby", "gone"),
        BoardRequest("ashby", "odd"),
        BoardRequest("greenhouse", "lowtide"),
    )
    assert {board: answer.outcome for board, answer in answers.items()} == {
        "typo": "failed",
        "../evil": "failed",
        "gone": "failed",
        "odd": "failed",
        "lowtide": "complete",
    }
    assert "no provider 'levre'" in (answers["typo"].detail or "")
    assert "cannot be a board" in (answers["../evil"].detail or "")
    assert all(answer.detail for board, answer in answers.items() if board != "lowtide")


def test_an_unexpected_error_is_logged_and_answered(
    boards: Boards, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A bug of ours costs one board, and the log has the trace."""

    def broken(*_: object) -> None:
        raise RuntimeError("out of tune")

    monkeypatch.setattr("bandmate.postings.providers.ashby.split_jobs", broken)
    boards.routes["lowtide"] = whole(b'{"jobs": []}')
    assert one(boards, "ashby").outcome == "failed"
    assert "out of tune" in caplog.text


def test_an_address_the_operator_chose_may_be_private(boards: Boards) -> None:
    """A provider's address in the settings is called wherever it lies: the operator put it there."""
    boards.routes["lowtide"] = whole(b"[]")
    assert one(boards, outbound_allow_private=False).outcome == "complete"


def test_a_private_address_that_a_board_redirects_to_is_refused(boards: Boards) -> None:
    """A redirect into our own network is not followed, though the board's own address was chosen."""
    boards.routes["lowtide"] = lambda _: (302, {"Location": "http://127.0.0.1:9/secret"}, b"")
    answer = one(boards, outbound_allow_private=False)
    assert answer.outcome == "failed"
    assert "private, local or reserved" in (answer.detail or "")


def test_many_boards_are_all_answered(boards: Boards) -> None:
    """Sixty boards of three providers come back, each once, though only two of each are under way at a time."""
    for n in range(20):
        boards.routes[f"board-{n}-lever"] = whole(b"[]")
        boards.routes[f"board-{n}-ashby"] = boards.routes[f"board-{n}-greenhouse"] = whole(b'{"jobs": []}')
    requests = [BoardRequest(name, f"board-{n}-{name}") for name in PROVIDERS for n in range(20)]
    answers = fetch(boards, *requests)
    assert len(answers) == 60
    assert {answer.outcome for answer in answers.values()} == {"complete"}


def test_the_reader_may_stop_early(boards: Boards) -> None:
    """Leaving the loop ends the fetching that is under way, without a trace of it left behind."""
    for n in range(10):
        boards.routes[f"board-{n}"] = whole(b"[]")

    async def run() -> int:
        requests = [BoardRequest("lever", f"board-{n}") for n in range(10)]
        async with aclosing(fetch_boards(requests, settings(boards.url), lambda: NOW)) as answers:
            async for _ in answers:
                break
        return len(asyncio.all_tasks())

    assert asyncio.run(run()) == 1
    assert len(boards.asked) < 10
