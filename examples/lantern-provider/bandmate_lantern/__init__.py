"""Lantern, a fictional applicant tracking system: ``GET /boards/{board}/openings`` answers ``{"jobs": [...]}``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from bandmate.postings.providers.interface import Fault, Listing, RawPosting, StatedLocation, StatedPosting
from bandmate.postings.providers.listing import split_jobs
from bandmate.postings.providers.paging import fetch_whole
from bandmate.postings.providers.reading import Reader
from bandmate.postings.providers.wire import check_token

if TYPE_CHECKING:
    from bandmate.kernel.outbound import Outbound
    from bandmate.postings.providers.wire import Answer, Validators


@dataclass(frozen=True, slots=True)
class Lantern:
    """Boards of Lantern."""

    base_url: str = "https://api.lantern.example"
    name: ClassVar[str] = "lantern"
    title: ClassVar[str] = "Lantern"

    def at(self, base_url: str) -> Lantern:
        """Return the same provider at another address."""
        return replace(self, base_url=base_url.rstrip("/"))

    def check_board(self, board: str) -> str:
        """Return the board's token unchanged, or raise ``InvalidInput``."""
        return check_token(board, self.title)

    def board_url(self, board: str) -> str:
        """Return the careers page, for people."""
        return f"https://jobs.lantern.example/{self.check_board(board)}"

    def split(self, payload: bytes) -> Listing:
        """Find the elements of an answer, which declares their number in ``meta.total``."""
        return split_jobs(payload, total=("meta", "total"))

    async def fetch(self, session: Outbound, board: str, known: Validators | None = None) -> Answer:
        """Get a board in one answer."""
        url = f"{self.base_url}/boards/{self.check_board(board)}/openings"
        return await fetch_whole(session, url, split=self.split, known=known)

    def state(self, raw: RawPosting) -> tuple[StatedPosting, tuple[Fault, ...]]:
        """Read the facts of one opening; what Lantern does not state stays None."""
        opening = Reader.of(raw)
        place = opening.text("place")
        stated = StatedPosting(
            key=raw.key,
            title=opening.required("title"),
            company=opening.text("employer"),
            locations=(StatedLocation(place),) if place else (),
            location_text=place,
            department=opening.text("department"),
            team=None,
            employment_type=opening.text("contract"),
            requisition_id=None,
            workplace_type=None,
            workplace_raw=None,
            is_remote_stated=opening.flag("remote"),
            salary=None,
            salaries=(),
            language=None,
            description_html=opening.markup("text"),
            source_url=opening.url("page"),
            apply_url=opening.url("apply"),
            posted_at=opening.instant("opened"),
            updated_at=None,
            valid_through=None,
        )
        return stated, tuple(opening.faults)
