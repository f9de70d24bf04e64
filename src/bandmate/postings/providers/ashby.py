"""Ashby: ``GET /posting-api/job-board/{org}?includeCompensation=true``, the whole board in one answer.

Sources: Ashby's public job posting API documentation and recorded answers. ``isRemote`` is the employer's tick box
and true for many hybrid roles; newer answers carry ``workplaceType``, which is preferred.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
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
from bandmate.postings.providers.listing import split_jobs
from bandmate.postings.providers.paging import fetch_whole
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

_INTERVAL = re.compile(r"(?:1 )?([a-z]+)")


@dataclass(frozen=True, slots=True)
class Ashby:
    """Boards of Ashby."""

    base_url: str = "https://api.ashbyhq.com"
    name: ClassVar[str] = "ashby"
    title: ClassVar[str] = "Ashby"

    def at(self, base_url: str) -> Ashby:
        """Return the same provider at another address."""
        return replace(self, base_url=base_url.rstrip("/"))

    def check_board(self, board: str) -> str:
        """Return the organisation's name unchanged (case matters), or raise ``InvalidInput``."""
        return check_token(board, self.title)

    def board_url(self, board: str) -> str:
        """Return the careers page, for people."""
        return f"https://jobs.ashbyhq.com/{self.check_board(board)}"

    def split(self, payload: bytes) -> Listing:
        """Find the elements of an answer; Ashby declares no total. See ``Provider.split``."""
        return split_jobs(payload)

    async def fetch(self, session: Outbound, board: str, known: Validators | None = None) -> Answer:
        """Get a board; see ``Provider.fetch``."""
        url = f"{self.base_url}/posting-api/job-board/{self.check_board(board)}?includeCompensation=true"
        return await fetch_whole(session, url, split=self.split, known=known)

    def state(self, raw: RawPosting) -> tuple[StatedPosting, tuple[Fault, ...]]:
        """Read the facts of one posting; see ``Provider.state``."""
        posting = Reader.of(raw)
        locations = once_each(_locations(posting))
        salary, salaries = _pay(posting)
        word, flag = posting.text("workplaceType"), posting.flag("isRemote")
        where = workplace(word)
        stated = StatedPosting(
            key=raw.key,
            title=posting.required("title"),
            company=None,
            locations=locations,
            location_text=posting.text("location") or (locations[0].text if locations else None),
            department=posting.text("department"),
            team=posting.text("team"),
            employment_type=posting.text("employmentType"),
            requisition_id=None,
            workplace_type=where,
            workplace_raw=word,
            is_remote_stated=flag if where is None else where == "remote",
            salary=salary,
            salaries=salaries,
            language=None,
            description_html=posting.markup("descriptionHtml") or paragraphs(posting.markup("descriptionPlain")),
            source_url=posting.url("jobUrl"),
            apply_url=posting.url("applyUrl"),
            posted_at=posting.instant("publishedAt"),
            updated_at=None,
            valid_through=None,
        )
        return stated, tuple(posting.faults)


def _locations(posting: Reader) -> Iterator[StatedLocation]:
    for place in (posting, *posting.each("secondaryLocations")):
        outer = place.inside("address")
        # Secondary locations hold the address fields bare in some answers, inside `postalAddress` in others.
        address = outer.inside("postalAddress") if "postalAddress" in outer.fields else outer
        city, region, country = (
            address.text(name) for name in ("addressLocality", "addressRegion", "addressCountry")
        )
        text = place.text("location") or ", ".join(part for part in (city, region, country) if part)
        if text:
            yield StatedLocation(text, city, region, country)


def _pay(posting: Reader) -> tuple[StatedSalary | None, tuple[StatedSalary, ...]]:
    """Read the headline range from the summary and every range from the tiers; only ``Salary`` components are pay.

    An employer who set ``shouldDisplayCompensationOnJobPostings`` to false does not publish pay, whatever is sent.
    """
    pay = posting.inside("compensation")
    if not pay.fields or posting.flag("shouldDisplayCompensationOnJobPostings") is False:
        return None, ()
    summary = distinct(_component(part) for part in pay.each("summaryComponents"))
    tiers = distinct(
        _component(part) for tier in pay.each("compensationTiers") for part in tier.each("components")
    )
    words = pay.text("scrapeableCompensationSalarySummary") or pay.text("compensationTierSummary")
    return enclosing(summary or tiers, raw=words), tiers or summary


def _component(part: Reader) -> StatedSalary | None:
    """Read one component; equity, bonus and commission are no salary."""
    if part.fields.get("compensationType") != "Salary":
        return None
    currency, interval = part.currency("currencyCode"), part.text("interval")
    words = part.text("summary") or range_words(
        part.fields.get("minValue"), part.fields.get("maxValue"), currency, interval
    )
    return pay_range(part, "minValue", "maxValue", currency=currency, period=_period(interval), raw=words)


def _period(interval: str | None) -> Period | None:
    """Map ``1 YEAR`` and the bare adverbs of older answers; ``2 WEEK`` and ``1 TIME`` are no plain period."""
    found = _INTERVAL.fullmatch(interval.lower()) if interval else None
    return period_word(found[1]) if found else None
