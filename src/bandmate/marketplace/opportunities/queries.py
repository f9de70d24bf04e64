"""Reading opportunities and wishes: what whoever asks may see, and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import NotFound
from bandmate.kernel.identity import Asker
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.ids import OpportunityId, WishId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches import visible_kinds
from bandmate.marketplace.opportunities.domain import (
    Format,
    Opportunity,
    Part,
    Skill,
    State,
    Wish,
    WorkModel,
)

COLUMNS = """
    o.opportunity_id, o.kind, o.format, o.title, o.summary, o.description, o.department, o.location, o.country,
    o.time_zone, o.work_model, o.owner_id, p.name as owner_name, o.job_id, o.posting_path, o.state, o.seats,
    o.seats_taken, o.hours_per_week, o.starts_on, o.ends_on, o.cadence, o.opens_at, o.internal_until, o.closes_at,
    o.version, o.created_at, o.changed_at
"""
_FROM = "from marketplace.opportunity o left join kernel.person p on p.person_id = o.owner_id"
_BY_IDS = text(f"select {COLUMNS} {_FROM} where o.opportunity_id = any(:ids)")
_OWNED = text(f"""
    select {COLUMNS} {_FROM}
     where o.owner_id = :person
     order by array_position(array['draft', 'open', 'filled', 'closed'], o.state), o.changed_at desc,
           o.opportunity_id
""")
_SKILLS = text("""
    select opportunity_id, skill_uri, label, part, weight from marketplace.opportunity_skill
     where opportunity_id = any(:ids) order by part desc, weight desc, lower(label), skill_uri
""")
_OWNER = text("select owner_id, kind from marketplace.opportunity where opportunity_id = :id")

_WISH_COLUMNS = "wish_id, person_id, format, words, cadence, state, version, created_at, changed_at"
_WISHES = text(f"""
    select {_WISH_COLUMNS} from marketplace.mentoring_wish
     where person_id = :person and state <> 'withdrawn' order by created_at desc, wish_id
""")  # noqa: S608 - our own columns
_WISH = text(f"""
    select {_WISH_COLUMNS} from marketplace.mentoring_wish where wish_id = :wish and person_id = :person
""")  # noqa: S608 - our own columns
_TOPICS = text("""
    select wish_id, skill_uri, label from marketplace.mentoring_wish_topic
     where wish_id = any(:ids) order by lower(label), skill_uri
