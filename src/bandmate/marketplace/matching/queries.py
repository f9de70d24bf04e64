"""What matching reads of the other rooms' tables: open opportunities and people, as far as they may count."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from bandmate.engines.matching import Opportunity, Person, Place, words_of
from bandmate.kernel.config import settings
from bandmate.kernel.database.session import Tx, fetch_tuples
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.matching.kept_nearness import skills_of_occupation
from bandmate.marketplace.people.domain import Employee
from bandmate.marketplace.people.queries import employees_of
from bandmate.marketplace.profiles import Profile, Skill, TargetKind, Use, VisibleProfile
from bandmate.marketplace.profiles.queries import skills_of, whole_profiles

_MARK = text("""
    select count(*) as opportunities, max(changed_at) as changed_at,
           coalesce(bit_xor(uuid_hash_extended(opportunity_id, version * 1000 + seats_taken)), 0) as digest,
           (select max(at) from marketplace.opportunity_price) as priced_at
      from marketplace.opportunity where state = 'open'
""")


@dataclass(frozen=True, slots=True)
class Mark:
    """What tells one state of the market from another."""

    count: int
    changed_at: datetime | None
    digest: int
    """Of ids, versions and seats taken; two states with the same one are as good as impossible."""
    priced_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenOpportunity:
    """An open opportunity as matching takes it, and the words its reasons need."""

    opportunity_id: OpportunityId
    kind: Kind
    title: str
    department: str | None
    owner_id: PersonId | None
    seats: int
    opens_at: datetime | None
    closes_at: datetime | None
    labels: Mapping[str, str]
    """Of its skills, by URI."""
    matched: Opportunity


def mark_of(tx: Tx) -> Mark:
    """Return the state of the market as this transaction sees it."""
    row = tx.execute(_MARK).one()
    return Mark(row.opportunities, row.changed_at, row.digest, row.priced_at)


_OPEN_SKILLS = """
    select s.opportunity_id, s.skill_uri, s.label, s.part, s.weight
      from marketplace.opportunity_skill s join marketplace.opportunity o using (opportunity_id)
     where o.state = 'open' order by s.opportunity_id, s.part, s.skill_uri
"""
_OPEN = """
    select o.opportunity_id, o.kind, o.title, o.summary, left(o.description, 5000), o.department, o.owner_id,
           o.seats - o.seats_taken, o.opens_at, o.closes_at, cast(o.hours_per_week as float8), o.starts_on,
           o.ends_on, o.country, o.location, o.time_zone, o.work_model,
           case when o.kind <> 'job' and host.visibility ->> 'working_style' = 'company'
                then host.working_style end
      from marketplace.opportunity o
      left join marketplace.profile host on host.person_id = o.owner_id
     where o.state = 'open' and o.seats > o.seats_taken
     order by o.opportunity_id
"""


def open_opportunities(tx: Tx, now: datetime) -> tuple[OpenOpportunity, ...]:
    """Return every open opportunity with a seat left; of which kinds somebody may see is asked elsewhere.

    How a host works counts only where the whole company may see it; not for jobs, whose owner is often no host.
    """
    skills: defaultdict[UUID, list[tuple[str, str, str, float]]] = defaultdict(list)
    for opportunity_id, *skill in fetch_tuples(tx, _OPEN_SKILLS, {}):
        skills[opportunity_id].append(tuple(skill))
    offsets = Offsets(now)
    return tuple(_open(row, skills.get(row[0], []), offsets) for row in fetch_tuples(tx, _OPEN, {}))


def _open(
    row: tuple[Any, ...], skills: Sequence[tuple[str, str, str, float]], offsets: Offsets
) -> OpenOpportunity:
    (
        opportunity_id, kind, title, summary, description, department, owner_id, seats, opens_at, closes_at, hours,
        starts_on, ends_on, country, location, time_zone, work_model, style,
    ) = row  # fmt: skip
    labels = {uri: label for uri, label, _, _ in skills}
    matched = Opportunity(
        wanted={uri: weight for uri, _, part, weight in skills if part == "wanted"},
        learn=frozenset(uri for uri, _, part, _ in skills if part == "learn"),
        words=words_of(" ".join((title, summary, description, department or "", *labels.values()))),
        hours_per_week=hours,
        starts_on=starts_on,
        ends_on=ends_on,
        place=Place(country, location, offsets.of(time_zone)),
        work_model=work_model,
        style=style or {},
    )
    return OpenOpportunity(
        OpportunityId(opportunity_id),
        Kind(kind),
        title,
        department,
        None if owner_id is None else PersonId(owner_id),
        seats,
        opens_at,
        closes_at,
        labels,
        matched,
    )


@dataclass(frozen=True, slots=True)
class Owned:
    """Whose an opportunity is."""

    owner_id: PersonId | None
    kind: Kind
    title: str


def owner_of(tx: Tx, opportunity_id: OpportunityId) -> Owned | None:
    """Return whose an opportunity is, whoever asks; the caller decides what they may know."""
    row = tx.execute(
        text("select owner_id, kind, title from marketplace.opportunity where opportunity_id = :id"),
        {"id": opportunity_id},
    ).one_or_none()
    return None if row is None else Owned(row.owner_id, Kind(row.kind), row.title)


_STILL_OPEN = text("""
    select opportunity_id from marketplace.opportunity
     where opportunity_id = any(:ids) and state = 'open' and seats > seats_taken and kind = any(:kinds)
