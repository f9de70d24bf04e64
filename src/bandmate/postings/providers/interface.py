"""What every provider of job boards offers, and the frozen facts it hands over.

A provider maps the wire to *stated* facts and nothing more: what stands in a field of the payload is taken over,
what stands in prose (a location string, a description) is left to ``bandmate.engines.extraction``. Reading is
split in two, so that a posting that did not change costs no fact building:

* ``split``: the bytes of a board's whole answer -> its elements by key, and what is wrong with the listing;
* ``state``: one element -> the facts it states, and what is wrong with single fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

from bandmate.kernel.errors import InvalidInput

if TYPE_CHECKING:
    from bandmate.kernel.outbound import Outbound
    from bandmate.postings.providers.wire import Answer, Validators

WorkplaceType = Literal["on_site", "hybrid", "remote"]
Period = Literal["year", "month", "week", "day", "hour"]


@dataclass(frozen=True, slots=True)
class StatedLocation:
    """One place of work. The parts are given only where the provider has them as fields, in its own words."""

    text: str
    city: str | None = None
    region: str | None = None
    country: str | None = None
    """``US``, ``United States``, ``European Union``: whatever the provider wrote."""


@dataclass(frozen=True, slots=True)
class StatedSalary:
    """One pay range in major units of its currency; a missing or zero bound is ``None``, never both."""

    minimum: Decimal | None
    maximum: Decimal | None
    currency: str | None
    """Three upper-case letters (ISO 4217 where the provider keeps to it)."""
    period: Period | None
    """``None`` when it is not stated or is no plain period (once, every two weeks)."""
    raw: str | None
    """The provider's own summary, or its fields in one line."""


@dataclass(frozen=True, slots=True)
class StatedPosting:
    """The facts one posting states. Single-line texts are trimmed and their inner white space is folded."""

    key: str
    title: str
    company: str | None
    locations: tuple[StatedLocation, ...]
    """The primary one first, each once."""
    location_text: str | None
    """The primary location as printed."""
    department: str | None
    team: str | None
    employment_type: str | None
    """In the provider's words: ``Permanent``, ``FullTime``."""
    requisition_id: str | None
    workplace_type: WorkplaceType | None
    workplace_raw: str | None
    is_remote_stated: bool | None
    """From the workplace type where one is stated (hybrid is not remote), else the provider's own flag."""
    salary: StatedSalary | None
    """The range that encloses all ranges of the first currency and period; never two currencies in one."""
    salaries: tuple[StatedSalary, ...]
    """Every range stated, for instance one per jurisdiction."""
    language: str | None
    description_html: str
    """The complete text as the provider's HTML: not sanitised."""
    source_url: str | None
    apply_url: str | None
    posted_at: datetime | None
    updated_at: datetime | None
    valid_through: datetime | None


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a payload that is not as it should be, and where."""

    pointer: str
    """RFC 6901 JSON pointer into the payload; empty for the whole of it."""
    what: str
    """A sentence for people."""
    key: str | None = None
    """The posting it concerns, where known."""
    fatal: bool = False
    """True when the posting could not be used; otherwise only the field was dropped."""


@dataclass(frozen=True, slots=True)
class RawPosting:
    """One element of a payload whose key is known.

    ``native`` is the element as sent, except that NUL characters are gone and lone surrogates have become U+FFFD
    (PostgreSQL stores neither, not even escaped inside ``jsonb``); it can always be written as JSON again.
    """

    key: str
    pointer: str
    native: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """The elements of one payload."""

    postings: tuple[RawPosting, ...]
    """Distinct keys, in the order of the payload."""
    rows: int
    """Elements the payload holds, repeated and unusable ones included."""
    faults: tuple[Fault, ...]
    declared_total: int | None
    proven: bool
    """False when an element's key could not be read, when two different elements share a key, when the number of
    distinct keys differs from the declared total, or when the payload breaks off: absence then proves nothing."""


class UnreadablePayload(InvalidInput):
    """Nothing can be taken from this payload: it is HTML, broken JSON, an error document or of a wrong shape."""

    slug = "unreadable-payload"
    title = "This board's answer cannot be read"


class BadPosting(InvalidInput):
    """One element cannot be used as a posting; ``fault`` says why and where."""

    slug = "bad-posting"
    title = "This posting cannot be used"

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.what, pointer=fault.pointer)
        self.fault = fault


class Provider(Protocol):
    """A system that publishes job boards. Implementations are frozen; ``at`` moves one to another address."""

    @property
    def name(self) -> str:
        """The word used in identities, settings and the archive: ``lever``."""

    @property
    def title(self) -> str:
        """The name people know: ``Lever``."""

    @property
    def base_url(self) -> str:
        """Where the public API answers, without a slash at the end."""

    def at(self, base_url: str) -> Self:
        """Return the same provider at another address (a proxy, a stand-in)."""

    def check_board(self, board: str) -> str:
        """Return the board token unchanged, or raise ``InvalidInput`` when it cannot be one. Case is kept."""

    def board_url(self, board: str) -> str:
        """Return the address of the board's careers page, for people."""

    def split(self, payload: bytes) -> Listing:
        """Find the elements of a board's whole answer and their keys; build no facts.

        Raises:
            UnreadablePayload: when nothing can be taken from it.
        """

    def state(self, raw: RawPosting) -> tuple[StatedPosting, tuple[Fault, ...]]:
        """Read the facts one element states, and what is wrong with single fields of it.

        Raises:
            BadPosting: when it cannot be used, for instance because it has no title.
        """

    async def fetch(self, session: Outbound, board: str, known: Validators | None = None) -> Answer:
        """Get the board's whole listing, to a proven end; failures come back as an answer, never as an exception.

        Raises:
            InvalidInput: when ``board`` cannot be a board token.
        """
