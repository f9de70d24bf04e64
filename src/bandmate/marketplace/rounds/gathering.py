"""Who would take part in a round: open wishes, and open offers with seats left; each with what is known of them.

Only active employees to whom mentoring is open take part. A mentee has one wish in a round, their oldest; a mentor
one offer, the one with most seats left. Skills that are only proposed, and everything that says what somebody is
rather than what they do, stay out: ``fit.Side`` could not even hold it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.ids import OpportunityId, WishId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches import visible_kinds_of
from bandmate.marketplace.opportunities.seats import FREE_SEATS
from bandmate.marketplace.profiles.domain import DEFAULTS, Field, Visibility
from bandmate.marketplace.rounds.fit import Side

HIGHEST_LEVEL = 5
OFFERED = 0.8
"""How well at least somebody teaches what they offer to teach."""
UNKNOWN_LEVEL = 0.4
"""How well somebody teaches a skill of theirs that they neither offer nor gave a level."""

_WISHES = text("""
    select distinct on (w.person_id) w.person_id, w.wish_id,
           exists (select from marketplace.round_waiting q join marketplace.round r using (round_id)
                    where q.mentee_id = w.person_id and r.format = w.format
                      and r.state in ('published', 'closed')) as waited
      from marketplace.mentoring_wish w join marketplace.employee e using (person_id)
     where w.state = 'open' and w.format = :format and e.active
       and (cast(:persons as uuid[]) is null or w.person_id = any(:persons))
       and exists (select from marketplace.mentoring_wish_topic t where t.wish_id = w.wish_id)
     order by w.person_id, w.created_at, w.wish_id
""")
_TOPICS = text("""
    select wish_id, skill_uri from marketplace.mentoring_wish_topic where wish_id = any(:wishes)
""")
# With topics, only mentors who offer or have one of them: nobody else would suit.
_OFFERS = text(f"""
    select distinct on (o.owner_id) o.owner_id as person_id, o.opportunity_id as offer_id,
           {FREE_SEATS} as places
      from marketplace.opportunity o join marketplace.employee e on e.person_id = o.owner_id and e.active
     where o.kind = 'mentoring' and o.state = 'open' and o.format = :format and {FREE_SEATS} > 0
       and (o.closes_at is null or o.closes_at > :now)
       and (cast(:topics as text[]) is null
            or exists (select from marketplace.opportunity_skill s
                        where s.opportunity_id = o.opportunity_id and s.skill_uri = any(:topics)))
     order by o.owner_id, {FREE_SEATS} desc, o.created_at, o.opportunity_id
""")  # noqa: S608 - an expression of ours
_OFFERED = text("""
    select opportunity_id, skill_uri from marketplace.opportunity_skill where opportunity_id = any(:offers)
""")
_SHOWN = [Visibility.COMPANY.value, Visibility.TEAM.value]
# What somebody keeps to themselves must not show in what a pair is worth: it does not count at all.
_OWN = text(f"""
    select s.person_id, s.skill_uri, s.level
      from marketplace.profile_skill s left join marketplace.profile p using (person_id)
     where s.person_id = any(:persons) and s.use = 'has' and s.state = 'accepted'
       and coalesce(p.visibility ->> 'skills', '{DEFAULTS[Field.SKILLS]}') = any(:shown)
""")  # noqa: S608 - names of ours
_FACTS = text(f"""
    select e.person_id, e.time_zone, e.languages, e.department,
           coalesce(case when coalesce(p.visibility ->> 'working_style', '{DEFAULTS[Field.WORKING_STYLE]}')
                              = any(:shown) or p.person_id = any(:own) then p.working_style end,
                    '{{}}') as working_style,
           coalesce(case when coalesce(p.visibility ->> 'interests', '{DEFAULTS[Field.INTERESTS]}')
                              = any(:shown) or p.person_id = any(:own) then p.interests end,
                    '{{}}') as interests
      from marketplace.employee e left join marketplace.profile p using (person_id)
     where e.person_id = any(:persons)
""")  # noqa: S608 - names of ours
_ABOVE = text("""
    with recursive above (person_id, manager_id) as (
        select person_id, manager_id from marketplace.employee
         where person_id = any(:persons) and manager_id is not null
         union
        select above.person_id, e.manager_id
          from above join marketplace.employee e on e.person_id = above.manager_id
         where e.manager_id is not null)
    select person_id, array_agg(manager_id) as managers from above group by person_id
""")
_PARTNERS = text("""
    select mentee_id, mentor_id from marketplace.mentoring_pair
     where mentee_id = any(:persons) or mentor_id = any(:persons)
""")


@dataclass(frozen=True, slots=True)
class Mentee:
    """Somebody who wishes for a mentor."""

    person_id: PersonId
    wish_id: WishId
    side: Side
    waited: bool
    """Whether they were left waiting by an earlier round of the format."""


@dataclass(frozen=True, slots=True)
class Mentor:
    """Somebody who offers to be one."""

    person_id: PersonId
    offer_id: OpportunityId
    capacity: int
    side: Side


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everybody who takes part."""

    mentees: tuple[Mentee, ...]
    mentors: tuple[Mentor, ...]


