"""Single pairs: formed when a mentor accepts somebody or a lead takes the next of a waiting list, and ended.

Locks are taken in the order wish, offer, pair, as applying and publishing a round do. None of this commits.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, InvalidInput
from bandmate.kernel.events import publish
from bandmate.kernel.identity import Asker
from bandmate.kernel.ids import PersonId, new_id
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.notify import request_message
from bandmate.marketplace.ids import OpportunityId, PairId, RoundId
from bandmate.marketplace.opportunities import settle_seats
from bandmate.marketplace.opportunities.seats import FREE_SEATS
from bandmate.marketplace.rounds import events
from bandmate.marketplace.rounds.asking import check_pair, no_pair
from bandmate.marketplace.rounds.domain import LONGEST_REASON, Pair
from bandmate.marketplace.rounds.letters import Told, told_ended, told_mentee, told_mentor, who_is_told
from bandmate.marketplace.rounds.queries import held_pair, pair_of

_WISH = text("""
    select wish_id from marketplace.mentoring_wish
     where person_id = :mentee and format = :format and state = :state
     order by created_at, wish_id limit 1 for update
""")
_WISH_FORMAT = text("""
    select o.format from marketplace.opportunity o where o.opportunity_id = :offer and o.kind = 'mentoring'
""")
_LASTING = text("""
    select pair_id, mentee_id, mentor_id, format, round_id, offer_id, formed_at, ended_at, end_reason, version
      from marketplace.mentoring_pair
     where mentee_id = :mentee and mentor_id = :mentor and format = :format and ended_at is null for update
""")
_HOLD_OFFER = text("select from marketplace.opportunity where opportunity_id = :offer for update")
# Read after the lock, by a statement that sees what others wrote under it. A seat kept for the mentee is theirs.
_OFFER = text(f"""
    select o.owner_id, o.state,
           {FREE_SEATS} + (select count(*) from marketplace.application a
                            where a.opportunity_id = o.opportunity_id and a.person_id = :mentee
                              and a.state = 'offered') as places,
           exists (select from marketplace.application a
                    where a.opportunity_id = o.opportunity_id and a.person_id = :mentee
                      and a.state = 'accepted') as seated
      from marketplace.opportunity o where o.opportunity_id = :offer
""")  # noqa: S608 - an expression of ours
_FORM = text("""
    insert into marketplace.mentoring_pair (pair_id, mentee_id, mentor_id, format, round_id, offer_id, formed_at)
    values (:pair, :mentee, :mentor, :format, :round, :offer, :now)
""")
_SET_WISH = text("""
    update marketplace.mentoring_wish set state = :state, version = version + 1, changed_at = :now
     where wish_id = :wish
""")
_END = text("""
    update marketplace.mentoring_pair set ended_at = :now, end_reason = :reason, version = version + 1
     where pair_id = :pair
