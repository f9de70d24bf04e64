"""Writing claims: their person adds, changes and removes them; other rooms add those of what was finished."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, InvalidInput, NotFound
from bandmate.kernel.ids import PersonId, fast_derived_id
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.tasks import defer
from bandmate.marketplace.ids import ClaimId
from bandmate.marketplace.profiles import events
from bandmate.marketplace.profiles.domain import Visibility
from bandmate.marketplace.profiles.portfolio.domain import MOST_CLAIMS, Claim, ClaimText, ConfirmationState
from bandmate.marketplace.profiles.portfolio.queries import claim_of
from bandmate.marketplace.profiles.tables import claim, claim_confirmation, claim_skill
from bandmate.marketplace.profiles.writing import READ_TEXTS

_QUEUE = text("select pg_advisory_xact_lock(hashtextextended('marketplace.claim ' || :person, 0))")


def claim_id_for(person_id: PersonId, key: str) -> ClaimId:
    """Return the id of what a person, or a room for them, adds under a key: the same key is the same claim."""
    return ClaimId(fast_derived_id("marketplace.claim", str(person_id), key))


def add_claim(
    tx: Tx,
    person_id: PersonId,
    claim_id: ClaimId,
    said: ClaimText,
    *,
    visibility: Visibility = Visibility.ME,
    now: datetime,
) -> Claim:
    """Add a claim to a person's portfolio. The same id again changes nothing and returns what stands.

    Other rooms call it when something is finished, with ``claim_id_for(person_id, "project <id>")``. It is the
    person's own from then on: they may change it, remove it, ask for confirmations, and take it with them. One
    that they removed stays removed.

    Raises:
        InvalidInput: when the portfolio is full.
        NotFound: when the person removed this very claim.
    """
    tx.execute(_QUEUE, {"person": str(person_id)})
    made = tx.execute(
        insert(claim)
        .values(
            claim_id=claim_id,
            person_id=person_id,
            visibility=visibility.value,
            created_at=now,
            changed_at=now,
            **_values(said),
        )
        .on_conflict_do_nothing()
        .returning(claim.c.claim_id)
    ).one_or_none()
    if made is not None:
        _check_count(tx, person_id)
        _write_skills(tx, claim_id, said.skills)
        events.tell(tx, events.CLAIM_ADDED, person_id, {"claim": str(claim_id), "kind": said.kind.value}, now)
        defer(tx, READ_TEXTS, person_id=str(person_id))
    return one(tx, person_id, claim_id)


def change_claim(
    tx: Tx,
    person_id: PersonId,
    claim_id: ClaimId,
    said: ClaimText,
    *,
    visibility: Visibility,
    version: int | None,
    now: datetime,
) -> Claim:
    """Change a claim; confirmations of what it said before are lost, and what was asked is asked of the new words.

    Who may see it is no part of what was confirmed: a change of that alone keeps every confirmation.

    Raises:
        NotFound: when the person has no such claim.
        Conflict: when it has another version by now, and says something else than is wanted.
    """
    before = _locked(tx, person_id, claim_id)
    if before.text == said and before.visibility is visibility:
        return before
    if version is not None and version != before.version:
        raise Conflict(
            _(
                "This was changed from another window after you opened it, so nothing was saved now. "
                "What you typed is still here. Save again to replace what is saved."
            ),
            version=before.version,
        )
    says_otherwise = before.text != said
    tx.execute(
        update(claim)
        .where(claim.c.claim_id == claim_id)
        .values(visibility=visibility.value, version=before.version + 1, changed_at=now, **_values(said))
    )
    if says_otherwise:
        _write_skills(tx, claim_id, said.skills)
        _lose_confirmations(tx, claim_id, before.version + 1)
        defer(tx, READ_TEXTS, person_id=str(person_id))
    told: dict[str, str | int] = {"claim": str(claim_id), "version": before.version + 1}
    events.tell(tx, events.CLAIM_CHANGED, person_id, told, now)
    return one(tx, person_id, claim_id)


def remove_claim(tx: Tx, person_id: PersonId, claim_id: ClaimId, *, now: datetime) -> Claim:
    """Remove a claim; for a day it can be brought back. What was confirmed of it goes and comes with it.

    Raises:
        NotFound: when the person has no such claim.
    """
    found = _locked(tx, person_id, claim_id)
    tx.execute(update(claim).where(claim.c.claim_id == claim_id).values(deleted_at=now))
    events.tell(tx, events.CLAIM_REMOVED, person_id, {"claim": str(claim_id)}, now)
    defer(tx, READ_TEXTS, person_id=str(person_id))
    return found


def restore_claim(tx: Tx, person_id: PersonId, claim_id: ClaimId, *, now: datetime) -> Claim:
    """Bring a removed claim back as it was; again, it changes nothing.

    Raises:
        NotFound: when it is gone for good.
        InvalidInput: when the portfolio is full.
    """
    tx.execute(_QUEUE, {"person": str(person_id)})
    back = tx.execute(
        update(claim)
        .where(claim.c.claim_id == claim_id, claim.c.person_id == person_id, claim.c.deleted_at.is_not(None))
        .values(deleted_at=None)
    )
    if back.rowcount:
        _check_count(tx, person_id)
        kind = one(tx, person_id, claim_id).kind.value
        events.tell(tx, events.CLAIM_ADDED, person_id, {"claim": str(claim_id), "kind": kind}, now)
        defer(tx, READ_TEXTS, person_id=str(person_id))
    return one(tx, person_id, claim_id)


def one(tx: Tx, person_id: PersonId, claim_id: ClaimId) -> Claim:
    """Return one claim of a person.

    Raises:
        NotFound: when they have no such claim.
    """
    found = claim_of(tx, person_id, claim_id)
    if found is None:
        raise NotFound(_("There is no such entry in your portfolio; perhaps it was removed."))
    return found


def _locked(tx: Tx, person_id: PersonId, claim_id: ClaimId) -> Claim:
    tx.execute(select(claim.c.claim_id).where(claim.c.claim_id == claim_id).with_for_update())
    return one(tx, person_id, claim_id)


def _values(said: ClaimText) -> dict[str, object]:
    return {
        "kind": said.kind.value,
        "title": said.title,
        "words": said.words,
        "organisation": said.organisation,
        "from_date": said.from_date,
        "to_date": said.to_date,
        "opportunity_id": said.opportunity_id,
    }


def _write_skills(tx: Tx, claim_id: ClaimId, skills: Mapping[str, str]) -> None:
    tx.execute(delete(claim_skill).where(claim_skill.c.claim_id == claim_id))
    if skills:
        rows = [{"claim_id": claim_id, "skill_uri": uri, "label": label} for uri, label in skills.items()]
        tx.execute(insert(claim_skill), rows)


def _lose_confirmations(tx: Tx, claim_id: ClaimId, version: int) -> None:
    of_claim = claim_confirmation.c.claim_id == claim_id
    tx.execute(
        update(claim_confirmation)
        .where(of_claim, claim_confirmation.c.state == ConfirmationState.CONFIRMED.value)
        .values(state=ConfirmationState.LOST.value)
    )
    # Whoever has not answered yet is shown the new words.
    tx.execute(
        update(claim_confirmation)
        .where(of_claim, claim_confirmation.c.state == ConfirmationState.ASKED.value)
        .values(claim_version=version)
    )


def _check_count(tx: Tx, person_id: PersonId) -> None:
    standing = select(func.count()).where(claim.c.person_id == person_id, claim.c.deleted_at.is_(None))
    if tx.execute(standing).scalar_one() > MOST_CLAIMS:
        raise InvalidInput(
            _("A portfolio holds at most {most} entries. Remove one first.").format(most=MOST_CLAIMS),
            field="title",
        )