def gather(
    tx: Tx,
    format_: str,
    *,
    now: datetime,
    mentees: Collection[PersonId] | None = None,
    by_offer_alone: bool = False,
) -> Gathered:
    """Return who would take part in a round of this format, in a stable order.

    Args:
        tx: any connection; eight queries, however many take part.
        format_: of the round.
        now: when; time zones are taken as of that day.
        mentees: only these, and only mentors who offer what they want; None for everybody.
        by_offer_alone: for suggestions to ``mentees``: of mentors only what the whole company may see counts, and
            they teach what their offer names. Else whatever somebody does not keep to themselves alone.
    """
    only = None if mentees is None else list(mentees)
    wishes = tx.execute(_WISHES, {"format": format_, "persons": only}).all()
    topics = _topics(tx, [row.wish_id for row in wishes])
    wanted = None if mentees is None else sorted({topic for each in topics.values() for topic in each})
    offers = tx.execute(_OFFERS, {"format": format_, "now": now, "topics": wanted}).all()
    persons = sorted({row.person_id for row in (*wishes, *offers)})
    open_to = {one for one, kinds in visible_kinds_of(tx, persons).items() if Kind.MENTORING in kinds}
    shown = _SHOWN[:1] if by_offer_alone else _SHOWN
    sides = _Sides(tx, persons, now.date(), shown=shown, own=(only or []) if by_offer_alone else [])
    teaches = _taught(tx, offers, by_offer_alone=by_offer_alone)
    return Gathered(
        tuple(
            Mentee(
                PersonId(row.person_id),
                WishId(row.wish_id),
                sides.of(row.person_id, dict.fromkeys(sorted(topics[row.wish_id]), 1.0)),
                row.waited,
            )
            for row in wishes
            if row.person_id in open_to
        ),
        tuple(
            Mentor(
                PersonId(row.person_id),
                OpportunityId(row.offer_id),
                row.places,
                sides.of(row.person_id, teaches[row.person_id]),
            )
            for row in offers
            if row.person_id in open_to
        ),
    )


def _topics(tx: Tx, wishes: Sequence[UUID]) -> Mapping[UUID, set[str]]:
    topics: defaultdict[UUID, set[str]] = defaultdict(set)
    for row in tx.execute(_TOPICS, {"wishes": list(wishes)}):
        topics[row.wish_id].add(row.skill_uri)
    return topics


def _taught(tx: Tx, offers: Sequence[Any], *, by_offer_alone: bool) -> Mapping[UUID, dict[str, float]]:
    """Return what each mentor can teach, by how well: above 0, at most 1."""
    owners = {row.offer_id: row.person_id for row in offers}
    teaches: defaultdict[UUID, dict[str, float]] = defaultdict(dict)
    if not by_offer_alone:
        for row in tx.execute(_OWN, {"persons": list(owners.values()), "shown": _SHOWN}):
            known = UNKNOWN_LEVEL if row.level is None else min(row.level / HIGHEST_LEVEL, 1.0)
            if known > 0:
                teaches[row.person_id][row.skill_uri] = known
    for row in tx.execute(_OFFERED, {"offers": list(owners)}):
        theirs = teaches[owners[row.opportunity_id]]
        theirs[row.skill_uri] = max(theirs.get(row.skill_uri, 1.0), OFFERED)
    return teaches


class _Sides:
    """What is known of persons beside skills, read for all of them at once."""

    def __init__(
        self, tx: Tx, persons: Sequence[UUID], day: date, *, shown: Sequence[str], own: Sequence[UUID]
    ) -> None:
        asked = {"persons": list(persons), "shown": list(shown), "own": list(own)}
        self._facts = {row.person_id: row for row in tx.execute(_FACTS, asked)}
        self._day = day
        self._never: defaultdict[UUID, set[str]] = defaultdict(set)
        for row in tx.execute(_ABOVE, {"persons": list(persons)}):
            self._never[row.person_id].update(map(str, row.managers))
        for row in tx.execute(_PARTNERS, {"persons": list(persons)}):
            self._never[row.mentee_id].add(str(row.mentor_id))
            self._never[row.mentor_id].add(str(row.mentee_id))

    def of(self, person: UUID, skills: Mapping[str, float]) -> Side:
        """Return a person with what they want or teach."""
        facts = self._facts[person]
        return Side(
            key=str(person),
            skills=skills,
            style={axis: int(value) for axis, value in facts.working_style.items()},
            interests=frozenset(each.casefold() for each in facts.interests),
            languages=frozenset(each.partition("-")[0].casefold() for each in facts.languages or () if each),
            utc_offset=utc_offset(facts.time_zone, self._day),
            department=facts.department or None,
            never=frozenset(self._never.get(person, ())) - {str(person)},
        )


def utc_offset(zone: str | None, day: date) -> float | None:
    """Return how many hours a time zone (IANA) is ahead of UTC at noon of a day; None where it is not known."""
    if not zone:
        return None
    try:
        ahead = datetime.combine(day, time(12), UTC).astimezone(ZoneInfo(zone)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    return None if ahead is None else ahead.total_seconds() / 3_600