""")


def form_pair(
    tx: Tx,
    mentee: PersonId,
    mentor: PersonId,
    offer_id: OpportunityId,
    *,
    now: datetime,
    round_id: RoundId | None = None,
) -> Pair:
    """Make two a pair on an offer of mentoring: called when the mentor accepts the mentee. Again, nothing changes.

    The mentee's oldest open wish for the format becomes matched, the seats of the offer are counted anew. Nobody
    is told: whoever calls it knows what it is the answer to.

    Raises:
        NotFound: when there is no such offer of this mentor.
        Conflict: when the offer has no seat left, or is not open.
        InvalidInput: when somebody would be their own mentor.
    """
    if mentee == mentor:
        raise InvalidInput(_("Nobody is their own mentor."), field="mentee")
    format_ = tx.execute(_WISH_FORMAT, {"offer": offer_id}).scalar_one_or_none()
    if format_ is None:
        raise no_pair()
    both = {"mentee": mentee, "mentor": mentor, "format": format_}
    wish = tx.execute(_WISH, {**both, "state": "open"}).scalar_one_or_none()
    tx.execute(_HOLD_OFFER, {"offer": offer_id})
    there = tx.execute(_LASTING, both).one_or_none()
    if there is not None:
        return pair_of(there)
    offer = tx.execute(_OFFER, {"offer": offer_id, "mentee": mentee}).one()
    if offer.owner_id != mentor:
        raise no_pair()
    # Whoever was just accepted may have been counted already.
    if not offer.seated and (offer.places < 1 or offer.state != "open"):
        raise Conflict(_("This offer has no place left, or is not open any more."))
    pair_id = PairId(new_id())
    values = {**both, "pair": pair_id, "round": round_id, "offer": offer_id, "now": now}
    tx.execute(_FORM, values)
    if wish is not None:
        tx.execute(_SET_WISH, {"wish": wish, "state": "matched", "now": now})
    settle_seats(tx, [offer_id], now=now)
    publish(tx, [events.pair_formed(pair_id, mentee, mentor, format_, round_id, now)])
    return held_pair(tx, pair_id)


def tell_both(tx: Tx, pair: Pair, round_name: str, *, now: datetime) -> None:
    """Tell both of a pair that a lead formed after the round was published."""
    people = who_is_told(tx, pair.round_id, [pair.mentee_id, pair.mentor_id])
    mentee, mentor = people[pair.mentee_id], people[pair.mentor_id]
    told = Told(pair.pair_id, round_name, now)
    request_message(tx, told_mentee(told, mentee, mentor, None), now=now)
    request_message(tx, told_mentor(told, mentor, [mentee]), now=now)


def end_pair(
    tx: Tx, asker: Asker, pair_id: PairId, *, reason: str, version: int, now: datetime, wish_again: bool = True
) -> Pair:
    """End a pair, by either of the two or by a programme lead; the seat is given back. Ended, it stays so.

    Args:
        tx: writes.
        asker: who ends it.
        pair_id: which.
        reason: why, in words that both of them read.
        version: the version that was looked at.
        now: when.
        wish_again: when the mentee ends it: whether their wish opens again. When somebody else does, it opens.

    Raises:
        NotFound: when there is no such pair of the asker.
        InvalidInput: without a reason, or with one longer than can be kept.
        Conflict: when it was changed since ``version``.
    """
    found = held_pair(tx, pair_id)
    check_pair(tx, asker, found)
    said = reason.replace("\x00", "").replace("\r\n", "\n").strip()
    wish = tx.execute(
        _WISH, {"mentee": found.mentee_id, "format": found.format, "state": "matched"}
    ).scalar_one_or_none()
    if found.offer_id is not None:
        tx.execute(_HOLD_OFFER, {"offer": found.offer_id})
    held = held_pair(tx, pair_id, lock=True)
    if held.ended_at is not None:
        return held
    if held.version != version:
        raise Conflict(_("This pair was changed since you opened the page. Look at it again, then decide."))
    if not said:
        raise InvalidInput(_("Say in a few words why it ends; the other one reads it."), field="reason")
    if len(said) > LONGEST_REASON:
        raise InvalidInput(
            _("This has {count} characters; {most} are enough.").format(count=len(said), most=LONGEST_REASON),
            field="reason",
        )
    tx.execute(_END, {"pair": pair_id, "reason": said, "now": now})
    if wish is not None:
        opens = wish_again or asker.person_id != held.mentee_id
        tx.execute(_SET_WISH, {"wish": wish, "state": "open" if opens else "withdrawn", "now": now})
    if held.offer_id is not None:
        settle_seats(tx, [held.offer_id], now=now)
    publish(tx, [events.pair_ended(pair_id, held.mentee_id, held.mentor_id, now)])
    _tell_end(tx, held, asker.person_id, said, now)
    return held_pair(tx, pair_id)


def _tell_end(tx: Tx, held: Pair, by: PersonId | None, words: str, now: datetime) -> None:
    """Tell whoever did not end it themselves."""
    people = who_is_told(tx, None, [held.mentee_id, held.mentor_id])
    for one, other in ((held.mentee_id, held.mentor_id), (held.mentor_id, held.mentee_id)):
        if one != by and one in people and other in people:
            request_message(tx, told_ended(held.pair_id, people[one], people[other], words, now=now), now=now)
