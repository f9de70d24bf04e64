"""What ends when somebody leaves: their offers of mentoring, their pairs, what they applied for, their seats.

Jobs and projects go on; they wait for a new owner (``queries.orphans``). Who comes back begins anew.
Locks are taken in the order wish, opportunity, pair or application.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel import audit
from bandmate.kernel.database.session import Tx
from bandmate.kernel.events import StoredEvent, publish
from bandmate.kernel.events.subscriptions import Subscription
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import ENGLISH, speaking
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.notify import request_message
from bandmate.marketplace.applying import letters
from bandmate.marketplace.applying.domain import UNDER_WAY, State
from bandmate.marketplace.applying.letters import Letter, News
from bandmate.marketplace.applying.writing import Taken, hold, take
from bandmate.marketplace.handover.acts import CLOSED_FOR_LEAVER
from bandmate.marketplace.ids import ApplicationId, PairId
from bandmate.marketplace.opportunities import events as opportunity_events
from bandmate.marketplace.opportunities import settle_seats
from bandmate.marketplace.people.events import LEFT
from bandmate.marketplace.rounds.events import pair_ended
from bandmate.marketplace.rounds.letters import Reader, told_ended, who_is_told

BY = "directory"
"""Who acts, in the audit trail."""
BATCH = 200

_ENDING = [state.value for state in (*UNDER_WAY, State.ACCEPTED)]

# Of these persons, or of everybody, who left and left something behind.
_LEAVERS = text("""
    select e.person_id from marketplace.employee e
     where not e.active and (cast(:persons as uuid[]) is null or e.person_id = any(:persons))
       and (exists (select from marketplace.mentoring_pair p
                     where (p.mentor_id = e.person_id or p.mentee_id = e.person_id) and p.ended_at is null)
            or exists (select from marketplace.opportunity o
                        where o.owner_id = e.person_id and o.kind = 'mentoring' and o.state in ('open', 'filled'))
            or exists (select from marketplace.application a
                        where a.person_id = e.person_id and a.state = any(:states))
            or exists (select from marketplace.team_member t
                        where t.person_id = e.person_id and t.left_at is null))
     order by e.person_id limit :limit
""")
_PAIRS = """
    select pair_id, mentee_id, mentor_id, format, offer_id from marketplace.mentoring_pair
     where (mentee_id = any(:persons) or mentor_id = any(:persons)) and ended_at is null
"""
_HOLD_WISHES = text(f"""
    select from marketplace.mentoring_wish w
     where w.state = 'matched' and (w.person_id, w.format) in (select mentee_id, format from ({_PAIRS}) p)
     order by w.wish_id for update
""")  # noqa: S608 - a statement of ours
_HOLD_OPPORTUNITIES = text(f"""
    select from marketplace.opportunity o
     where o.opportunity_id in (select offer_id from ({_PAIRS}) p)
        or o.owner_id = any(:persons) and o.kind = 'mentoring'
        or o.opportunity_id in (select opportunity_id from marketplace.application
                                 where person_id = any(:persons) and state = any(:states))
        or o.opportunity_id in (select opportunity_id from marketplace.team_member
                                 where person_id = any(:persons) and left_at is null)
     order by o.opportunity_id for update
""")  # noqa: S608 - a statement of ours
_HOLD_PAIRS = text(_PAIRS + " order by pair_id for update")
_CLOSE_OFFERS = text("""
    update marketplace.opportunity set state = 'closed', version = version + 1, changed_at = :now
     where owner_id = any(:persons) and kind = 'mentoring' and state in ('open', 'filled')
    returning opportunity_id, kind, version
""")
_END_PAIRS = text("""
    update marketplace.mentoring_pair p set ended_at = :now, end_reason = t.reason, version = version + 1
      from unnest(cast(:ids as uuid[]), cast(:reasons as text[])) as t(pair_id, reason)
     where p.pair_id = t.pair_id
""")
# The mentee's oldest matched wish of the format opens again; that of a mentee who left does not.
_WISHES = text("""
    update marketplace.mentoring_wish w
       set state = case when t.mentee_id = any(:persons) then 'withdrawn' else 'open' end, version = version + 1,
           changed_at = :now
      from unnest(cast(:mentees as uuid[]), cast(:formats as text[])) as t(mentee_id, format)
     where w.wish_id = (select wish_id from marketplace.mentoring_wish o
                         where o.person_id = t.mentee_id and o.format = t.format and o.state = 'matched'
                         order by created_at, wish_id limit 1)
""")
_APPLICATIONS = text("""
    select application_id from marketplace.application
     where person_id = any(:persons) and state = any(:states) order by application_id
""")
_LEAVE_TEAMS = text("""
    update marketplace.team_member set left_at = :now where person_id = any(:persons) and left_at is null
    returning opportunity_id
""")
_OWNERS = text("""
    select a.application_id, o.owner_id, o.opportunity_id, o.title, p.name
      from marketplace.application a
      join marketplace.opportunity o using (opportunity_id)
      join marketplace.employee e on e.person_id = o.owner_id and e.active
      join kernel.person p on p.person_id = a.person_id
     where a.application_id = any(:ids) and o.kind <> 'mentoring'
