"""Greenhouse: ``GET /v1/boards/{token}/jobs?content=true&pay_transparency=true``, the whole board in one answer.

Sources: Greenhouse's Job Board API documentation and recorded answers. ``pay_transparency`` is documented for
single postings and works for the list too; without it ``pay_input_ranges`` is absent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from html import unescape
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
    pay_range,
    period_word,
    range_words,
    workplace,
)
from bandmate.postings.providers.wire import check_token

if TYPE_CHECKING:
    from bandmate.kernel.outbound import Outbound
    from bandmate.postings.providers.wire import Answer, Validators

_NO_REQUISITION = {"tbd", "tba", "n/a", "na", "none", "-", "see opening id"}
_DOLLAR_LIKE = {"USD", "CAD", "AUD", "NZD", "GBP", "EUR", "CHF", "SGD"}
"""Currencies in which an hour's pay stays below 500 and a year's above 10,000."""
_MOST_AN_HOUR = Decimal(500)
_LEAST_A_YEAR = Decimal(10_000)
_CENTS = 100


@dataclass(frozen=True, slots=True)
class Greenhouse:
    """Boards of Greenhouse."""

    base_url: str = "https://boards-api.greenhouse.io"
    name: ClassVar[str] = "greenhouse"
    title: ClassVar[str] = "Greenhouse"

    def at(self, base_url: str) -> Greenhouse:
        """Return the same provider at another address."""
        return replace(self, base_url=base_url.rstrip("/"))

    def check_board(self, board: str) -> str:
        """Return the board's token unchanged, or raise ``InvalidInput``."""
        return check_token(board, self.title)

    def board_url(self, board: str) -> str:
        """Return the careers page, for people."""
        return f"https://job-boards.greenhouse.io/{self.check_board(board)}"

    def split(self, payload: bytes) -> Listing:
        """Find the elements of an answer; see ``Provider.split``."""
        return split_jobs(payload, total=("meta", "total"))

    async def fetch(self, session: Outbound, board: str, known: Validators | None = None) -> Answer:
        """Get a board; see ``Provider.fetch``."""
        url = f"{self.base_url}/v1/boards/{self.check_board(board)}/jobs?content=true&pay_transparency=true"
        return await fetch_whole(session, url, split=self.split, known=known)

    def state(self, raw: RawPosting) -> tuple[StatedPosting, tuple[Fault, ...]]:
        """Read the facts of one posting; see ``Provider.state``."""
        posting = Reader.of(raw)
        location = posting.inside("location").text("name")
        salaries = distinct(_salary(pay) for pay in posting.each("pay_input_ranges"))
        custom = _custom_fields(posting)
        word = custom.get("location type") or custom.get("workplace type")
        where = workplace(word)
        requisition = posting.identifier("requisition_id")
        stated = StatedPosting(
            key=raw.key,
            title=posting.required("title"),
            company=posting.text("company_name"),
            locations=(StatedLocation(location),) if location else (),
            location_text=location,
            department=next((name for d in posting.each("departments") if (name := d.text("name"))), None),
            team=None,
            employment_type=custom.get("employment type"),
            requisition_id=None if requisition and requisition.lower() in _NO_REQUISITION else requisition,
            workplace_type=where,
            workplace_raw=word,
            is_remote_stated=None if where is None else where == "remote",
            salary=enclosing(salaries),
            salaries=salaries,
            language=posting.text("language"),
            # Escaped exactly once on the wire: what looks escaped afterwards is the text's own.
            description_html=unescape(posting.markup("content")),
            source_url=posting.url("absolute_url"),
            apply_url=None,
            posted_at=posting.instant("first_published"),
            updated_at=posting.instant("updated_at"),
            valid_through=posting.instant("application_deadline", end_of_day=True),
        )
        return stated, tuple(posting.faults)


def _custom_fields(posting: Reader) -> dict[str, str]:
    """Return the employer's own text fields by lower-case name; Greenhouse has no field of its own for them."""
    found: dict[str, str] = {}
    for entry in posting.each("metadata"):
        name, value = entry.fields.get("name"), entry.fields.get("value")
        if isinstance(name, str) and isinstance(value, str) and value.strip():
            found.setdefault(" ".join(name.lower().split()), " ".join(value.split()))
    return found


def _salary(pay: Reader) -> StatedSalary | None:
    """Read one jurisdiction's range; its period stands in the free-text title, if anywhere."""
    currency, title = pay.currency("currency_type"), pay.text("title")
    salary = pay_range(
        pay, "min_cents", "max_cents", currency=currency, period=_titled_period(title), raw=None, scale=_CENTS
    )
    if salary is None:
        return None
    words = range_words(salary.minimum, salary.maximum, currency)
    return replace(
        salary,
        period=salary.period or _period_by_magnitude(salary),
        raw=f"{title}: {words}" if title else words,
    )


def _titled_period(title: str | None) -> Period | None:
    words = re.findall(r"[a-z]+", title.lower()) if title else []
    return next((period for word in words if (period := period_word(word))), None)


def _period_by_magnitude(salary: StatedSalary) -> Period | None:
    """Tell an hour's pay (17.00 to 18.50) from a year's where the currency makes it plain."""
    amount = salary.maximum or salary.minimum
    if amount is None or salary.currency not in _DOLLAR_LIKE:
        return None
    if amount < _MOST_AN_HOUR:
        return "hour"
    return "year" if amount >= _LEAST_A_YEAR else None
