"""Publishing a round: pairs, wishes, seats, decisions, messages and events in one transaction, once.

Locks are taken in this order: the round, its wishes, the offers. What changed since the preview is looked at anew
under these locks: a wish that was withdrawn, an offer that was closed or filled. Such a pair does not come about;
the lead reads which, and whoever still wishes stands on the waiting list.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from bandmate.kernel import audit
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict
from bandmate.kernel.events import publish
from bandmate.kernel.ids import PersonId, fast_derived_id
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.notify import MessageRequest, request_messages
from bandmate.marketplace.ids import OpportunityId, PairId, RoundId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches import visible_kinds_of
from bandmate.marketplace.opportunities import settle_seats
from bandmate.marketplace.opportunities.seats import FREE_SEATS
from bandmate.marketplace.rounds import events
from bandmate.marketplace.rounds.deciding import Outcome, record_round
from bandmate.marketplace.rounds.domain import (
    STILL_WAITS,
    Gone,
    Proposed,
    Reason,
    Round,
    RoundState,
    Standing,
    settle,
)
from bandmate.marketplace.rounds.letters import Told, told_mentee, told_mentor, told_waiting, who_is_told
from bandmate.marketplace.rounds.queries import held_round

_WISHES = """
    select w.person_id, w.state, w.format
      from marketplace.mentoring_wish w
     where w.wish_id in (select wish_id from marketplace.round_mentee where round_id = :round)
     order by w.wish_id
"""
_HOLD_OFFERS = text("""
    select from marketplace.opportunity
     where opportunity_id in (select offer_id from marketplace.round_mentor where round_id = :round)
     order by opportunity_id for update
""")
_OFFERS = text(f"""
    select o.opportunity_id, o.state, {FREE_SEATS} as places, o.title,
           o.closes_at is not null and o.closes_at <= :now as over
      from marketplace.opportunity o
     where o.opportunity_id in (select offer_id from marketplace.round_mentor where round_id = :round)
     order by o.opportunity_id
""")  # noqa: S608 - an expression of ours
_READ_WISHES, _HOLD_WISHES = text(_WISHES), text(_WISHES + " for update")
_PROPOSED = text("""
    select p.mentee_id, p.mentor_id, p.value, p.parts, p.price, p.rank, m.offer_id,
           coalesce(m.wanted, 0) as wanted
      from marketplace.round_pair p
      left join marketplace.round_mentor m on m.round_id = p.round_id and m.person_id = p.mentor_id
     where p.round_id = :round
""")
_WAITING = text("select mentee_id, reason from marketplace.round_waiting where round_id = :round")
_MENTORS = text("select person_id, offer_id from marketplace.round_mentor where round_id = :round")
_LASTING = text("""
    select mentee_id, mentor_id from marketplace.mentoring_pair
     where ended_at is null and format = :format
       and mentee_id in (select person_id from marketplace.round_mentee where round_id = :round)
""")
_FORM = text("""
    insert into marketplace.mentoring_pair (pair_id, mentee_id, mentor_id, format, round_id, offer_id, formed_at)
    select pair_id, mentee_id, mentor_id, :format, :round, offer_id, :now
      from json_to_recordset(cast(:rows as json))
           as t(pair_id uuid, mentee_id uuid, mentor_id uuid, offer_id uuid)
    on conflict do nothing
""")
_MATCHED = text("""
    update marketplace.mentoring_wish w set state = 'matched', version = version + 1, changed_at = :now
      from marketplace.round_mentee m
     where m.round_id = :round and w.wish_id = m.wish_id and m.person_id = any(:mentees) and w.state = 'open'
""")
_DROP_PAIRS = text("""
    delete from marketplace.round_pair where round_id = :round and mentee_id = any(:mentees)
""")
_STRIP_PAIRS = text("update marketplace.round_pair set parts = parts - 'others' where round_id = :round")
_DROP_WAITING = text("""
    delete from marketplace.round_waiting where round_id = :round and mentee_id <> all(:mentees)
""")
_WAIT = text("""
    insert into marketplace.round_waiting (round_id, mentee_id, reason)
    select :round, unnest(cast(:mentees as uuid[])), 'no_place' on conflict do nothing
""")
_PUBLISH = text("""
    update marketplace.round
       set state = 'published', published_at = :now, changed_at = :now, version = version + 1,
           figures = (figures - 'others') || cast(:added as jsonb)
     where round_id = :round
