"""What gets seen, for programme leads: how evenly, what is crowded, what is never shown, from shown to applied.

Everything is counted from for-you lists that people opened. Nothing is told apart by anything about a person, and
numbers of people below ``LEAST`` are not told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import text

from bandmate.engines.matching import MOST_SEATS, gini, lorenz
from bandmate.kernel.database.session import Tx
from bandmate.kernel.decisions.groups import wilson
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches import visible_kinds
from bandmate.marketplace.launches.domain import LaunchState
from bandmate.marketplace.launches.queries import launches
from bandmate.marketplace.matching.tasks import KEPT_DAYS

Ints = npt.NDArray[np.int64]

LEAST = 10
"""Fewer people than that are "fewer than 10": a small number tells of single persons."""
PERIODS = (7, 30, 90, 365)
"""Days that can be asked for. Fixed ones: two periods of one's own choice would tell of a single day."""
CROWDED, UNSEEN = 10, 25
"""So many opportunities are named."""
_TENTHS = 10
_NEW = timedelta(days=3)
"""What opened so shortly before can hardly have been seen."""

# Shown in a list on these days, or open with a free seat and never shown.
_ROWS = text("""
    with seen as (
        select opportunity_id, count(distinct person_id) as people from marketplace.shown
         where list = 'for_you' and day between :first and :last group by opportunity_id)
    select o.opportunity_id, o.kind, o.title, o.department, o.state, greatest(o.seats - o.seats_taken, 0) as seats,
           coalesce(s.people, 0) as people, coalesce(p.price, 0) as price, o.listed_at, o.opens_at,
           exists (select from marketplace.opportunity_skill k
                    where k.opportunity_id = o.opportunity_id) as names_skills
      from marketplace.opportunity o
      left join seen s using (opportunity_id)
      left join marketplace.opportunity_price p using (opportunity_id)
     where s.opportunity_id is not null
        or o.state = 'open' and o.seats > o.seats_taken and (o.opens_at is null or o.opens_at <= :now)
           and (o.closes_at is null or o.closes_at > :now)
     order by o.opportunity_id
""")
# Applied is who took that step on the day they were first shown it, or later.
_PEOPLE = text("""
    with pairs as (
        select s.person_id, s.opportunity_id, min(s.day) as day from marketplace.shown s
         where s.list = 'for_you' and s.day between :first and :last group by s.person_id, s.opportunity_id),
    applied as (
        select distinct a.person_id, a.opportunity_id
          from pairs join marketplace.application a using (person_id, opportunity_id)
          join marketplace.application_step t using (application_id)
         where t.state = 'applied' and cast(t.at at time zone 'UTC' as date) between pairs.day and :last)
    select o.kind, count(distinct pairs.person_id) as people, count(*) as pairs,
           count(distinct applied.person_id) as applicants, count(applied.person_id) as applications
      from pairs join marketplace.opportunity o using (opportunity_id)
      left join applied using (person_id, opportunity_id)
     group by grouping sets ((o.kind), ())
""")


@dataclass(frozen=True, slots=True)
class Evenness:
    """How evenly opportunities were shown."""

    opportunities: int
    shown: int
    """Of them, those that stood in any list."""
    gini: float
    gini_of_seats: float
    """The same for each free seat, at most ten of an opportunity."""
    busiest_tenth: float
    """Share of all showings that the most shown tenth has."""

    @property
    def coverage(self) -> float:
        """Share of the opportunities that stood in any list."""
        return self.shown / self.opportunities if self.opportunities else 0.0


@dataclass(frozen=True, slots=True)
class Funnel:
    """From shown to applied."""

    people: int | None
    """Shown something; None: fewer than ``LEAST``, but somebody."""
    shown: int | None
    """Showings: a person and an opportunity, however often, count once. None where ``people`` is."""
    applications: int | None
    """Of these, followed by an application; None: of fewer than ``LEAST`` people."""

    @property
    def rate(self) -> float | None:
        """Share of the showings that an application followed."""
        return None if self.applications is None or not self.shown else self.applications / self.shown

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the rate (Wilson), taking showings as independent."""
        return None if self.applications is None or not self.shown else wilson(self.applications, self.shown)


@dataclass(frozen=True, slots=True)
class KindSeen:
    """A kind of opportunity, or all of them."""

    kind: Kind | None
    evenness: Evenness
    funnel: Funnel


@dataclass(frozen=True, slots=True)
class OpportunitySeen:
    """How often one opportunity was shown."""

    opportunity_id: OpportunityId
    kind: Kind
    title: str
    department: str | None
    state: str
    seats: int
    """Free ones."""
    people: int | None
    """To how many it was shown; None: to fewer than ``LEAST``, but to somebody."""
    price: float
    names_skills: bool
    is_new: bool
    kind_is_open: bool
    """To anybody."""
    readable: bool
    """Whether who asks can open its page."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What got seen from one day to another."""

    first: date
    last: date
    everything: KindSeen
    kinds: tuple[KindSeen, ...]
    curve: tuple[tuple[float, float], ...]
    """The Lorenz curve: what share of the showings the least shown share has."""
    tenths: tuple[float, ...]
    """Share of the showings of each tenth of the opportunities, the most shown first; they add up to 1."""
    crowded: tuple[OpportunitySeen, ...]
    """Shown to the most people for each free seat, of those that still have one."""
    unseen: tuple[OpportunitySeen, ...]
    """Open and never shown, the longest open first."""
    unseen_count: int


