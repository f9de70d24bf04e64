"""Who sees what of a profile: the one place where it is decided, for pages, API and every other room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Forbidden, NotFound
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches import visible_kinds
from bandmate.marketplace.profiles.domain import (
    Field,
    Profile,
    Relation,
    Skill,
    Target,
    TargetKind,
    Use,
    may_see,
)
from bandmate.marketplace.profiles.portfolio.domain import Claim
from bandmate.marketplace.profiles.portfolio.queries import claims_of
from bandmate.marketplace.profiles.queries import is_employee, relations, skills_of, whole_profiles

_OPEN_KINDS = text("""
    select opportunity_id from marketplace.opportunity
     where opportunity_id = any(:opportunities) and kind = any(:kinds) and state <> 'draft'
""")


@dataclass(frozen=True, slots=True)
class VisibleProfile:
    """A profile as one asker may see it; what they may not see is empty, and its field is not in ``fields``."""

    person_id: PersonId
    relation: Relation
    fields: frozenset[Field]
    headline: str = ""
    about: str = ""
    strengths: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()
    skills: tuple[Skill, ...] = ()
    wants: tuple[Skill, ...] = ()
    aims: str = ""
    target: Target | None = None
    working_style: Mapping[str, int] = field(default_factory=dict)
    hours_per_week: Decimal | None = None
    available_from: date | None = None
    open_to: frozenset[Kind] = frozenset()
    claims: tuple[Claim, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether the asker sees nothing but what the directory says."""
        return not (
            any((self.headline, self.about, self.strengths, self.interests, self.skills, self.wants, self.aims))
            or any((self.target, self.working_style, self.open_to, self.claims))
            or self.hours_per_week is not None
            or self.available_from is not None
        )


def visible_profile(
    tx: Tx, asker_id: PersonId, person_id: PersonId, *, preview: Relation | None = None
) -> VisibleProfile:
    """Return the profile of a person as the asker may see it.

    Args:
        tx: reads only.
        asker_id: who looks; an active employee, or the person themselves.
        person_id: whom they look at.
        preview: of one's own profile alone: show it as somebody in this relation would see it.

    Raises:
        Forbidden: when the asker is no active employee and not the person themselves.
        NotFound: when the person is no active employee.
    """
    if asker_id != person_id and not is_employee(tx, asker_id):
        raise Forbidden(_not_an_employee())
    found = visible_profiles(tx, asker_id, [person_id], preview=preview if asker_id == person_id else None)
    if person_id not in found:
        raise NotFound(_("No such person works here, or they have left."))
    return found[person_id]


def visible_profiles(
    tx: Tx, asker_id: PersonId, person_ids: Iterable[PersonId], *, preview: Relation | None = None
) -> Mapping[PersonId, VisibleProfile]:
    """Return the profiles of many persons as the asker may see them, in a fixed number of queries.

    Persons who are no active employees are left out; to an asker who is none, everybody but themselves is.
    """
    found = {
        person_id: preview or relation
        for person_id, relation in relations(tx, asker_id, person_ids).items()
        if relation is not Relation.STRANGER
    }
    if not found:
        return {}
    persons = list(found)
    profiles, skills, claims = whole_profiles(tx, persons), skills_of(tx, persons), claims_of(tx, persons)
    kinds = visible_kinds(tx, asker_id)
    known = _open_opportunities(tx, profiles.values(), claims, kinds)
    return {
        person_id: _as_seen(profiles[person_id], skills[person_id], claims[person_id], relation, kinds, known)
        for person_id, relation in found.items()
    }


def own_whole(tx: Tx, person_id: PersonId) -> VisibleProfile:
    """Return everything of a person for themselves, also when they are no employee (any more)."""
    kinds = visible_kinds(tx, person_id)
    whole, claims = whole_profiles(tx, [person_id]), claims_of(tx, [person_id])
    known = _open_opportunities(tx, whole.values(), claims, kinds)
    skills = skills_of(tx, [person_id])[person_id]
    return _as_seen(whole[person_id], skills, claims[person_id], Relation.SELF, kinds, known)


