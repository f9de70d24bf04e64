"""A posting as a line of a list or the head of its page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bandmate.kernel.clock import parse_rfc3339
from bandmate.kernel.web.formats import money, pay_period
from bandmate.postings.domain.lifecycle import Status
from bandmate.postings.pages.words import value_label
from bandmate.postings.records import Record


@dataclass(frozen=True, slots=True)
class Card:
    """What a reader compares postings by."""

    title: str
    href: str
    company: str
    company_href: str
    team: str
    """Department and team, as far as stated."""
    place: str
    more_places: tuple[str, ...]
    """Further places of a posting that has several."""
    work_model: str
    pay: str
    """The amounts, ``from USD 120,000``; empty where none is known."""
    pay_period: str
    """``a year``; empty where it is not known."""
    posted_at: datetime
    """When the board published it, else when it was first seen; UTC."""
    closed: str
    """``Closed`` or ``Past its deadline``; empty while it is open."""


def card(record: Record) -> Card:
    """Return what a record shows in a list."""
    places = [place["raw"] for place in record["locations"] if place["raw"]]
    first = places[0] if len(places) > 1 else record["location_text"] or "".join(places)
    team = dict.fromkeys(name for name in (record["department"], record["team"]) if name)
    known_pay = record["salary_min"] is not None or record["salary_max"] is not None
    amounts = money(record["salary_min"], record["salary_max"], record["salary_currency"])
    return Card(
        title=record["title"],
        href=f"/jobs/{record['job_id']}",
        company=record["company"],
        company_href=f"/companies/{record['org_id']}",
        team=" · ".join(team),
        place=first,
        more_places=tuple(places[1:]),
        work_model=value_label("work_model", record["work_model"]) if record["work_model"] else "",
        pay=amounts if known_pay else "",
        pay_period=pay_period(record["salary_period"]) if known_pay and record["salary_period"] else "",
        posted_at=parse_rfc3339(record["source_posted_at"] or record["first_seen_at"]),
        closed="" if record["status"] == Status.ACTIVE else value_label("status", record["status"]),
    )


def pay(record: Record) -> str:
    """Return the pay of a record in words; a dash where none is known."""
    return money(record["salary_min"], record["salary_max"], record["salary_currency"], record["salary_period"])