def seen(tx: Tx, reader: PersonId | None, *, days: int, now: datetime) -> Seen:
    """Return what got seen in the last ``days`` days, today included; the caller made sure that a lead asks.

    Args:
        tx: Reads.
        reader: Who asks: pages of kinds that are not open to them are not linked.
        days: At most ``KEPT_DAYS``; what was shown is not kept longer.
        now: When.
    """
    last = now.date()
    first = last - timedelta(days=min(days, KEPT_DAYS) - 1)
    asked = {"first": first, "last": last, "now": now}
    rows = tx.execute(_ROWS, asked).all()
    funnels = {row.kind and Kind(row.kind): _funnel(row) for row in tx.execute(_PEOPLE, asked)}
    by_kind: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row)
    counts = _counts(rows)
    make = _Maker(tx, reader, now)
    bookable = [row for row in rows if row.people and row.state == "open" and row.seats]
    crowded = sorted(bookable, key=lambda row: (-row.people / min(row.seats, MOST_SEATS), row.opportunity_id))
    never = sorted((row for row in rows if not row.people), key=lambda row: (make.opened(row), row.opportunity_id))
    return Seen(
        first=first,
        last=last,
        everything=KindSeen(None, _evenness(rows), _together(funnels)),
        kinds=tuple(
            KindSeen(kind, _evenness(by_kind[kind]), funnels.get(kind, _NOBODY)) for kind in Kind if by_kind[kind]
        ),
        curve=lorenz(counts),
        tenths=_tenths(counts),
        crowded=tuple(make.opportunity(row) for row in crowded[:CROWDED] if row.people >= LEAST),
        unseen=tuple(make.opportunity(row) for row in never[:UNSEEN]),
        unseen_count=len(never),
    )


def every_opportunity(tx: Tx, reader: PersonId | None, *, days: int, now: datetime) -> tuple[OpportunitySeen, ...]:
    """Return all of them with how often each was shown, by id, for a file; as ``seen``."""
    last = now.date()
    first = last - timedelta(days=min(days, KEPT_DAYS) - 1)
    make = _Maker(tx, reader, now)
    rows = tx.execute(_ROWS, {"first": first, "last": last, "now": now})
    return tuple(make.opportunity(row) for row in rows)


_NOBODY = Funnel(0, 0, 0)


class _Maker:
    """Makes what is told of opportunities."""

    def __init__(self, tx: Tx, reader: PersonId | None, now: datetime) -> None:
        self._readable = visible_kinds(tx, reader)
        self._standing = launches(tx)
        self._now = now

    def opened(self, row: Any) -> datetime:
        """Return when it could first be found here."""
        opened: datetime = row.listed_at or row.opens_at or self._now
        return opened

    def opportunity(self, row: Any) -> OpportunitySeen:
        kind = Kind(row.kind)
        return OpportunitySeen(
            opportunity_id=OpportunityId(row.opportunity_id),
            kind=kind,
            title=row.title,
            department=row.department,
            state=row.state,
            seats=row.seats,
            people=_told(row.people),
            price=float(row.price),
            names_skills=row.names_skills,
            is_new=self._now - self.opened(row) < _NEW,
            kind_is_open=self._standing[kind].state is not LaunchState.OFF,
            readable=kind in self._readable,
        )


def _funnel(row: Any) -> Funnel:
    people = _told(row.people)
    applications = row.applications if people is not None and _told(row.applicants) is not None else None
    return Funnel(people, None if people is None else row.pairs, applications)


def _together(funnels: Mapping[Kind | None, Funnel]) -> Funnel:
    """Return the sums, without those from which what a kind does not tell could be worked out."""
    whole = funnels.get(None, _NOBODY)
    kinds = [each for kind, each in funnels.items() if kind is not None]
    return Funnel(
        whole.people,
        None if any(each.shown is None for each in kinds) else whole.shown,
        None if any(each.applications is None for each in kinds) else whole.applications,
    )


def _told(people: int) -> int | None:
    return people if people == 0 or people >= LEAST else None


def _counts(rows: Sequence[Any]) -> Ints:
    return np.array([row.people for row in rows], np.int64)


def _evenness(rows: Sequence[Any]) -> Evenness:
    counts = _counts(rows)
    seats = np.clip(np.array([row.seats for row in rows], np.int64), 1, MOST_SEATS)
    busiest = np.sort(counts)[::-1][: max(1, len(counts) // _TENTHS)].sum()
    return Evenness(
        opportunities=len(rows),
        shown=int((counts > 0).sum()),
        gini=gini(counts),
        gini_of_seats=gini(counts, seats),
        busiest_tenth=float(busiest / counts.sum()) if counts.sum() else 0.0,
    )


def _tenths(counts: Ints) -> tuple[float, ...]:
    """Return the share of each tenth; an opportunity on a border belongs to both in part, as on the curve."""
    up = [share for _across, share in lorenz(counts, _TENTHS)]
    return tuple(after - before for before, after in pairwise(up))[::-1]