""")


def settle_leavers(tx: Tx, persons: Collection[PersonId] | None, *, now: datetime) -> int:
    """End what those of these persons who left have going on, or of everybody; again, it changes nothing.

    Returns:
        How many were settled, at most ``BATCH``; that many: call again.
    """
    wanted = None if persons is None else sorted(persons)
    values = {"persons": wanted, "states": _ENDING, "limit": BATCH}
    leavers = [PersonId(each) for each in tx.execute(_LEAVERS, values).scalars()]
    if leavers:
        held = {"persons": leavers, "states": _ENDING, "now": now}
        tx.execute(_HOLD_WISHES, held)
        tx.execute(_HOLD_OPPORTUNITIES, held)
        _close_offers(tx, held, now)
        _end_pairs(tx, leavers, now)
        _leave(tx, held, now)
    return len(leavers)


def _close_offers(tx: Tx, held: dict[str, Any], now: datetime) -> None:
    """Close their offers of mentoring before pairs end: no seat of theirs opens again."""
    rows = tx.execute(_CLOSE_OFFERS, held).all()
    for row in rows:  # what one mentor offers
        audit.note(tx, by=BY, action=CLOSED_FOR_LEAVER, subject=str(row.opportunity_id), at=now)
    closed = opportunity_events.CLOSED
    publish(
        tx,
        [
            opportunity_events.opportunity_event(closed, row.opportunity_id, row.kind, row.version, now)
            for row in rows
        ],
    )


def _end_pairs(tx: Tx, leavers: Sequence[PersonId], now: datetime) -> None:
    """End their pairs, with a reason for the other one, who is told."""
    pairs = tx.execute(_HOLD_PAIRS, {"persons": leavers}).all()
    if not pairs:
        return
    people = who_is_told(tx, None, [each for row in pairs for each in (row.mentee_id, row.mentor_id)])
    ended = [_ended(row, people, frozenset(leavers)) for row in pairs]
    values = {"ids": [each.pair_id for each in ended], "reasons": [each.reason for each in ended], "now": now}
    tx.execute(_END_PAIRS, values)
    wishes = sorted({(row.mentee_id, row.format) for row in pairs})
    both = {"mentees": [mentee for mentee, _format in wishes], "formats": [format_ for _mentee, format_ in wishes]}
    tx.execute(_WISHES, {**both, "persons": leavers, "now": now})
    settle_seats(tx, sorted({row.offer_id for row in pairs if row.offer_id is not None}), now=now)
    publish(tx, [pair_ended(row.pair_id, row.mentee_id, row.mentor_id, now) for row in pairs])
    for each in ended:
        if each.stays is not None:
            request_message(tx, told_ended(each.pair_id, each.stays, each.gone, each.reason, now=now), now=now)


@dataclass(frozen=True, slots=True)
class _Ended:
    """A pair of which somebody left."""

    pair_id: PairId
    gone: Reader
    stays: Reader | None
    """None where both left."""
    reason: str
    """In the language of who is left to read it."""


def _ended(row: Any, people: Mapping[PersonId, Reader], leavers: frozenset[PersonId]) -> _Ended:
    mentor, mentee = people[row.mentor_id], people[row.mentee_id]
    gone, other = (mentor, mentee) if mentor.person_id in leavers else (mentee, mentor)
    stays = None if other.person_id in leavers else other
    with speaking((stays.locale if stays else None) or ENGLISH):
        reason = _("{name} does not work here any more.").format(name=gone.name)
    return _Ended(PairId(row.pair_id), gone, stays, reason)


def _leave(tx: Tx, held: dict[str, Any], now: datetime) -> None:
    """Withdraw what they applied for and free the seats they had; owners are told."""
    ids = [ApplicationId(each) for each in tx.execute(_APPLICATIONS, held).scalars()]
    seats: set[UUID] = set(tx.execute(_LEAVE_TEAMS, held).scalars())
    if ids:
        before = {each.application_id: each.state for each in hold(tx, ids)}
        made = take(tx, ids, Taken(State.WITHDRAWN, None, now))
        seats |= {each.opportunity_id for each in made}
        told = [each for each, state in before.items() if state is not State.INTERESTED]
        letters.send(tx, [_letter(row) for row in tx.execute(_OWNERS, {"ids": told})], now=now)
    settle_seats(tx, sorted(seats), now=now)


def _letter(row: Any) -> Letter:
    def write() -> News:
        return News(
            _("{name} has left").format(name=row.name),
            (
                _("{name} does not work here any more, and so is out of “{title}”.").format(
                    name=row.name, title=row.title
                ),
            ),
            f"/opportunities/{row.opportunity_id}/applicants",
            _("See who is left"),
            letters.because_you_own(),
        )

    return Letter(PersonId(row.owner_id), ("left", str(row.application_id)), write)


def _hear(tx: Tx, batch: Sequence[StoredEvent]) -> None:
    """Settle who left; hearing it twice, or of somebody who is back, changes nothing."""
    persons = [PersonId(UUID(each.event.subject)) for each in batch]
    settle_leavers(tx, persons, now=batch[-1].recorded_at)


SUBSCRIPTION = Subscription("marketplace.leaving", frozenset({LEFT}), _hear, batch=BATCH)
"""Hears who left."""