""")


def still_open(tx: Tx, ids: Sequence[OpportunityId], kinds: frozenset[Kind]) -> frozenset[UUID]:
    """Return which are open right now and of these kinds: the market in memory may be a moment older."""
    asked = {"ids": list(ids), "kinds": [kind.value for kind in kinds]}
    return frozenset(tx.execute(_STILL_OPEN, asked).scalars())


def prices_of(tx: Tx) -> Mapping[UUID, float]:
    """Return the prices of the crowd, in points."""
    return dict(fetch_tuples(tx, "select opportunity_id, price from marketplace.opportunity_price", {}))


@dataclass(frozen=True, slots=True)
class MatchedPerson:
    """A person as matching takes them, and what their lists depend on besides."""

    person_id: PersonId
    person: Person
    ai_ranking: bool
    kinds: frozenset[Kind]
    """The kinds they said they are open to; empty: all."""
    version: int
    labels: Mapping[str, str]
    """Of their skills, by URI."""
    interests: tuple[tuple[str, frozenset[str]], ...]
    target: str | None


def matched_people(tx: Tx, person_ids: Sequence[PersonId], now: datetime) -> Mapping[PersonId, MatchedPerson]:
    """Return those of these persons who are active employees, as matching takes them, for their own lists."""
    employees = employees_of(tx, person_ids)
    ids = list(employees)
    profiles, skills = whole_profiles(tx, ids), skills_of(tx, ids)
    targets = _skills_of_opportunities(tx, profiles.values())
    offsets = Offsets(now)
    return {each: _matched(profiles[each], skills[each], employees[each], targets, offsets) for each in ids}


def as_seen(seen: VisibleProfile, employee: Employee, offsets: Offsets) -> Person:
    """Return a person as far as somebody else may see them: nothing hidden may show through a score."""
    return Person(
        has={skill.uri: skill.level for skill in seen.skills},
        wants=frozenset(skill.uri for skill in seen.wants),
        interests=tuple(words for _, words in interests_of(seen.interests, seen.aims)),
        hours_per_week=None if seen.hours_per_week is None else float(seen.hours_per_week),
        available_from=seen.available_from,
        place=Place(employee.country, employee.location, offsets.of(employee.time_zone)),
        style=seen.working_style,
    )


def _matched(
    profile: Profile,
    skills: Sequence[Skill],
    employee: Employee,
    targets: Mapping[UUID, Mapping[str, float]],
    offsets: Offsets,
) -> MatchedPerson:
    interests = interests_of(profile.interests, profile.aims)
    target, target_words = _target(profile, targets)
    person = Person(
        has={skill.uri: skill.level for skill in skills if skill.use is Use.HAS},
        wants=frozenset(skill.uri for skill in skills if skill.use is Use.WANTS),
        interests=tuple(words for _, words in interests),
        target=target,
        target_words=target_words,
        hours_per_week=None if profile.hours_per_week is None else float(profile.hours_per_week),
        available_from=profile.available_from,
        place=Place(employee.country, employee.location, offsets.of(employee.time_zone)),
        style=profile.working_style,
    )
    return MatchedPerson(
        profile.person_id,
        person,
        profile.ai_ranking,
        profile.open_to,
        profile.version,
        {skill.uri: skill.label for skill in skills},
        interests,
        profile.target.label if profile.target else None,
    )


_CLAUSES = re.compile(r"[.;,\n!?]+")
_MOST_AIMS = 6


def interests_of(interests: Sequence[str], aims: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """Return interests and the first aims with their words; aims are told apart by commas, stops and lines."""
    clauses = [clause.strip() for clause in _CLAUSES.split(aims)]
    named = (*interests, *[clause for clause in clauses if clause][:_MOST_AIMS])
    found = ((each, words_of(each)) for each in named)
    return tuple((each, words) for each, words in found if words)


def _target(
    profile: Profile, targets: Mapping[UUID, Mapping[str, float]]
) -> tuple[Mapping[str, float], frozenset[str]]:
    target = profile.target
    if target is None:
        return {}, frozenset()
    words = words_of(target.label)
    if target.kind is TargetKind.OPPORTUNITY and target.opportunity_id is not None:
        return targets.get(target.opportunity_id, {}), words
    if target.kind is TargetKind.OCCUPATION and target.uri:
        return skills_of_occupation(settings().home, target.uri), words
    return {}, words


def _skills_of_opportunities(tx: Tx, profiles: Any) -> Mapping[UUID, Mapping[str, float]]:
    """Return the wanted skills of the opportunities that these profiles name as their target."""
    named = {each.target.opportunity_id for each in profiles if each.target and each.target.opportunity_id}
    if not named:
        return {}
    rows = tx.execute(
        text("""
            select opportunity_id, skill_uri, weight from marketplace.opportunity_skill
             where opportunity_id = any(:ids) and part = 'wanted'
        """),
        {"ids": list(named)},
    )
    found: defaultdict[UUID, dict[str, float]] = defaultdict(dict)
    for row in rows:
        found[row.opportunity_id][row.skill_uri] = row.weight
    return found


class Offsets:
    """How far time zones are from UTC at an instant, each looked up once."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._known: dict[str, int | None] = {}

    def of(self, zone: str | None) -> int | None:
        """Return minutes east of UTC; None where the zone is unknown."""
        if zone is None:
            return None
        if zone not in self._known:
            self._known[zone] = _offset(zone, self._now)
        return self._known[zone]


