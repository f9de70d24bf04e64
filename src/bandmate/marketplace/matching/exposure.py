"""Who was seen: measured from what was shown, for opportunities and for people, with intervals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import LiteralString

from sqlalchemy import text

from bandmate.engines.matching import Exposure, GroupExposure, by_group, exposure_of
from bandmate.kernel.database.session import Tx

UNKNOWN = ""
"""The group of those whose department or country is not stated."""


class By(StrEnum):
    """What exposure is told apart by."""

    DEPARTMENT = "department"
    COUNTRY = "country"


@dataclass(frozen=True, slots=True)
class ExposureReport:
    """Exposure over some days."""

    lists: Exposure
    opportunities: tuple[GroupExposure, ...]
    """By the opportunity's department or country: in how many people's lists one stood, for each seat."""
    people: tuple[GroupExposure, ...]
    """By the person's: to how many owners somebody who stood in any list of people was shown."""


_LISTS = text("""
    select s.person_id, s.opportunity_id
      from marketplace.shown s join marketplace.opportunity o using (opportunity_id)
     where s.list = 'for_you' and s.day between :first and :last
     group by s.person_id, s.opportunity_id
""")

_COLUMNS: Mapping[By, LiteralString] = {By.DEPARTMENT: "department", By.COUNTRY: "country"}


def measured(tx: Tx, first: date, last: date) -> Exposure:
    """Return how evenly for-you lists showed what was open on these days; for programme leads."""
    seen: defaultdict[object, list[int]] = defaultdict(list)
    numbers: dict[object, int] = {}
    for row in tx.execute(_LISTS, {"first": first, "last": last}):
        seen[row.person_id].append(numbers.setdefault(row.opportunity_id, len(numbers)))
    unseen = tx.execute(
        text("""
            select count(*) from marketplace.opportunity o
             where o.state = 'open' and not exists (
                   select from marketplace.shown s where s.opportunity_id = o.opportunity_id
                      and s.list = 'for_you' and s.day between :first and :last)
        """),
        {"first": first, "last": last},
    ).scalar_one()
    return exposure_of(list(seen.values()), len(numbers) + int(unseen))


def exposure_report(tx: Tx, first: date, last: date, *, by: By, minimum: int = 10) -> ExposureReport:
    """Return exposure on these days by department or country; for programme leads.

    Intervals are 95 %, of a mean over members taken as independent. Groups of people with fewer than ``minimum``
    members are left out: a small group tells of single persons.
    """
    days = {"first": first, "last": last}
    column = _COLUMNS[by]
    opportunities: defaultdict[str, list[float]] = defaultdict(list)
    for row in tx.execute(
        text(
            "select coalesce(o." + column + ", '') as name, count(distinct s.person_id) as seen, o.seats"  # noqa: S608 - names of ours
            """
              from marketplace.opportunity o
              left join marketplace.shown s on s.opportunity_id = o.opportunity_id
                   and s.list = 'for_you' and s.day between :first and :last
             where o.state <> 'draft'
             group by o.opportunity_id
            """
        ),
        days,
    ):
        opportunities[row.name].append(row.seen / max(1, row.seats))
    people: defaultdict[str, list[float]] = defaultdict(list)
    for row in tx.execute(
        text(
            "select coalesce(e." + column + ", '') as name, count(distinct s.opportunity_id) as seen"  # noqa: S608 - names of ours
            """
              from marketplace.employee e
              join marketplace.shown s on s.person_id = e.person_id
                   and s.list = 'candidates' and s.day between :first and :last
             group by e.person_id
            """
        ),
        days,
    ):
        people[row.name].append(float(row.seen))
    return ExposureReport(measured(tx, first, last), by_group(opportunities), by_group(people, minimum=minimum))
