"""Mentors suggested to somebody who wishes for one, and the next of a waiting list for places that became free."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.opportunities import Format
from bandmate.marketplace.rounds.domain import Limits, Pair, Round, RoundState
from bandmate.marketplace.rounds.fit import Fit
from bandmate.marketplace.rounds.gathering import Mentor, gather
from bandmate.marketplace.rounds.pairing import form_pair, tell_both
from bandmate.marketplace.rounds.proposing import propose
from bandmate.marketplace.rounds.queries import names_of

MOST = 5
FIRST_OF_WAITING = 500
"""So many of a waiting list are looked at for places that become free, those who wish longest: a page waits."""

_RANKING_OFF = text("select not ai_ranking from marketplace.profile where person_id = :person")
_FORMATS = text("""
    select distinct format from marketplace.mentoring_wish where person_id = :person and state = 'open'
""")
_OFFERS = text("""
    select o.opportunity_id, o.title, e.display_name, e.title as position, e.department, e.location
      from marketplace.opportunity o join marketplace.employee e on e.person_id = o.owner_id
     where o.opportunity_id = any(:offers)
""")
_WAITING = text("""
    select w.mentee_id from marketplace.round_waiting w
      join marketplace.round_mentee m on m.round_id = w.round_id and m.person_id = w.mentee_id
      join marketplace.mentoring_wish v on v.wish_id = m.wish_id and v.state = 'open'
     where w.round_id = :round
     order by v.created_at, w.mentee_id limit :most
""")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A mentor who would suit somebody."""

    mentor_id: PersonId
    offer_id: OpportunityId
    offer: str
    mentor: str
    about: str
    value: float
    parts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Next:
    """Somebody who waits, and a place that became free and would suit them best, all taken together."""

    mentee_id: PersonId
    mentee: str
    mentor_id: PersonId
    mentor: str
    offer_id: OpportunityId
    value: float
    parts: Mapping[str, float]


def suggestions(tx: Tx, person_id: PersonId, *, now: datetime, most: int = MOST) -> tuple[Suggestion, ...]:
    """Return the mentors who would suit a person's open wishes best, the best first.

    Only what offers name counts as taught, because everybody can see that. Empty without an open wish, while
    mentoring is not open to the person, and for whoever switched the ranking off.
    """
    if tx.execute(_RANKING_OFF, {"person": person_id}).scalar_one_or_none():
        return ()
    found: dict[OpportunityId, tuple[float, Mapping[str, float], Mentor]] = {}
    # A person has at most five open wishes, and there are four formats.
    for format_ in tx.execute(_FORMATS, {"person": person_id}).scalars().all():
        gathered = gather(tx, format_, now=now, mentees=[person_id], by_offer_alone=True)
        if not gathered.mentees or not gathered.mentors:
            continue
        fit = Fit([one.side for one in gathered.mentees], [one.side for one in gathered.mentors])
        values = fit.values(0, 1)[0]
        best = [at for at in np.argsort(-values, kind="stable")[:most].tolist() if values[at] > 0]
        parts = fit.parts(np.zeros(len(best), np.int64), np.array(best, np.int64))
        for at, why in zip(best, parts, strict=True):
            mentor = gathered.mentors[at]
            found[mentor.offer_id] = (why.value, asdict(why), mentor)
    rows = {row.opportunity_id: row for row in tx.execute(_OFFERS, {"offers": list(found)})}
    in_order = sorted(found.items(), key=lambda each: (-each[1][0], each[0]))[:most]
    return tuple(
        Suggestion(
            mentor_id=mentor.person_id,
            offer_id=offer_id,
            offer=rows[offer_id].title,
            mentor=rows[offer_id].display_name,
            about=" · ".join(
                each
                for each in (rows[offer_id].position, rows[offer_id].department, rows[offer_id].location)
                if each
            ),
            value=value,
            parts=parts_,
        )
        for offer_id, (value, parts_, mentor) in in_order
        if offer_id in rows
    )


def next_of_waiting(tx: Tx, held: Round, *, now: datetime) -> tuple[Next, ...]:
    """Return who of a published round's waiting list could have which place that is free now; for its lead."""
    if held.state is not RoundState.PUBLISHED or held.format not in set(Format):
        return ()
    asked = {"round": held.round_id, "most": FIRST_OF_WAITING}
    waiting = [PersonId(one) for one in tx.execute(_WAITING, asked).scalars()]
    if not waiting:
        return ()
    gathered = gather(tx, held.format, now=now, mentees=waiting)
    if not gathered.mentees or not gathered.mentors:
        return ()
    found = propose(
        [one.side for one in gathered.mentees],
        [one.side for one in gathered.mentors],
        [one.capacity for one in gathered.mentors],
        Limits(),
    )
    offers = {one.side.key: one.offer_id for one in gathered.mentors}
    persons = [UUID(key) for each in found.pairs for key in (each.mentee, each.mentor)]
    names = names_of(tx, persons)
    nexts = [
        Next(
            mentee_id=PersonId(UUID(each.mentee)),
            mentee=names.get(UUID(each.mentee), ""),
            mentor_id=PersonId(UUID(each.mentor)),
            mentor=names.get(UUID(each.mentor), ""),
            offer_id=offers[each.mentor],
            value=each.parts.value,
            parts=asdict(each.parts),
        )
        for each in found.pairs
    ]
    return tuple(sorted(nexts, key=lambda one: (-one.value, one.mentee_id)))


def take_next(tx: Tx, held: Round, mentee: PersonId, mentor: PersonId, *, now: datetime) -> Pair:
    """Make a pair of somebody who waits and the place that is proposed for them now, and tell both.

    Raises:
        Conflict: when it is no longer what would be proposed.
    """
    found = next((one for one in next_of_waiting(tx, held, now=now) if one.mentee_id == mentee), None)
    if found is None or found.mentor_id != mentor:
        raise Conflict(_("This proposal does not hold any more: the wish or the place is gone. Look again."))
    pair = form_pair(tx, mentee, mentor, found.offer_id, now=now, round_id=held.round_id)
    tx.execute(_NOT_WAITING, {"round": held.round_id, "mentee": mentee})
    tx.execute(
        _KEEP_WHY,
        {
            "round": held.round_id,
            "mentee": mentee,
            "mentor": mentor,
            "value": found.value,
            "topics": found.parts["topics"],
            "outlook": found.parts["outlook"],
            "hours": found.parts["hours"],
            "across": found.parts["across"],
        },
    )
    tell_both(tx, pair, held.name, now=now)
    return pair


_NOT_WAITING = text("delete from marketplace.round_waiting where round_id = :round and mentee_id = :mentee")
_KEEP_WHY = text("""
    insert into marketplace.round_pair (round_id, mentee_id, mentor_id, value, parts, price, rank)
    values (:round, :mentee, :mentor, :value,
            jsonb_build_object('topics', cast(:topics as float8), 'outlook', cast(:outlook as float8),
                               'hours', cast(:hours as float8), 'across', cast(:across as float8)), 0, 1)
    on conflict do nothing
""")