def _offset(zone: str, now: datetime) -> int | None:
    try:
        offset = now.astimezone(ZoneInfo(zone)).utcoffset()
    except (KeyError, ValueError, OSError):
        return None
    return None if offset is None else int(offset.total_seconds() // 60)


_SET_ASIDE = text("select person_id, opportunity_id from marketplace.not_for_me where person_id = any(:persons)")
_APPLIED = text("""
    select person_id, opportunity_id from marketplace.application
     where person_id = any(:persons) and state <> 'withdrawn'
""")
_APPLYING_IS_THERE = text("select to_regclass('marketplace.application') is not null")


def out_of_list(tx: Tx, person_ids: Sequence[PersonId]) -> Mapping[PersonId, frozenset[UUID]]:
    """Return what each of these persons set aside or applied to already; every one of them a key."""
    found: defaultdict[PersonId, set[UUID]] = defaultdict(set)
    asked = {"persons": list(person_ids)}
    statements = [_SET_ASIDE, _APPLIED] if tx.execute(_APPLYING_IS_THERE).scalar_one() else [_SET_ASIDE]
    for statement in statements:
        for row in tx.execute(statement, asked):
            found[row.person_id].add(row.opportunity_id)
    return {person_id: frozenset(found.get(person_id, ())) for person_id in person_ids}


def set_aside_by(tx: Tx, person_id: PersonId, kinds: frozenset[Kind]) -> Sequence[tuple[OpportunityId, str]]:
    """Return what a person set aside and is still open, of these kinds, the newest first: id and title."""
    rows = tx.execute(
        text("""
            select n.opportunity_id, o.title
              from marketplace.not_for_me n join marketplace.opportunity o using (opportunity_id)
             where n.person_id = :person and o.kind = any(:kinds) and o.state = 'open'
             order by n.at desc, n.opportunity_id
        """),
        {"person": person_id, "kinds": [kind.value for kind in kinds]},
    )
    return [(OpportunityId(row.opportunity_id), row.title) for row in rows]
