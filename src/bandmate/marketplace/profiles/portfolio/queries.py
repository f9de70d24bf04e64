"""Reading claims. Whose they are, and who may see them, is the caller's to decide (``profiles.visibility``)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, select, text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.ids import ClaimId
from bandmate.marketplace.profiles.domain import Visibility
from bandmate.marketplace.profiles.portfolio.domain import (
    Claim,
    ClaimKind,
    Confirmation,
    ConfirmationState,
    Role,
)
from bandmate.marketplace.profiles.tables import claim, claim_confirmation, claim_skill

_NEWEST_FIRST = (
    claim.c.to_date.desc().nulls_first(),
    claim.c.from_date.desc().nulls_last(),
    claim.c.created_at.desc(),
    claim.c.claim_id,
)


def claims_of(tx: Tx, person_ids: Sequence[PersonId]) -> Mapping[PersonId, tuple[Claim, ...]]:
    """Return the claims of these persons, what goes on still or ended last first; every person is a key."""
    found: defaultdict[PersonId, list[Claim]] = defaultdict(list)
    for each in _claims(tx, claim.c.person_id.in_(person_ids)):
        found[each.person_id].append(each)
    return {person_id: tuple(found.get(person_id, ())) for person_id in person_ids}


def claim_of(tx: Tx, person_id: PersonId, claim_id: ClaimId) -> Claim | None:
    """Return one claim of a person, or None when they have no such claim (any more)."""
    found = _claims(tx, claim.c.person_id == person_id, claim.c.claim_id == claim_id)
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Asked:
    """A claim of somebody else that a person was asked to confirm, as it stands now."""

    claim: Claim
    name: str
    """Of whoever asks."""
    mine: Confirmation


_NAMES = text("select person_id, name from kernel.person where person_id = any(:persons)")


def names_of(tx: Tx, person_ids: Sequence[PersonId]) -> Mapping[PersonId, str]:
    """Return the names of persons."""
    return {PersonId(row.person_id): row.name for row in tx.execute(_NAMES, {"persons": list(person_ids)})}


def asked_of(tx: Tx, person_id: PersonId) -> tuple[Asked, ...]:
    """Return what a person was asked to confirm: what waits first, the longest waiting on top."""
    ids = select(claim_confirmation.c.claim_id).where(claim_confirmation.c.by_person == person_id)
    claims = _claims(tx, claim.c.claim_id.in_(ids))
    names = names_of(tx, [each.person_id for each in claims])
    found = [
        Asked(each, names.get(each.person_id, ""), mine)
        for each in claims
        for mine in each.confirmations
        if mine.by_person == person_id
    ]
    return tuple(
        sorted(found, key=lambda asked: (asked.mine.state is not ConfirmationState.ASKED, asked.mine.asked_at))
    )


def _claims(tx: Tx, *conditions: ColumnElement[bool]) -> list[Claim]:
    rows = tx.execute(
        select(claim).where(claim.c.deleted_at.is_(None), *conditions).order_by(*_NEWEST_FIRST)
    ).all()
    ids = [row.claim_id for row in rows]
    skills: defaultdict[UUID, dict[str, str]] = defaultdict(dict)
    confirmations: defaultdict[UUID, list[Confirmation]] = defaultdict(list)
    if ids:
        for row in tx.execute(
            select(claim_skill)
            .where(claim_skill.c.claim_id.in_(ids))
            .order_by(claim_skill.c.label, claim_skill.c.skill_uri)
        ):
            skills[row.claim_id][row.skill_uri] = row.label
        for row in tx.execute(
            select(claim_confirmation)
            .where(claim_confirmation.c.claim_id.in_(ids))
            .order_by(claim_confirmation.c.asked_at, claim_confirmation.c.by_person)
        ):
            confirmations[row.claim_id].append(_confirmation(row))
    return [_claim(row, skills[row.claim_id], _by_others(row, confirmations[row.claim_id])) for row in rows]


def _by_others(row: Row[Any], confirmations: Sequence[Confirmation]) -> list[Confirmation]:
    """Leave out what came from oneself, which only a merge of two persons can bring about."""
    return [each for each in confirmations if each.by_person != row.person_id]


def _claim(row: Row[Any], skills: Mapping[str, str], confirmations: Sequence[Confirmation]) -> Claim:
    return Claim(
        claim_id=ClaimId(row.claim_id),
        person_id=PersonId(row.person_id),
        kind=ClaimKind(row.kind),
        title=row.title,
        words=row.words,
        organisation=row.organisation,
        from_date=row.from_date,
        to_date=row.to_date,
        opportunity_id=row.opportunity_id,
        skills=skills,
        visibility=Visibility(row.visibility),
        version=row.version,
        created_at=row.created_at,
        changed_at=row.changed_at,
        confirmations=tuple(confirmations),
    )


def _confirmation(row: Row[Any]) -> Confirmation:
    return Confirmation(
        by_person=PersonId(row.by_person),
        role=Role(row.role_of_confirmer),
        state=ConfirmationState(row.state),
        words=row.words,
        claim_version=row.claim_version,
        asked_at=row.asked_at,
        answered_at=row.answered_at,
    )
