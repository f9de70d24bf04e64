"""Play the story: one run for each visit of each board, with the bytes the provider would have sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Literal

from bandmate.postings.sample import ashby, greenhouse, lever, story
from bandmate.postings.sample.advert import Advert
from bandmate.postings.sample.chance import fraction
from bandmate.postings.sample.composing import compose
from bandmate.postings.sample.reading import Company, companies

Outcome = Literal["complete", "partial", "failed"]

_OK = 200
_SERVICE_UNAVAILABLE = 503
_WIRES: dict[str, ModuleType] = {"lever": lever, "greenhouse": greenhouse, "ashby": ashby}
_OUTAGE_PAGE = b"""<!doctype html>
<html lang="en"><head><title>We'll be right back</title></head>
<body><h1>Scheduled maintenance</h1><p>This job board is taking a short rest. Please try again soon.</p></body>
</html>
"""


@dataclass(frozen=True, slots=True)
class SampleBoard:
    """A board of the sample with the name of its company."""

    provider: str
    board: str
    company: str


@dataclass(frozen=True, slots=True)
class SampleRun:
    """One observation of a board, as a line of the raw archive's `runs.ndjson` with its payload.

    `observed_at` is in UTC to the millisecond. `payload` holds the answer's bytes, also those of an outage page;
    it is None where nothing came.
    """

    provider: str
    board: str
    observed_at: datetime
    outcome: Outcome
    http_status: int | None
    declared_total: int | None
    listed: int | None
    payload: bytes | None
    detail: str | None


SAMPLE_BOARDS: tuple[SampleBoard, ...] = tuple(
    SampleBoard(company.provider, company.board, company.name) for company in companies()
)


@dataclass(frozen=True, slots=True)
class _Visit:
    observed_at: datetime
    company: Company
    day: int


def sample_runs(anchor: datetime) -> Iterator[SampleRun]:
    """Give the runs of all boards in time order; the newest is minutes before the anchor, an aware datetime.

    The same anchor gives the same bytes; identifiers are the same for every anchor.
    """
    writer = _Writer(anchor.astimezone(UTC))
    for visit in _visits(writer.anchor):
        yield writer.run(visit)


def _visits(anchor: datetime) -> list[_Visit]:
    found = []
    for position, company in enumerate(companies()):
        for day in story.VISITS:
            minutes = 6 + 4 * position + 45 * fraction(company.board, str(day), "minute") * (day != 0)
            moment = anchor + timedelta(days=day) - timedelta(minutes=minutes)
            moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
            found.append(_Visit(moment, company, day))
    return sorted(found, key=lambda visit: (visit.observed_at, visit.company.board))


class _Writer:
    """Writes the answers for one anchor; a posting that has not changed is written once."""

    def __init__(self, anchor: datetime) -> None:
        self.anchor = anchor
        self._written: dict[Advert, bytes] = {}

    def run(self, visit: _Visit) -> SampleRun:
        incident = story.INCIDENTS.get((visit.company.board, visit.day))
        match incident:
            case story.UNAVAILABLE:
                return _failed(visit, _SERVICE_UNAVAILABLE, None, "the provider answered 503 Service Unavailable")
            case story.TIMED_OUT:
                return _failed(visit, None, None, "the provider did not answer within 30 seconds")
            case story.OUTAGE_PAGE:
                return _failed(visit, _OK, _OUTAGE_PAGE, "an HTML page came where JSON was expected")
            case _:
                return self._answered(visit, incident)

    def _answered(self, visit: _Visit, incident: str | None) -> SampleRun:
        company, wire = visit.company, _WIRES[visit.company.provider]
        standing = [] if incident == story.EMPTY else story.listed(company.board, visit.day)
        postings = [self._posting(advert, company) for advert in standing]
        if incident == story.NAMELESS:
            place = [advert.key for advert in standing].index(story.NAMELESS_KEY)
            advert = standing[place]
            postings[place] = greenhouse.nameless(advert, compose(advert, company), self.anchor)
        total = len(postings)
        detail = None
        if incident == story.CUT_SHORT:
            postings = postings[: total // 2]
            detail = "the listing ended before all of it had come"
        return SampleRun(
            provider=company.provider,
            board=company.board,
            observed_at=visit.observed_at,
            outcome="partial" if incident == story.CUT_SHORT else "complete",
            http_status=_OK,
            declared_total=total if company.provider == "greenhouse" else None,
            listed=len(postings),
            payload=wire.answer(postings, total),
            detail=detail,
        )

    def _posting(self, advert: Advert, company: Company) -> bytes:
        if advert not in self._written:
            wire = _WIRES[company.provider]
            self._written[advert] = wire.posting(advert, compose(advert, company), self.anchor)
        return self._written[advert]


def _failed(visit: _Visit, status: int | None, payload: bytes | None, detail: str) -> SampleRun:
    return SampleRun(
        provider=visit.company.provider,
        board=visit.company.board,
        observed_at=visit.observed_at,
        outcome="failed",
        http_status=status,
        declared_total=None,
        listed=None,
        payload=payload,
        detail=detail,
    )