""")


@dataclass(frozen=True, slots=True)
class Skipped:
    """A pair of the preview that did not come about."""

    mentee: PersonId
    mentor: PersonId
    why: Gone


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing came to."""

    round: Round
    pairs: int
    waiting: int
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What happens when the preview is published as things stand."""

    kept: tuple[Proposed, ...]
    gone: tuple[tuple[Proposed, Gone], ...]
    waiting: Mapping[PersonId, Reason]
    rows: Mapping[PersonId, Any]
    """The pairs of the preview, by mentee."""
    offers: Mapping[UUID, str]
    """Titles of the offers."""
    offer_of: Mapping[UUID, UUID]
    """Of each mentor."""


def publish_round(tx: Tx, by: PersonId, round_id: RoundId, *, version: int, now: datetime) -> Published:
    """Publish the preview of a round. One that is published stays as it is, and nobody is told twice.

    Raises:
        NotFound: when there is no such round.
        Conflict: when it was changed since ``version``, or has no preview by its present limits.
    """
    held = held_round(tx, round_id, lock=True)
    if held.state in (RoundState.PUBLISHED, RoundState.CLOSED):
        return published_of(held)
    if held.version != version:
        raise Conflict(_("Somebody changed this round since you opened the page. Look at it again, then decide."))
    if held.state is not RoundState.PREVIEW:
        raise Conflict(_("This round has no preview by its present limits. Look at a preview first."))
    # Held first and read after, by statements that see what others wrote before they let go.
    tx.execute(_HOLD_WISHES, {"round": held.round_id})
    tx.execute(_HOLD_OFFERS, {"round": held.round_id})
    plan = _plan(tx, held, now)
    _write(tx, held, plan, now)
    _decide(tx, held, plan, by, now)
    _tell(tx, held, plan, now)
    audit.note(
        tx, by=by, action=events.PUBLISHED, subject=str(round_id), at=now, details={"pairs": str(len(plan.kept))}
    )
    return published_of(held_round(tx, round_id))


def outlook(tx: Tx, held: Round, *, now: datetime) -> Published:
    """Return what publishing would come to at this moment; nothing is changed or locked."""
    plan = _plan(tx, held, now)
    return Published(held, len(plan.kept), len(plan.waiting), _skipped(plan))


def published_of(held: Round) -> Published:
    """Return what publishing came to, from the record."""
    told = (held.figures or {}).get("published") or {}
    return Published(
        held,
        int(told.get("pairs", 0)),
        int(told.get("waiting", 0)),
        tuple(
            Skipped(PersonId(UUID(one["mentee"])), PersonId(UUID(one["mentor"])), Gone(one["why"]))
            for one in told.get("skipped", ())
        ),
    )


def _plan(tx: Tx, held: Round, now: datetime) -> _Plan:
    about = {"round": held.round_id}
    wishing = frozenset(
        PersonId(row.person_id)
        for row in tx.execute(_READ_WISHES, about)
        if row.state == "open" and row.format == held.format
    )
    offers = tx.execute(_OFFERS, {**about, "now": now}).all()
    rows = {PersonId(row.mentee_id): row for row in tx.execute(_PROPOSED, about)}
    waited = {PersonId(row.mentee_id): Reason(row.reason) for row in tx.execute(_WAITING, about)}
    persons = sorted({*rows, *waited, *(row.mentor_id for row in rows.values())})
    allowed = frozenset(
        one
        for one, kinds in visible_kinds_of(tx, [PersonId(one) for one in persons]).items()
        if Kind.MENTORING in kinds
    )
    standing = Standing(
        wishing=wishing,
        allowed=allowed,
        places={
            OpportunityId(row.opportunity_id): row.places for row in offers if row.state == "open" and not row.over
        },
        pairs=frozenset(
            (PersonId(row.mentee_id), PersonId(row.mentor_id))
            for row in tx.execute(_LASTING, {**about, "format": held.format})
        ),
    )
    proposed = [
        Proposed(
            mentee,
            PersonId(row.mentor_id),
            None if row.offer_id is None else OpportunityId(row.offer_id),
            row.value,
        )
        for mentee, row in rows.items()
    ]
    kept, gone = settle(proposed, standing)
    waiting = {one: reason for one, reason in waited.items() if one in wishing and one in allowed}
    waiting |= {each.mentee: Reason.NO_PLACE for each, why in gone if why in STILL_WAITS}
    return _Plan(
        kept,
        gone,
        waiting,
        rows,
        {row.opportunity_id: row.title for row in offers},
        {row.person_id: row.offer_id for row in tx.execute(_MENTORS, about)},
    )


def _skipped(plan: _Plan) -> tuple[Skipped, ...]:
    return tuple(Skipped(each.mentee, each.mentor, why) for each, why in plan.gone)


def pair_id_of(round_id: RoundId, mentee: PersonId, mentor: PersonId) -> PairId:
    """Return the id of a pair that a round forms."""
    return PairId(fast_derived_id("marketplace.pair", str(round_id), str(mentee), str(mentor)))


def _write(tx: Tx, held: Round, plan: _Plan, now: datetime) -> None:
    about = {"round": held.round_id, "now": now}
    mentees = [each.mentee for each in plan.kept]
    rows = [
        {
            "pair_id": pair_id_of(held.round_id, each.mentee, each.mentor),
            "mentee_id": each.mentee,
            "mentor_id": each.mentor,
            "offer_id": each.offer_id,
        }
        for each in plan.kept
    ]
    tx.execute(_FORM, {**about, "format": held.format, "rows": orjson.dumps(rows).decode()})
    tx.execute(_MATCHED, {**about, "mentees": mentees})
    gone = [each.mentee for each, _why in plan.gone]
    tx.execute(_DROP_PAIRS, {**about, "mentees": gone})
    tx.execute(_STRIP_PAIRS, about)
    tx.execute(_WAIT, {**about, "mentees": list(plan.waiting)})
    tx.execute(_DROP_WAITING, {**about, "mentees": list(plan.waiting)})
    settle_seats(tx, sorted({each.offer_id for each in plan.kept if each.offer_id}), now=now)
    told = {
        "pairs": len(plan.kept),
        "waiting": len(plan.waiting),
        "skipped": [
            {"mentee": str(one.mentee), "mentor": str(one.mentor), "why": one.why.value} for one in _skipped(plan)
        ],
    }
    tx.execute(_PUBLISH, {**about, "added": orjson.dumps({"published": told}).decode()})
    publish(
        tx,
        [
            events.round_published(held.round_id, held.format, len(plan.kept), len(plan.waiting), now),
            *(
                events.pair_formed(
                    pair_id_of(held.round_id, each.mentee, each.mentor),
                    each.mentee,
                    each.mentor,
                    held.format,
                    held.round_id,
                    now,
                )
                for each in plan.kept
            ),
        ],
    )


def _decide(tx: Tx, held: Round, plan: _Plan, by: PersonId, now: datetime) -> None:
    figures = held.figures or {}
    unpaired: Mapping[str, Sequence[Any]] = figures.get("others") or {}

    def titles(others: Sequence[Any]) -> list[tuple[str, float]]:
        found = ((plan.offers.get(plan.offer_of.get(UUID(key), UUID(int=0))), value) for key, value in others)
        return [(title, value) for title, value in found if title]

    paired = [
        Outcome(
            mentee=each.mentee,
            parts=row.parts,
            offer=plan.offers.get(each.offer_id, "") if each.offer_id else "",
            price=row.price,
            rank=row.rank,
            wanted=row.wanted,
            reason=None,
            others=titles(row.parts.get("others", ())),
        )
        for each, row in ((each, plan.rows[each.mentee]) for each in plan.kept)
    ]
    waiting = [
        Outcome(
            mentee=mentee,
            parts=None,
            offer="",
            price=0.0,
            rank=0,
            wanted=0,
            reason=reason,
            others=titles(
                plan.rows[mentee].parts.get("others", ()) if mentee in plan.rows else unpaired.get(str(mentee), ())
            ),
        )
        for mentee, reason in plan.waiting.items()
    ]
    record_round(tx, held.round_id, held.name, figures, [*paired, *waiting], by=by, now=now)


def _tell(tx: Tx, held: Round, plan: _Plan, now: datetime) -> None:
    told = Told(held.round_id, held.name, now)
    mentors = {each.mentor for each in plan.kept}
    people = who_is_told(tx, held.round_id, [*(each.mentee for each in plan.kept), *mentors, *plan.waiting])
    theirs: defaultdict[PersonId, list[PersonId]] = defaultdict(list)
    letters: list[MessageRequest] = []
    for each in plan.kept:
        theirs[each.mentor].append(each.mentee)
        letters.append(told_mentee(told, people[each.mentee], people[each.mentor], plan.rows[each.mentee].parts))
    letters += [
        told_mentor(told, people[mentor], [people[one] for one in mentees]) for mentor, mentees in theirs.items()
    ]
    letters += [told_waiting(told, people[mentee], reason) for mentee, reason in plan.waiting.items()]
    request_messages(tx, letters, now=now)
