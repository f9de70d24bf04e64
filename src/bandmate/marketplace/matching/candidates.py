"""Who fits an opportunity: a list for its owner, of people who allow it, scored by what they show the owner.

Nothing that a person hides from the owner may show through a score. So each person is scored as the owner may see
them: what is hidden counts as unknown, which is neutral.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import text

from bandmate.engines.matching import Nearness, pool_of, score
from bandmate.kernel.consent import allows_all
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import NotFound
from bandmate.kernel.identity import Asker
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.launches import visible_kinds, visible_kinds_of
from bandmate.marketplace.matching.deciding import record_candidates
from bandmate.marketplace.matching.domain import Fit, facts_of, parts_of
from bandmate.marketplace.matching.market import market
from bandmate.marketplace.matching.purpose import BE_FOUND
from bandmate.marketplace.matching.queries import (
    Offsets,
    OpenOpportunity,
    as_seen,
    interests_of,
    out_of_list,
    owner_of,
)
from bandmate.marketplace.people import Employee, employees_of
from bandmate.marketplace.profiles import VisibleProfile, visible_profiles

LENGTH = 20
_LOOKED_AT = 300
"""People with the most of what it asks for, who are looked at closely."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person who fits an opportunity, as its owner may see them."""

    person_id: PersonId
    employee: Employee
    seen: VisibleProfile
    fit: Fit


@dataclass(frozen=True, slots=True)
class Candidates:
    """The list of an opportunity."""

    opportunity_id: OpportunityId
    title: str
    people: tuple[Candidate, ...] = ()
    is_open: bool = True
    """False where no seat is free or it is closed: then nobody is suggested."""
    states_skills: bool = True
    """Whether it asks for or teaches any skill; without one there is nothing to go by."""


def candidates_for(
    tx: Tx, asker: Asker, opportunity_id: OpportunityId, *, now: datetime, length: int = LENGTH
) -> Candidates:
    """Return who fits an opportunity, for its owner.

    On it stand only active employees who allow it (``marketplace.be_found``), have not switched the ranking off,
    and to whom this kind is open; nobody who set it aside, applied, or says they are open to other kinds only.

    Raises:
        NotFound: when there is no such opportunity, or the asker does not own it.
    """
    kinds = visible_kinds(tx, asker.person_id)
    owned = owner_of(tx, opportunity_id)
    if owned is None or asker.person_id is None or owned.owner_id != asker.person_id or owned.kind not in kinds:
        raise NotFound(_("There is no such opportunity, or it is not yours."))
    everything = market(tx, now)
    place = everything.place_of.get(opportunity_id)
    if place is None or not everything.open_to(kinds, now)[place]:
        return Candidates(opportunity_id, owned.title, is_open=False)
    row = everything.rows[place]
    nearness = everything.pool.nearness
    asked = set(row.matched.wanted) | row.matched.learn
    if not asked:
        return Candidates(opportunity_id, owned.title, states_skills=False)
    near = {other for uri in asked for other, _near in nearness.around(uri)}
    ids = _willing(tx, asker.person_id, row, sorted(asked | near), now)
    seen = visible_profiles(tx, asker.person_id, ids)
    employees = employees_of(tx, list(seen))
    scorer = _Scorer(row, nearness, now)
    people = [scorer.candidate(seen[each], employees[each]) for each in ids if each in employees]
    # Who shows the owner nothing of what it asks for is not suggested: what is hidden must not decide either.
    fitting = [each for each in people if each.fit.facts.had or each.fit.facts.near or each.fit.facts.grow]
    fitting.sort(key=lambda each: (-each.fit.tenths, each.person_id.int ^ opportunity_id.int))
    ranked = [replace(each, fit=replace(each.fit, rank=at)) for at, each in enumerate(fitting[:length], start=1)]
    return Candidates(opportunity_id, owned.title, tuple(ranked))


def show_candidates(
    tx: Tx, asker: Asker, opportunity_id: OpportunityId, *, now: datetime, length: int = LENGTH
) -> Candidates:
    """Return who fits, and write down that the owner was shown them (``deciding``)."""
    found = candidates_for(tx, asker, opportunity_id, now=now, length=length)
    fits: Mapping[PersonId, Fit] = {each.person_id: each.fit for each in found.people}
    if fits:
        record_candidates(tx, opportunity_id, found.title, fits, now=now)
    return found


# Those who show the owner their skills or wishes are looked at first by how many of them it asks for; whether a
# single field may count is decided later, by the profiles themselves.
_NEAREST = text("""
    select s.person_id
      from marketplace.profile_skill s
      join marketplace.employee e on e.person_id = s.person_id and e.active
      left join marketplace.profile p on p.person_id = s.person_id
     where s.skill_uri = any(:skills) and s.state = 'accepted' and s.person_id <> :owner
       and coalesce(p.ai_ranking, true)
       and (cardinality(coalesce(p.open_to, '{}')) = 0 or :kind = any(p.open_to))
       and (s.use = 'has' and coalesce(p.visibility ->> 'skills', 'company') <> 'me'
            or s.use = 'wants' and coalesce(p.visibility ->> 'wants', 'me') <> 'me')
     group by s.person_id
     order by count(*) filter (where s.skill_uri = any(:asked)) desc, count(*) desc, s.person_id
     limit :most
""")


def _willing(
    tx: Tx, owner_id: PersonId, row: OpenOpportunity, skills: Sequence[str], now: datetime
) -> list[PersonId]:
    """Return who may be suggested, those with the most of what it asks for."""
    asked = [*row.matched.wanted, *row.matched.learn]
    # Most never said that they may be found: enough are taken that enough are left.
    values = {"skills": skills, "asked": asked, "owner": owner_id, "kind": row.kind.value, "most": 20 * _LOOKED_AT}
    near = [PersonId(each) for each in tx.execute(_NEAREST, values).scalars()]
    allowed = allows_all(tx, near, BE_FOUND.name, at=now)
    willing = [each for each in near if each in allowed][:_LOOKED_AT]
    kinds, out = visible_kinds_of(tx, willing), out_of_list(tx, willing)
    return [each for each in willing if row.kind in kinds[each] and row.opportunity_id not in out[each]]


class _Scorer:
    """Scores people for one opportunity."""

    def __init__(self, row: OpenOpportunity, nearness: Nearness, now: datetime) -> None:
        self._row, self._pool, self._offsets = row, pool_of([row.matched], nearness), Offsets(now)

    def candidate(self, seen: VisibleProfile, employee: Employee) -> Candidate:
        """Return a person with their fit; without rank."""
        row, person = self._row, as_seen(seen, employee, self._offsets)
        scores = score(person, self._pool)
        facts = facts_of(
            person,
            row.matched,
            row.labels,
            self._pool.nearness,
            interests=interests_of(seen.interests, seen.aims),
            own_labels={skill.uri: skill.label for skill in (*seen.skills, *seen.wants)},
        )
        parts = parts_of(scores.tenths[:, 0].tolist(), scores.known[:, 0].tolist())
        fit = Fit(row.opportunity_id, row.kind, row.title, 1, parts, 0, facts, labels=row.labels)
        return Candidate(seen.person_id, employee, seen, fit)
