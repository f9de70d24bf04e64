"""Reading rounds, for programme leads alone; and pairs, for the two and for programme leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.ids import OpportunityId, PairId, RoundId
from bandmate.marketplace.opportunities.seats import FREE_SEATS
from bandmate.marketplace.rounds.asking import no_pair, no_round
from bandmate.marketplace.rounds.domain import Limits, Pair, Round, RoundState

A_PAGE = 25

_COLUMNS = """
    round_id, name, format, state, limits, figures, created_by, version, created_at, changed_at, previewed_at,
    published_at
"""
_ALL = text(f"select {_COLUMNS} from marketplace.round order by created_at desc, round_id")  # noqa: S608 - ours
_ONE = f"select {_COLUMNS} from marketplace.round where round_id = :round"  # noqa: S608 - our own columns
_ONE_READ, _ONE_LOCKED = text(_ONE), text(_ONE + " for update")
_COUNTS = text(f"""
    select (select count(distinct w.person_id)
              from marketplace.mentoring_wish w join marketplace.employee e using (person_id)
             where w.state = 'open' and w.format = :format and e.active) as mentees,
           (select count(distinct o.owner_id)
              from marketplace.opportunity o join marketplace.employee e on e.person_id = o.owner_id and e.active
             where o.kind = 'mentoring' and o.state = 'open' and o.format = :format
               and {FREE_SEATS} > 0 and (o.closes_at is null or o.closes_at > :now)) as mentors
""")  # noqa: S608 - an expression of ours
_CHANGES = text("""
    select (select count(*) from marketplace.mentoring_wish
             where format = :format and changed_at > :since) as wishes,
           (select count(*) from marketplace.opportunity
             where kind = 'mentoring' and format = :format and changed_at > :since) as offers,
           (select count(*)
              from (select person_id from marketplace.round_mentee where round_id = :round
                     union select person_id from marketplace.round_mentor where round_id = :round) t
              join marketplace.employee e using (person_id) left join marketplace.profile p using (person_id)
             where greatest(e.changed_at, p.changed_at) > :since) as people
""")
_DEPARTMENTS = text("""
    select e.department, count(distinct w.person_id) as many
      from marketplace.mentoring_wish w join marketplace.employee e using (person_id)
     where w.state = 'open' and w.format = :format and e.active and e.department <> ''
     group by e.department order by lower(e.department) limit 200
""")
_PAIRS = """
      from marketplace.round_pair p
      left join marketplace.employee a on a.person_id = p.mentee_id
      left join marketplace.employee b on b.person_id = p.mentor_id
      left join marketplace.round_mentor m on m.round_id = p.round_id and m.person_id = p.mentor_id
     where p.round_id = :round and (:words = '' or strpos(lower(concat_ws(' ', a.display_name, a.department,
           b.display_name, b.department)), lower(:words)) > 0)
"""
_PAIRS_SHOWN = text(f"""
    select p.mentee_id, p.mentor_id, p.value, p.parts - 'others' as parts, p.price, p.rank,
           coalesce(m.wanted, 0) as wanted,
           coalesce(a.display_name, '') as mentee, a.title as mentee_title, a.department as mentee_department,
           a.location as mentee_location, coalesce(b.display_name, '') as mentor, b.title as mentor_title,
           b.department as mentor_department, b.location as mentor_location
           {_PAIRS}
     order by lower(a.display_name), p.mentee_id limit :limit offset :offset
""")
_PAIRS_COUNTED = text(f"select count(*) {_PAIRS}")
_WAITING = text("""
    select w.mentee_id, w.reason, coalesce(e.display_name, '') as mentee, e.title, e.department,
           exists (select from marketplace.mentoring_wish v
                    where v.wish_id = m.wish_id and v.state = 'open') as still_wishes
      from marketplace.round_waiting w
      join marketplace.round_mentee m on m.round_id = w.round_id and m.person_id = w.mentee_id
      left join marketplace.employee e on e.person_id = w.mentee_id
     where w.round_id = :round order by lower(e.display_name), w.mentee_id limit :limit
