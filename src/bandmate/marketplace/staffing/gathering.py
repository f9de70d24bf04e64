"""Everything that staffing looks at, in a fixed number of queries however many projects and people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches import visible_kinds_of
from bandmate.marketplace.opportunities import Opportunity, Part
from bandmate.marketplace.profiles import Field as ProfileField
from bandmate.marketplace.profiles import VisibleProfile, visible_profiles
from bandmate.marketplace.staffing.domain import Applicant, Applied, Field, Mate, Staffed, known, suits

_APPLIED = text("""
    select a.application_id, a.opportunity_id, a.person_id, a.state, a.words <> '' as with_words, a.hours_per_week,
           e.display_name as name, e.title, e.department, p.hours_per_week as available,
           coalesce(p.ai_ranking, true) as ranked
      from marketplace.application a
      join marketplace.employee e on e.person_id = a.person_id and e.active
      left join marketplace.profile p on p.person_id = a.person_id
     where a.opportunity_id = any(:ids) and a.state in ('applied', 'shortlisted')
     order by lower(e.display_name), a.person_id, a.opportunity_id
""")
# A seat is taken by who is in the team, who accepted, and who was offered one.
_TEAM = text("""
    select t.opportunity_id, t.person_id, coalesce(e.display_name, p.name) as name, e.title,
           bool_and(t.offered) as offered
      from (select opportunity_id, person_id, false as offered from marketplace.team_member
             where opportunity_id = any(:ids) and left_at is null
             union all
            select opportunity_id, person_id, state = 'offered' from marketplace.application
             where opportunity_id = any(:ids) and state in ('offered', 'accepted')) t
      join kernel.person p using (person_id)
      left join marketplace.employee e using (person_id)
     group by t.opportunity_id, t.person_id, e.display_name, p.name, e.title
     order by lower(coalesce(e.display_name, p.name)), t.person_id
""")
# Hours of the teams they are in, and of those that keep a seat for them: they may yet accept.
_TAKEN = text("""
    select t.person_id, sum(o.hours_per_week) as hours
      from (select opportunity_id, person_id from marketplace.team_member
             where person_id = any(:persons) and left_at is null
             union
            select opportunity_id, person_id from marketplace.application
             where person_id = any(:persons) and state in ('offered', 'accepted')) t
      join marketplace.opportunity o using (opportunity_id)
     where o.kind = 'project' and o.state in ('open', 'filled') and (o.ends_on is null or o.ends_on >= :today)
     group by t.person_id
""")
_WAITING = text("""
    select o.opportunity_id, count(*) as applicants
      from marketplace.opportunity o
      join marketplace.application a on a.opportunity_id = o.opportunity_id
           and a.state in ('applied', 'shortlisted')
      join marketplace.employee e on e.person_id = a.person_id and e.active
     where o.kind = 'project' and o.state = 'open' and (o.closes_at is null or o.closes_at > :now)
     group by o.opportunity_id, o.title order by lower(o.title), o.opportunity_id
     limit :most
""")


def gather(tx: Tx, asker_id: PersonId, projects: Mapping[OpportunityId, Opportunity], *, now: datetime) -> Field:
    """Return the projects with their teams and everybody who waits for an answer, as the asker may see them.

    What somebody hides from the asker does not count: no proposal gives it away. Hours count in any case.

    Args:
        tx: reads only.
        asker_id: who staffs; the caller decided that they may.
        projects: what is staffed.
        now: when; teams that ended before today take no hours.
    """
    ids = list(projects)
    rows = tx.execute(_APPLIED, {"ids": ids}).all()
    team = tx.execute(_TEAM, {"ids": ids}).all()
    applying = list(dict.fromkeys(PersonId(row.person_id) for row in rows))
    seen = visible_profiles(tx, asker_id, dict.fromkeys([*applying, *(PersonId(row.person_id) for row in team)]))
    kinds = visible_kinds_of(tx, applying)
    taken = {
        row.person_id: row.hours or Decimal(0)
        for row in tx.execute(_TAKEN, {"persons": applying, "today": now.date()})
    }
    by_person: defaultdict[PersonId, list[Any]] = defaultdict(list)
    for row in rows:
        if row.person_id in seen and Kind.PROJECT in kinds[row.person_id]:
            by_person[PersonId(row.person_id)].append(row)
    return Field(
        {key: Staffed(each, _mates(key, team, seen)) for key, each in projects.items()},
        tuple(
            _applicant(seen[person], of_one, projects, taken.get(person, Decimal(0)))
            for person, of_one in by_person.items()
        ),
    )


def projects_with_applicants(tx: Tx, *, now: datetime, most: int = 200) -> Mapping[OpportunityId, int]:
    """Return the open projects for which somebody waits, by title, with how many; for programme leads."""
    rows = tx.execute(_WAITING, {"now": now, "most": most})
    return {OpportunityId(row.opportunity_id): row.applicants for row in rows}


def _applicant(
    seen: VisibleProfile, rows: Sequence[Any], projects: Mapping[OpportunityId, Opportunity], taken: Decimal
) -> Applicant:
    one = rows[0]
    wants = [skill.uri for skill in seen.wants]
    return Applicant(
        seen.person_id,
        one.name,
        one.title or "",
        one.department or "",
        _skills(seen),
        seen.strengths,
        None if one.available is None else one.available - taken,
        ProfileField.AVAILABILITY in seen.fields,
        one.ranked,
        {
            OpportunityId(row.opportunity_id): Applied(
                row.application_id,
                row.state == "shortlisted",
                row.hours_per_week,
                suits(
                    with_words=row.with_words,
                    wants=wants,
                    teaches=[skill.uri for skill in projects[row.opportunity_id].of(Part.LEARN)],
                ),
            )
            for row in rows
        },
    )


def _mates(key: OpportunityId, team: Sequence[Any], seen: Mapping[PersonId, VisibleProfile]) -> tuple[Mate, ...]:
    return tuple(
        Mate(
            PersonId(row.person_id),
            row.name,
            row.title or "",
            row.offered,
            _skills(seen[row.person_id]) if row.person_id in seen else {},
        )
        for row in team
        if row.opportunity_id == key
    )


def _skills(seen: VisibleProfile) -> Mapping[str, float]:
    return {skill.uri: known(skill.level) for skill in seen.skills}
