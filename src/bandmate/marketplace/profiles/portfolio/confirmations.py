"""Confirmations: a person asks somebody who was there; they confirm or decline in their own words.

Only the person who owns a claim asks and withdraws; only who was asked answers, and only while asked. An answer is
to the very words that were shown: where the claim was changed meanwhile, nothing is answered.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, InvalidInput, NotFound
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.notify import request_message
from bandmate.marketplace.ids import ClaimId
from bandmate.marketplace.profiles import events
from bandmate.marketplace.profiles.domain import plain
from bandmate.marketplace.profiles.portfolio import letters
from bandmate.marketplace.profiles.portfolio.claims import one
from bandmate.marketplace.profiles.portfolio.domain import (
    LONGEST_ANSWER,
    MOST_OPEN_ASKS,
    Claim,
    ConfirmationState,
    Role,
)
from bandmate.marketplace.profiles.portfolio.queries import asked_of, names_of
from bandmate.marketplace.profiles.queries import is_employee
from bandmate.marketplace.profiles.tables import claim, claim_confirmation

_QUEUE = text("select pg_advisory_xact_lock(hashtextextended('marketplace.claim ' || :person, 0))")


def ask(
    tx: Tx, person_id: PersonId, claim_id: ClaimId, confirmer: PersonId, role: Role, *, now: datetime
) -> Claim:
    """Ask somebody to confirm a claim of one's own; they get a message. Asked again, nothing changes.

    Who declined is not asked again for the same words: a no is an answer.

    Raises:
        NotFound: when the person has no such claim.
        InvalidInput: when one asks oneself, or who is asked does not work here.
        Conflict: when they declined these words, or too many questions are open.
    """
    tx.execute(_QUEUE, {"person": str(person_id)})
    asked = one(tx, person_id, claim_id)
    if confirmer == person_id:
        raise InvalidInput(_("You cannot confirm your own work. Ask somebody who was there."), field="confirmer")
    if not (is_employee(tx, person_id) and is_employee(tx, confirmer)):
        raise InvalidInput(_("Only people who work here can ask and confirm."), field="confirmer")
    before = next((each for each in asked.confirmations if each.by_person == confirmer), None)
    if before is not None and before.state in {ConfirmationState.ASKED, ConfirmationState.CONFIRMED}:
        return asked
    if before is not None and before.state is ConfirmationState.DECLINED and before.claim_version == asked.version:
        raise Conflict(_("They declined to confirm this as it stands. Change it first, or ask somebody else."))
    _check_open(tx, person_id)
    values = {
        "role_of_confirmer": role.value,
        "state": ConfirmationState.ASKED.value,
        "words": "",
        "claim_version": asked.version,
        "asked_at": now,
        "answered_at": None,
    }
    tx.execute(
        insert(claim_confirmation)
        .values(claim_id=claim_id, by_person=confirmer, **values)
        .on_conflict_do_update(index_elements=["claim_id", "by_person"], set_=values)
    )
    name = names_of(tx, [person_id]).get(person_id, "")
    request_message(tx, letters.asked(asked, confirmer, name, now), now=now)
    told = {"claim": str(claim_id), "by": str(confirmer)}
    events.tell(tx, events.CONFIRMATION_ASKED, person_id, told, now)
    return one(tx, person_id, claim_id)


def withdraw(tx: Tx, person_id: PersonId, claim_id: ClaimId, confirmer: PersonId) -> Claim:
    """Take back a question that was not answered yet; what was answered stays, and again it changes nothing.

    Raises:
        NotFound: when the person has no such claim.
    """
    one(tx, person_id, claim_id)
    waiting = claim_confirmation.c.state == ConfirmationState.ASKED.value
    tx.execute(delete(claim_confirmation).where(_of(claim_id, confirmer), waiting))
    return one(tx, person_id, claim_id)


def answer(
    tx: Tx, confirmer: PersonId, claim_id: ClaimId, *, confirms: bool, words: str, version: int, now: datetime
) -> Claim:
    """Answer a question; whoever asked gets a message. The same answer again changes nothing.

    Args:
        tx: the transaction.
        confirmer: who answers.
        claim_id: which claim.
        confirms: yes or no.
        words: why, for the person who asked; with a yes they stand beside the claim.
        version: of the claim that was shown.
        now: when.

    Raises:
        NotFound: when nobody asked them, or the question was withdrawn.
        Conflict: when they answered otherwise already, or the claim was changed meanwhile.
        InvalidInput: when the words are too long.
    """
    said = plain(words, LONGEST_ANSWER, "words", lines=True)
    tx.execute(select(claim.c.claim_id).where(claim.c.claim_id == claim_id).with_for_update())
    found = next((each for each in asked_of(tx, confirmer) if each.claim.claim_id == claim_id), None)
    if found is None:
        raise NotFound(_("Nobody asks you to confirm this any more; perhaps the question was withdrawn."))
    state = ConfirmationState.CONFIRMED if confirms else ConfirmationState.DECLINED
    if (found.mine.state, found.mine.words) == (state, said):
        return found.claim
    if found.mine.state is not ConfirmationState.ASKED:
        raise Conflict(_("You have answered this already. Ask the person to send you the question again."))
    if version != found.claim.version:
        raise Conflict(_("This was changed after you opened it. Read what it says now, then answer."))
    tx.execute(
        update(claim_confirmation)
        .where(_of(claim_id, confirmer))
        .values(state=state.value, words=said, answered_at=now, claim_version=version)
    )
    name = names_of(tx, [confirmer]).get(confirmer, "")
    request_message(tx, letters.answered(found.claim, name, confirms=confirms, words=said, now=now), now=now)
    told = {"claim": str(claim_id), "by": str(confirmer), "state": state.value}
    events.tell(tx, events.CONFIRMATION_ANSWERED, found.claim.person_id, told, now)
    return found.claim


def _of(claim_id: ClaimId, confirmer: PersonId) -> ColumnElement[bool]:
    return and_(claim_confirmation.c.claim_id == claim_id, claim_confirmation.c.by_person == confirmer)


def _check_open(tx: Tx, person_id: PersonId) -> None:
    waiting = tx.execute(
        select(func.count())
        .select_from(claim_confirmation.join(claim, claim.c.claim_id == claim_confirmation.c.claim_id))
        .where(
            claim.c.person_id == person_id,
            claim.c.deleted_at.is_(None),
            claim_confirmation.c.state == ConfirmationState.ASKED.value,
        )
    ).scalar_one()
    if waiting >= MOST_OPEN_ASKS:
        raise Conflict(
            _("{count} of your questions wait for an answer. Wait for some, or withdraw one first.").format(
                count=waiting
            )
        )