def _as_seen(
    whole: Profile,
    skills: Iterable[Skill],
    claims: Iterable[Claim],
    relation: Relation,
    kinds: frozenset[Kind],
    known: frozenset[UUID],
) -> VisibleProfile:
    fields = frozenset(each for each in Field if may_see(whole.visibility[each], relation))
    is_own = relation is Relation.SELF
    seen_claims = tuple(
        _claim_as_seen(each, known, is_own=is_own) for each in claims if may_see(each.visibility, relation)
    )
    confirmed = confirmed_by_skill(seen_claims)
    accepted = [replace(each, confirmed=confirmed.get(each.uri, 0)) for each in skills]
    if not is_own:
        # Where a skill was read from may lie in a field that this asker does not see.
        accepted = [replace(each, evidence=None, score=None, source="own") for each in accepted]
    availability = Field.AVAILABILITY in fields
    return VisibleProfile(
        person_id=whole.person_id,
        relation=relation,
        fields=fields,
        headline=whole.headline if Field.HEADLINE in fields else "",
        about=whole.about if Field.ABOUT in fields else "",
        strengths=whole.strengths if Field.STRENGTHS in fields else (),
        interests=whole.interests if Field.INTERESTS in fields else (),
        skills=tuple(each for each in accepted if each.use is Use.HAS) if Field.SKILLS in fields else (),
        wants=tuple(each for each in accepted if each.use is Use.WANTS) if Field.WANTS in fields else (),
        aims=whole.aims if Field.AIMS in fields else "",
        target=_target_as_seen(whole.target, known) if Field.TARGET in fields else None,
        working_style=whole.working_style if Field.WORKING_STYLE in fields else {},
        hours_per_week=whole.hours_per_week if availability else None,
        available_from=whole.available_from if availability else None,
        open_to=whole.open_to & kinds if Field.OPEN_TO in fields else frozenset(),
        claims=seen_claims,
    )


def confirmed_by_skill(claims: Iterable[Claim]) -> Mapping[str, int]:
    """Return by how many different people each skill is confirmed in these claims."""
    by: dict[str, set[PersonId]] = {}
    for each in claims:
        for uri in each.skills:
            by.setdefault(uri, set()).update(one.by_person for one in each.confirmations if one.is_confirmed)
    return {uri: len(people) for uri, people in by.items() if people}


def _target_as_seen(target: Target | None, known: frozenset[UUID]) -> Target | None:
    """Leave out a target that is an opportunity of a kind that is not open to the asker."""
    if target is None or target.kind is not TargetKind.OPPORTUNITY or target.opportunity_id in known:
        return target
    return None


def _claim_as_seen(seen: Claim, known: frozenset[UUID], *, is_own: bool) -> Claim:
    """Leave out an opportunity that is not open to the asker, and for others what nobody confirmed."""
    return replace(
        seen,
        confirmations=seen.confirmations if is_own else seen.confirmed,
        opportunity_id=seen.opportunity_id if seen.opportunity_id in known else None,
    )


def _open_opportunities(
    tx: Tx,
    profiles: Iterable[Profile],
    claims: Mapping[PersonId, Iterable[Claim]],
    kinds: frozenset[Kind],
) -> frozenset[UUID]:
    """Return which of the opportunities that profiles and claims name are of a kind open to the asker."""
    named = {each.target.opportunity_id for each in profiles if each.target} | {
        each.opportunity_id for of_one in claims.values() for each in of_one
    }
    named.discard(None)
    if not named or not kinds:
        return frozenset()
    values = {"opportunities": list(named), "kinds": [kind.value for kind in kinds]}
    return frozenset(tx.execute(_OPEN_KINDS, values).scalars())


def _not_an_employee() -> str:
    return _(
        "You are not in the company's directory, so profiles of colleagues are not open to you. "
        "An operator can add you to the directory."
    )