""")


def opportunity(tx: Tx, asker: Asker, opportunity_id: OpportunityId) -> Opportunity:
    """Return one opportunity with its skills, as far as the asker may see it.

    A kind that is not open to the asker shows nothing at all, not even to who wrote it; a draft shows itself to
    its owner alone.

    Raises:
        NotFound: when there is none, or none for the asker: both read the same.
    """
    found = by_ids(tx, [opportunity_id]).get(opportunity_id)
    if found is None or found.kind not in visible_kinds(tx, asker.person_id):
        raise unknown()
    if found.state is State.DRAFT and found.owner_id != asker.person_id:
        raise unknown()
    return found


def by_ids(tx: Tx, ids: Sequence[OpportunityId | UUID]) -> dict[OpportunityId, Opportunity]:
    """Return opportunities with their skills whoever asks; the caller has decided what may be seen."""
    rows = tx.execute(_BY_IDS, {"ids": list(ids)}).all()
    skills = skills_of(tx, [row.opportunity_id for row in rows])
    return {row.opportunity_id: opportunity_of(row, skills.get(row.opportunity_id, ())) for row in rows}


def owned_by(tx: Tx, person_id: PersonId) -> list[Opportunity]:
    """Return what a person wrote, drafts first, of the kinds that are open to them."""
    kinds = visible_kinds(tx, person_id)
    rows = [row for row in tx.execute(_OWNED, {"person": person_id}) if row.kind in kinds]
    skills = skills_of(tx, [row.opportunity_id for row in rows])
    return [opportunity_of(row, skills.get(row.opportunity_id, ())) for row in rows]


def is_owner(tx: Tx, person_id: PersonId | None, opportunity_id: OpportunityId) -> bool:
    """Tell whether a person answers for an opportunity of a kind that is open to them."""
    row = tx.execute(_OWNER, {"id": opportunity_id}).one_or_none()
    if row is None or person_id is None or row.owner_id != person_id:
        return False
    return Kind(row.kind) in visible_kinds(tx, person_id)


def skills_of(tx: Tx, ids: Sequence[UUID]) -> Mapping[UUID, tuple[Skill, ...]]:
    """Return the skills of opportunities, those wanted first, the weightiest of each part first."""
    skills: defaultdict[UUID, list[Skill]] = defaultdict(list)
    for row in tx.execute(_SKILLS, {"ids": list(ids)}):
        skills[row.opportunity_id].append(Skill(row.skill_uri, row.label, Part(row.part), row.weight))
    return {key: tuple(value) for key, value in skills.items()}


def opportunity_of(row: Any, skills: tuple[Skill, ...]) -> Opportunity:
    """Make an opportunity of a row with ``COLUMNS``."""
    return Opportunity(
        opportunity_id=OpportunityId(row.opportunity_id),
        kind=Kind(row.kind),
        format=None if row.format is None else Format(row.format),
        title=row.title,
        summary=row.summary,
        description=row.description,
        department=row.department,
        location=row.location,
        country=row.country,
        time_zone=row.time_zone,
        work_model=None if row.work_model is None else WorkModel(row.work_model),
        owner_id=None if row.owner_id is None else PersonId(row.owner_id),
        owner_name=row.owner_name,
        job_id=row.job_id,
        posting_path=row.posting_path,
        state=State(row.state),
        seats=row.seats,
        seats_taken=row.seats_taken,
        hours_per_week=row.hours_per_week,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        cadence=row.cadence,
        opens_at=row.opens_at,
        internal_until=row.internal_until,
        closes_at=row.closes_at,
        version=row.version,
        created_at=row.created_at,
        changed_at=row.changed_at,
        skills=skills,
    )


def wishes_of(tx: Tx, person_id: PersonId) -> list[Wish]:
    """Return a person's own wishes for a mentor, newest first; none while mentoring is not open to them."""
    if Kind.MENTORING not in visible_kinds(tx, person_id):
        return []
    rows = tx.execute(_WISHES, {"person": person_id}).all()
    topics = _topics(tx, [row.wish_id for row in rows])
    return [_wish(row, topics.get(row.wish_id, ())) for row in rows]


def wish(tx: Tx, person_id: PersonId, wish_id: WishId) -> Wish:
    """Return one of a person's own wishes.

    Raises:
        NotFound: when they have no such wish, or mentoring is not open to them.
    """
    row = tx.execute(_WISH, {"wish": wish_id, "person": person_id}).one_or_none()
    if row is None or Kind.MENTORING not in visible_kinds(tx, person_id):
        raise NotFound(_("You have no such wish; perhaps it was withdrawn."))
    return _wish(row, _topics(tx, [row.wish_id]).get(row.wish_id, ()))


def _topics(tx: Tx, ids: Sequence[UUID]) -> Mapping[UUID, tuple[Skill, ...]]:
    topics: defaultdict[UUID, list[Skill]] = defaultdict(list)
    for row in tx.execute(_TOPICS, {"ids": list(ids)}):
        topics[row.wish_id].append(Skill(row.skill_uri, row.label, Part.WANTED))
    return {key: tuple(value) for key, value in topics.items()}


def _wish(row: Any, topics: tuple[Skill, ...]) -> Wish:
    return Wish(
        wish_id=WishId(row.wish_id),
        person_id=PersonId(row.person_id),
        format=Format(row.format),
        words=row.words,
        cadence=row.cadence,
        state=row.state,
        version=row.version,
        created_at=row.created_at,
        changed_at=row.changed_at,
        topics=topics,
    )


def unknown() -> NotFound:
    """Return the one answer for what is not there and for what the asker may not see."""
    return NotFound(_("There is no such opportunity, or it is not open to you."))
