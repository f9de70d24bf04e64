"""Reading profiles whole, for their own person; whatever others may see comes through ``visibility`` alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.profiles.domain import (
    DEFAULTS,
    Field,
    Profile,
    Relation,
    Skill,
    SkillState,
    Target,
    TargetKind,
    Use,
    Visibility,
)
from bandmate.marketplace.profiles.tables import profile, profile_skill

# Up the chains of managers of everybody asked about; "cycle" ends where a circle was forced into the directory.
_RELATIONS = text("""
    with recursive above (owner, person_id) as (
        select person_id, manager_id from marketplace.employee
         where person_id = any(:persons) and manager_id is not null
         union all
        select above.owner, boss.manager_id
          from above join marketplace.employee boss on boss.person_id = above.person_id
         where boss.manager_id is not null
    ) cycle person_id set is_circle using way
    select e.person_id, e.active,
           case when e.person_id = :asker then 'self'
                when me.person_id is null then 'stranger'
                when e.manager_id = me.person_id then 'manager'
                when exists (select from above where owner = e.person_id and above.person_id = me.person_id)
                     then 'upper_manager'
                when e.manager_id = me.manager_id then 'team'
                when me.manager_id = e.person_id then 'report'
                else 'other' end as relation
      from marketplace.employee e
      left join marketplace.employee me on me.person_id = :asker and me.active
     where e.person_id = any(:persons) and (e.active or e.person_id = :asker)
""")

_ACTIVE = text("select exists (select from marketplace.employee where person_id = :person and active)")


def relations(tx: Tx, asker_id: PersonId, person_ids: Iterable[PersonId]) -> Mapping[PersonId, Relation]:
    """Return what the asker is to each of these persons; those who are no active employees are left out.

    Oneself is among them even after leaving.
    """
    rows = tx.execute(_RELATIONS, {"asker": asker_id, "persons": list(person_ids)})
    return {PersonId(row.person_id): Relation(row.relation) for row in rows}


_TARGET_CHOICES = text("""
    with near as (
        select opportunity_id, changed_at from marketplace.application where person_id = :person
        union all
        select named, null from unnest(cast(:named as uuid[])) named)
    select opportunity_id, title from marketplace.opportunity join near using (opportunity_id)
     where state = 'open' and kind = any(:kinds)
     group by opportunity_id, title order by max(near.changed_at) desc nulls first, opportunity_id limit :most
""")
MOST_CHOICES = 200
"""Opportunities that a target may be chosen from; those a person wrote to last."""

_COLLEAGUES = text("""
    select person_id, display_name, title, department from marketplace.employee
     where active and person_id <> :asker
       and (lower(email) = lower(:words) or lower(display_name) = lower(:words) or user_name = lower(:words)
            or (length(:words) > 2 and starts_with(lower(display_name), lower(:words))))
     order by lower(email) = lower(:words) desc, lower(display_name) = lower(:words) desc, lower(display_name),
              person_id
     limit :most
""")


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who may be asked."""

    person_id: PersonId
    name: str
    title: str
    department: str


def colleagues_called(tx: Tx, asker_id: PersonId, words: str, *, most: int = 8) -> tuple[Colleague, ...]:
    """Return active employees beside the asker whose address or name is this, or whose name begins so."""
    rows = tx.execute(_COLLEAGUES, {"asker": asker_id, "words": words.strip(), "most": most})
    return tuple(
        Colleague(PersonId(row.person_id), row.display_name, row.title or "", row.department or "") for row in rows
    )


def target_choices(
    tx: Tx, person_id: PersonId, kinds: frozenset[Kind], *, named: Iterable[UUID] = ()
) -> Mapping[UUID, str]:
    """Return the titles of open opportunities that a person's target may be.

    Args:
        tx: reads only.
        person_id: what they showed an interest in or applied to is near; a list of everything would help nobody.
        kinds: those open to the person; what is of another is left out.
        named: further ones, such as the one whose page the person comes from; they stand first.
    """
    if not kinds:
        return {}
    values = {"person": person_id, "kinds": [kind.value for kind in kinds], "named": list(named)}
    rows = tx.execute(_TARGET_CHOICES, {**values, "most": MOST_CHOICES})
    return {row.opportunity_id: row.title for row in rows}


def is_employee(tx: Tx, person_id: PersonId) -> bool:
    """Say whether a person is an active employee."""
    return bool(tx.execute(_ACTIVE, {"person": person_id}).scalar_one())


def own_profile(tx: Tx, person_id: PersonId) -> Profile:
    """Return a person's whole profile; an empty one of version 0 where nothing was saved yet."""
    return whole_profiles(tx, [person_id])[person_id]


def whole_profiles(tx: Tx, person_ids: Sequence[PersonId]) -> Mapping[PersonId, Profile]:
    """Return the whole profiles of these persons, every one of them a key. Show them to nobody but themselves."""
    rows = tx.execute(select(profile).where(profile.c.person_id.in_(person_ids)))
    found = {PersonId(row.person_id): _profile(row) for row in rows}
    return {person_id: found.get(person_id) or Profile(person_id) for person_id in person_ids}


def own_skills(tx: Tx, person_id: PersonId, *, state: SkillState = SkillState.ACCEPTED) -> tuple[Skill, ...]:
    """Return a person's skills in one state: by label, proposals by their score."""
    return skills_of(tx, [person_id], state=state)[person_id]


def skills_of(
    tx: Tx, person_ids: Sequence[PersonId], *, state: SkillState = SkillState.ACCEPTED
) -> Mapping[PersonId, tuple[Skill, ...]]:
    """Return the skills of these persons in one state, every one of them a key."""
    rows = tx.execute(
        select(profile_skill)
        .where(profile_skill.c.person_id.in_(person_ids), profile_skill.c.state == state.value)
        .order_by(profile_skill.c.score.desc().nulls_last(), profile_skill.c.label, profile_skill.c.skill_uri)
        if state is SkillState.PROPOSED
        else select(profile_skill)
        .where(profile_skill.c.person_id.in_(person_ids), profile_skill.c.state == state.value)
        .order_by(profile_skill.c.label, profile_skill.c.skill_uri)
    )
    skills: defaultdict[PersonId, list[Skill]] = defaultdict(list)
    for row in rows:
        skills[PersonId(row.person_id)].append(_skill(row))
    return {person_id: tuple(skills.get(person_id, ())) for person_id in person_ids}


def _skill(row: Row[Any]) -> Skill:
    return Skill(
        uri=row.skill_uri,
        label=row.label,
        use=Use(row.use),
        own_words=row.own_words,
        level=row.level,
        state=SkillState(row.state),
        source=row.source,
        evidence=row.evidence,
        score=row.score,
    )


def _profile(row: Row[Any]) -> Profile:
    return Profile(
        person_id=PersonId(row.person_id),
        headline=row.headline,
        about=row.about,
        strengths=tuple(row.strengths),
        interests=tuple(row.interests),
        aims=row.aims,
        target=_target(row),
        working_style=dict(row.working_style),
        hours_per_week=row.hours_per_week,
        available_from=row.available_from,
        open_to=frozenset(Kind(kind) for kind in row.open_to),
        visibility=dict(DEFAULTS) | {Field(name): Visibility(value) for name, value in row.visibility.items()},
        ai_ranking=row.ai_ranking,
        version=row.version,
    )


def _target(row: Row[Any]) -> Target | None:
    if row.target_kind is None:
        return None
    return Target(
        kind=TargetKind(row.target_kind),
        label=row.target_label or "",
        uri=row.target_uri,
        opportunity_id=row.target_opportunity_id,
        by=row.target_by,
    )