""")
_WAITING_COUNTED = text("""
    select reason, count(*) as many from marketplace.round_waiting where round_id = :round
     group by reason order by many desc, reason
""")
_NAMES = text("select person_id, display_name from marketplace.employee where person_id = any(:persons)")
_PAIR = "pair_id, mentee_id, mentor_id, format, round_id, offer_id, formed_at, ended_at, end_reason, version"
_PAIR_READ = f"select {_PAIR} from marketplace.mentoring_pair where pair_id = :pair"  # noqa: S608 - our columns
_ONE_PAIR, _ONE_PAIR_LOCKED = text(_PAIR_READ), text(_PAIR_READ + " for update")
# Of the parts only what a published round says.
_MINE = text("""
    select p.pair_id, p.mentee_id, p.mentor_id, p.format, p.round_id, p.offer_id, p.formed_at, p.ended_at,
           p.end_reason, p.version, r.name as round_name, q.parts - 'others' as parts, q.value,
           o.title as offer_title, o.cadence,
           e.person_id as other_id, coalesce(e.display_name, '') as other, e.title, e.department, e.location,
           e.time_zone, coalesce(e.active, false) as other_active
      from marketplace.mentoring_pair p
      left join marketplace.employee e
             on e.person_id = case when p.mentee_id = :person then p.mentor_id else p.mentee_id end
      left join marketplace.round r on r.round_id = p.round_id and r.state in ('published', 'closed')
      left join marketplace.round_pair q
             on q.round_id = r.round_id and q.mentee_id = p.mentee_id and q.mentor_id = p.mentor_id
      left join marketplace.opportunity o on o.opportunity_id = p.offer_id
     where (p.mentee_id = :person or p.mentor_id = :person) and (p.ended_at is null or :ended)
     order by p.ended_at is not null, p.formed_at desc, p.pair_id
""")


@dataclass(frozen=True, slots=True)
class PairsPage:
    """A part of a round's pairs."""

    rows: Sequence[Any]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // A_PAGE))


@dataclass(frozen=True, slots=True)
class MyPair:
    """A pair as one of the two sees it."""

    pair: Pair
    is_mentee: bool
    other_id: PersonId | None
    other: str
    title: str | None
    department: str | None
    location: str | None
    time_zone: str | None
    other_active: bool
    round_name: str | None
    offer_title: str | None
    cadence: str | None
    parts: Mapping[str, Any] | None
    value: float | None


def all_rounds(tx: Tx) -> tuple[Round, ...]:
    """Return every round, newest first; for programme leads."""
    return tuple(_round(row) for row in tx.execute(_ALL))


def held_round(tx: Tx, round_id: RoundId, *, lock: bool = False) -> Round:
    """Return a round, for programme leads.

    Raises:
        NotFound: when there is none.
    """
    row = tx.execute(_ONE_LOCKED if lock else _ONE_READ, {"round": round_id}).one_or_none()
    if row is None:
        raise no_round()
    return _round(row)


def who_could(tx: Tx, format_: str, *, now: datetime) -> tuple[int, int]:
    """Return how many wish for a mentor and how many offer to be one in a format, before anybody is looked at."""
    row = tx.execute(_COUNTS, {"format": format_, "now": now}).one()
    return row.mentees, row.mentors


@dataclass(frozen=True, slots=True)
class Changes:
    """How many of what a preview is made from changed since it was worked out."""

    wishes: int = 0
    offers: int = 0
    people: int = 0

    def __bool__(self) -> bool:
        """Tell whether anything did."""
        return bool(self.wishes or self.offers or self.people)


def changes_since_preview(tx: Tx, held: Round) -> Changes:
    """Return what changed since the preview that stands; nothing where none does."""
    if held.state is not RoundState.PREVIEW or held.previewed_at is None:
        return Changes()
    about = {"round": held.round_id, "format": held.format, "since": held.previewed_at}
    row = tx.execute(_CHANGES, about).one()
    return Changes(row.wishes, row.offers, row.people)


