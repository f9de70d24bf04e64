"""Lever: ``GET /v0/postings/{site}?mode=json``, one array, in pages of a hundred.

Sources: Lever's postings API documentation and recorded answers. The wire differs from the documentation in
places: ``createdAt`` (milliseconds) is undocumented, ``workplaceType`` says ``onsite``, and ``updatedAt`` is never
sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, ClassVar

from bandmate.postings.providers.interface import (
    Fault,
    Listing,
    Period,
    RawPosting,
    StatedLocation,
    StatedPosting,
    StatedSalary,
)
from bandmate.postings.providers.listing import split_array
from bandmate.postings.providers.paging import fetch_pages
from bandmate.postings.providers.reading import Reader
from bandmate.postings.providers.shapes import (
    distinct,
    enclosing,
    once_each,
    paragraphs,
    pay_range,
    period_word,
    range_words,
    workplace,
)
from bandmate.postings.providers.wire import check_token

if TYPE_CHECKING:
    from bandmate.kernel.outbound import Outbound
    from bandmate.postings.providers.wire import Answer, Validators

PAGE_SIZE = 100
"""Rows a page; the largest size in use by clients of this API."""

_INTERVAL = re.compile(r"(?:per|1)-([a-z]+)(?:-(?:salary|wage))?")
_BARE_ITEMS = re.compile(r"\s*<li[\s>]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Lever:
    """Boards of Lever."""

    base_url: str = "https://api.lever.co"
    name: ClassVar[str] = "lever"
    title: ClassVar[str] = "Lever"

    def at(self, base_url: str) -> Lever:
        """Return the same provider at another address, for instance the European one."""
        return replace(self, base_url=base_url.rstrip("/"))

    def check_board(self, board: str) -> str:
        """Return the site's name unchanged, or raise ``InvalidInput``."""
        return check_token(board, self.title)

    def board_url(self, board: str) -> str:
        """Return the careers page, for people."""
        return f"https://jobs.lever.co/{self.check_board(board)}"

    def split(self, payload: bytes) -> Listing:
        """Find the elements of an answer; see ``Provider.split``."""
        return split_array(payload)

    async def fetch(self, session: Outbound, board: str, known: Validators | None = None) -> Answer:
        """Get all pages of a board; see ``Provider.fetch``."""
        url = f"{self.base_url}/v0/postings/{self.check_board(board)}?mode=json"
        return await fetch_pages(session, url, split=self.split, size=PAGE_SIZE, known=known)

    def state(self, raw: RawPosting) -> tuple[StatedPosting, tuple[Fault, ...]]:
        """Read the facts of one posting; see ``Provider.state``."""
        posting = Reader.of(raw)
        categories = posting.inside("categories")
        locations = _locations(posting, categories)
        salaries = distinct([_salary(posting)])
        word = posting.text("workplaceType")
        where = workplace(word)
        stated = StatedPosting(
            key=raw.key,
            title=posting.required("text"),
            company=None,
            locations=locations,
            location_text=locations[0].text if locations else None,
            department=categories.text("department"),
            team=categories.text("team"),
            employment_type=categories.text("commitment"),
            requisition_id=None,
            workplace_type=where,
            workplace_raw=word,
            is_remote_stated=None if where is None else where == "remote",
            salary=enclosing(salaries),
            salaries=salaries,
            language=None,
            description_html=_description(posting),
            source_url=posting.url("hostedUrl"),
            apply_url=posting.url("applyUrl"),
            posted_at=posting.epoch_ms("createdAt"),
            updated_at=None,
            valid_through=None,
        )
        return stated, tuple(posting.faults)


def _locations(posting: Reader, categories: Reader) -> tuple[StatedLocation, ...]:
    """Read the primary location, to which ``country`` belongs, and the others."""
    others = categories.texts("allLocations")
    primary = categories.text("location") or (others[0] if others else None)
    if primary is None:
        return ()
    first = StatedLocation(primary, country=posting.text("country"))
    return once_each([first, *(StatedLocation(text) for text in others if text.casefold() != primary.casefold())])


def _salary(posting: Reader) -> StatedSalary | None:
    pay = posting.inside("salaryRange")
    if not pay.fields:
        return None
    currency, interval = pay.currency("currency"), pay.text("interval")
    words = range_words(pay.fields.get("min"), pay.fields.get("max"), currency, interval)
    return pay_range(pay, "min", "max", currency=currency, period=_period(interval), raw=words)


def _period(interval: str | None) -> Period | None:
    """Map ``per-year-salary``, ``per-hour-wage`` and ``1-month``; ``one-time`` and the like are no period."""
    found = _INTERVAL.fullmatch(interval.lower()) if interval else None
    return period_word(found[1]) if found else None


def _description(posting: Reader) -> str:
    """Join the whole text in the order of Lever's page: description, lists with headings, pay, additional.

    ``description`` already holds ``opening`` and ``descriptionBody``. The content of a list is often bare ``<li>``
    items: they get the ``<ul>`` around them that the page shows. Items inside a bare ``<div>`` are mended where
    the HTML is read (``engines.extraction``).
    """
    opening = posting.markup("description") or posting.markup("opening") + posting.markup("descriptionBody")
    parts = [opening or paragraphs(posting.markup("descriptionPlain"))]
    for section in posting.each("lists"):
        heading, content = section.text("text"), section.markup("content")
        if heading:
            parts.append(f"<h3>{escape(heading, quote=False)}</h3>")
        parts.append(f"<ul>{content}</ul>" if _BARE_ITEMS.match(content) else content)
    parts.extend(
        posting.markup(name) or paragraphs(posting.markup(f"{name}Plain"))
        for name in ("salaryDescription", "additional")
    )
    return "\n".join(part for part in parts if part.strip())
