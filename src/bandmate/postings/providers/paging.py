"""Fetching a board to a proven end, in one answer or in pages.

The payload of a board that comes in one answer is that answer, byte for byte. A board that comes in several pages
is joined into one JSON array: the bytes between each page's outer brackets, verbatim and in order, with a comma
between pages. So the archive holds one payload a run, and every element in it is as it was sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from bandmate.kernel.errors import OutboundFailed
from bandmate.postings.providers.interface import Listing, UnreadablePayload
from bandmate.postings.providers.wire import Answer, Validators

if TYPE_CHECKING:
    from bandmate.kernel.outbound import Outbound, OutboundAnswer

Split = Callable[[bytes], Listing]

MOST_PAGES = 500
"""A board that goes on after this many pages has no end we could prove."""


async def fetch_whole(session: Outbound, url: str, *, split: Split, known: Validators | None) -> Answer:
    """Fetch a board that comes in one answer."""
    page = await _fetch(session, url, known)
    return page if isinstance(page, Answer) else _judge(page, split)[0]


async def fetch_pages(session: Outbound, url: str, *, split: Split, size: int, known: Validators | None) -> Answer:
    """Fetch a board in pages of ``size`` with ``skip`` and ``limit``, until a page proves that it is the last.

    A page shorter than ``size`` proves the end. More rows than asked for on the first page mean that the server
    ignores ``limit``: then that page is the whole board. An identical repeat of the first page means that it
    ignores ``skip``: one more question, for a single row, tells whether it ignores ``limit`` too (the page is the
    whole board) or cuts the listing (the run is partial). Ids that come again on a later page tell that the
    listing moved while it was read: something may have slipped through, so the run is partial.
    """
    page = await _fetch(session, f"{url}&skip=0&limit={size}", known)
    if isinstance(page, Answer):
        return page
    first, listing = _judge(page, split)
    if listing is None or listing.rows != size:
        return first
    pages = _Pages(split, size)
    pages.add(page.body)
    while pages.go_on():
        page_url = f"{url}&skip={pages.rows}&limit={size}"
        page = await _fetch(session, page_url, None)
        number = len(pages.bodies) + 1
        if isinstance(page, Answer):
            pages.trouble = f"Page {number} failed: {page.detail}"
        elif page.status != HTTPStatus.OK:
            pages.trouble = f"Page {number} failed: {_refusal(page)}"
        elif page.body == first.payload:
            single = await _fetch(session, f"{url}&skip=0&limit=1", None)
            if not isinstance(single, Answer) and single.body == first.payload:
                return first
            pages.trouble = "The server repeats its first page for every `skip`: the rest of the board is hidden."
        else:
            pages.add(page.body)
    return pages.answer(first)


@dataclass(slots=True)
class _Pages:
    """The pages read so far and what they prove."""

    split: Split
    size: int
    bodies: list[bytes] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    rows: int = 0
    last_rows: int = 0
    broken: bool = False
    """The last page breaks off or is no array; so the joined payload has no closing bracket either."""
    trouble: str = ""
    """Why the end cannot be proven; the first reason found."""

    def go_on(self) -> bool:
        """Tell whether another page must be asked for."""
        if len(self.bodies) >= MOST_PAGES and self.last_rows == self.size:
            self.trouble = self.trouble or f"The board goes on after {MOST_PAGES} pages; reading was stopped."
        return self.last_rows == self.size and not self.trouble

    def add(self, body: bytes) -> None:
        """Add a page, sound or not: its good rows count."""
        number = len(self.bodies) + 1
        self.bodies.append(body)
        try:
            listing = self.split(body)
        except UnreadablePayload as error:
            self.broken, self.trouble = True, f"Page {number} cannot be read: {error.detail}"
            return
        keys = {raw.key for raw in listing.postings}
        if repeated := len(keys & self.keys):
            self.trouble = (
                f"Page {number} repeats {repeated} postings of earlier pages: the listing moved while it was read."
            )
        elif not listing.proven:
            self.broken = not body.rstrip().endswith(b"]")
            self.trouble = f"Page {number} is not sound: {_first_fault(listing)}"
        elif listing.rows > self.size:
            self.trouble = f"Page {number} holds {listing.rows} rows, {self.size} were asked for."
        self.keys |= keys
        self.last_rows = listing.rows
        self.rows += listing.rows

    def answer(self, first: Answer) -> Answer:
        """Join the pages; validators hold for one page only, so a board of several has none."""
        return replace(
            first,
            payload=self.joined(),
            etag=None,
            last_modified=None,
            pages=len(self.bodies),
            outcome="partial" if self.trouble else "complete",
            detail=self.trouble or None,
        )

    def joined(self) -> bytes:
        """Return the elements of all pages, verbatim, as one array; one page alone stays as it is."""
        inner = [body.removeprefix(b"\xef\xbb\xbf").strip().removeprefix(b"[") for body in self.bodies]
        whole = inner[:-1] if self.broken else inner
        parts = [part.removesuffix(b"]").strip() for part in whole] + inner[len(whole) :]
        if not any(parts[1:]):
            return self.bodies[0]
        return b"[" + b",".join(part for part in parts if part) + (b"" if self.broken else b"]")


async def _fetch(session: Outbound, url: str, known: Validators | None) -> OutboundAnswer | Answer:
    """Ask once; what can be told without reading the body (304, no answer at all) is told at once."""
    headers = {"Accept": "application/json"}
    if known and known.etag:
        headers["If-None-Match"] = known.etag
    if known and known.last_modified:
        headers["If-Modified-Since"] = known.last_modified
    try:
        page = await session.get(url, headers=headers)
    except OutboundFailed as error:
        return Answer(
            status=None,
            payload=None,
            etag=None,
            last_modified=None,
            not_modified=False,
            pages=0,
            declared_total=None,
            outcome="failed",
            detail=error.detail,
            observed_at=session.clock(),
        )
    if page.status == HTTPStatus.NOT_MODIFIED and known:
        return Answer(
            status=page.status,
            payload=None,
            etag=page.headers.get("etag", known.etag),
            last_modified=page.headers.get("last-modified", known.last_modified),
            not_modified=True,
            pages=1,
            declared_total=None,
            outcome="complete",
            detail="The board has not changed.",
            observed_at=page.received_at,
        )
    return page


def _judge(page: OutboundAnswer, split: Split) -> tuple[Answer, Listing | None]:
    """Tell what one page proves; its bytes are kept whatever it is. There is no listing when it failed."""
    answer = Answer(
        status=page.status,
        payload=page.body,
        etag=page.headers.get("etag"),
        last_modified=page.headers.get("last-modified"),
        not_modified=False,
        pages=1,
        declared_total=None,
        outcome="complete",
        detail=None,
        observed_at=page.received_at,
    )
    if page.status != HTTPStatus.OK:
        return replace(answer, outcome="failed", detail=_refusal(page), etag=None, last_modified=None), None
    try:
        listing = split(page.body)
    except UnreadablePayload as error:
        return replace(answer, outcome="failed", detail=error.detail, etag=None, last_modified=None), None
    answer = replace(answer, declared_total=listing.declared_total)
    if listing.proven:
        return answer, listing
    # Without validators, so that the next run looks at the whole answer again.
    return replace(answer, outcome="partial", detail=_first_fault(listing), etag=None, last_modified=None), listing


def _refusal(page: OutboundAnswer) -> str:
    if page.status == HTTPStatus.NOT_FOUND:
        return "There is no such board (404)."
    return f"The server answered {page.status} instead of 200."


def _first_fault(listing: Listing) -> str:
    """Say the first thing that keeps a listing from being proven."""
    what = next((fault for fault in listing.faults if fault.fatal), listing.faults[-1])
    return f"{what.pointer}: {what.what}" if what.pointer else what.what