def departments_wishing(tx: Tx, format_: str) -> Mapping[str, int]:
    """Return how many people of each department wish for a mentor in a format, by the department's name."""
    return {row.department: row.many for row in tx.execute(_DEPARTMENTS, {"format": format_})}


def round_pairs(tx: Tx, round_id: RoundId, *, words: str = "", page: int = 1, size: int = A_PAGE) -> PairsPage:
    """Return the pairs of a round by the mentee's name, those with these words in a name or department."""
    values = {"round": round_id, "words": words.replace("\x00", "").strip()}
    total = tx.execute(_PAIRS_COUNTED, values).scalar_one()
    rows = tx.execute(_PAIRS_SHOWN, {**values, "limit": size, "offset": (page - 1) * size}).all()
    return PairsPage(rows, total, page)


def round_waiting(tx: Tx, round_id: RoundId, *, limit: int = 1_000_000) -> Sequence[Any]:
    """Return who waits, by name."""
    return tx.execute(_WAITING, {"round": round_id, "limit": limit}).all()


def waiting_counts(tx: Tx, round_id: RoundId) -> dict[str, int]:
    """Return how many wait for which reason."""
    return {row.reason: row.many for row in tx.execute(_WAITING_COUNTED, {"round": round_id})}


def names_of(tx: Tx, persons: Sequence[UUID]) -> dict[UUID, str]:
    """Return the names of employees, as the directory has them."""
    return {row.person_id: row.display_name for row in tx.execute(_NAMES, {"persons": list(persons)})}


def held_pair(tx: Tx, pair_id: PairId, *, lock: bool = False) -> Pair:
    """Return a pair whoever asks; the caller decides who may.

    Raises:
        NotFound: when there is none.
    """
    row = tx.execute(_ONE_PAIR_LOCKED if lock else _ONE_PAIR, {"pair": pair_id}).one_or_none()
    if row is None:
        raise no_pair()
    return pair_of(row)


def pairs_of(tx: Tx, person_id: PersonId, *, ended: bool = False) -> tuple[MyPair, ...]:
    """Return a person's own pairs, as mentee and as mentor, those that last first."""
    return tuple(_mine(row, person_id) for row in tx.execute(_MINE, {"person": person_id, "ended": ended}))


def pair_of(row: Any) -> Pair:
    """Return the pair that a row tells of."""
    return Pair(
        pair_id=PairId(row.pair_id),
        mentee_id=PersonId(row.mentee_id),
        mentor_id=PersonId(row.mentor_id),
        format=row.format,
        round_id=None if row.round_id is None else RoundId(row.round_id),
        offer_id=None if row.offer_id is None else OpportunityId(row.offer_id),
        formed_at=row.formed_at,
        ended_at=row.ended_at,
        end_reason=row.end_reason,
        version=row.version,
    )


def _mine(row: Any, person_id: PersonId) -> MyPair:
    return MyPair(
        pair=pair_of(row),
        is_mentee=row.mentee_id == person_id,
        other_id=None if row.other_id is None else PersonId(row.other_id),
        other=row.other,
        title=row.title,
        department=row.department,
        location=row.location,
        time_zone=row.time_zone,
        other_active=row.other_active,
        round_name=row.round_name,
        offer_title=row.offer_title,
        cadence=row.cadence,
        parts=row.parts,
        value=row.value,
    )


def _round(row: Any) -> Round:
    return Round(
        round_id=RoundId(row.round_id),
        name=row.name,
        format=row.format,
        state=RoundState(row.state),
        limits=Limits.of_json(row.limits),
        figures=row.figures,
        created_by=PersonId(row.created_by),
        version=row.version,
        created_at=row.created_at,
        changed_at=row.changed_at,
        previewed_at=row.previewed_at,
        published_at=row.published_at,
    )
