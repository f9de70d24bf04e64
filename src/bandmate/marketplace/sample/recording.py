"""Writing the year of history down: applications, teams, pairs, portfolios, and what waits for the personas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text

from bandmate.kernel.consent import grant
from bandmate.kernel.consent.entries import Through
from bandmate.kernel.database.session import Tx
from bandmate.kernel.decisions import Decision, record
from bandmate.kernel.ids import PersonId, fast_derived_id, new_id
from bandmate.marketplace.applying.deciding import answer_decision
from bandmate.marketplace.applying.domain import ANSWER_DAYS, MANAGER_DAYS, Application, State
from bandmate.marketplace.applying.working_days import end_of_working_day
from bandmate.marketplace.applying.writing import application_id_of
from bandmate.marketplace.ids import OpportunityId, RoundId
from bandmate.marketplace.matching import BE_FOUND
from bandmate.marketplace.profiles import ClaimKind, ConfirmerRole, claim_id_for
from bandmate.marketplace.profiles.evidence import Found
from bandmate.marketplace.profiles.proposals import propose
from bandmate.marketplace.rounds.acts import create_round, open_round
from bandmate.marketplace.sample.history import Couple, History, Joining
from bandmate.marketplace.sample.offers import Offer
from bandmate.marketplace.sample.reading import Skill
from bandmate.marketplace.sample.rows import write_rows
from bandmate.marketplace.sample.staff import Worker

_SAMPLE = "sample"
_FOUND_AT_MOST = 400
"""So many let themselves be suggested: the ledger takes one answer at a time, as people give it."""
_SHOWN_TO_ALL = 0.6
_AWARE_OF_FIVE = 3
"""So many of five have opened a page of the marketplace."""
_ASKED = (State.OFFERED, State.ACCEPTED, State.DECLINED)
_ANSWERS = (State.OFFERED, State.NOT_CHOSEN)

_NELL = (
    "I came from a radio station, where I cut interviews and edited recorded sound. "
    "On Saturdays I answered the phone and handled customer complaints."
)
_NELL_READ = (
    ("edit recorded sound", "I came from a radio station, where I cut interviews and edited recorded sound", 0.83),
    ("handle customer complaints", "On Saturdays I answered the phone and handled customer complaints", 0.71),
)
"""Skills, where they are read from, and how sure."""
_ABOUT = text("""
    update marketplace.profile
       set headline = :headline, about = :about, aims = :aims, target_kind = 'words', target_label = :target,
           target_by = :by, hours_per_week = 4
     where person_id = :person
""")
_AWARE = text("""
    insert into marketplace.launch_awareness (kind, person_id, at, how)
    select kind, person_id, :at, 'visited'
      from marketplace.launch, unnest(cast(:persons as uuid[])) as t(person_id)
""")


@dataclass(frozen=True, slots=True)
class Cast:
    """Who and what the history is about, with their ids."""

    workers: Sequence[Worker]
    persons: Mapping[int, PersonId]
    offered: Sequence[Offer]
    ids: Sequence[OpportunityId]

    def persona(self, slug: str) -> PersonId:
        """Return the person whom a visitor may become."""
        return self.persons[next(one.number for one in self.workers if one.persona == slug)]

    def owner(self, place: int) -> PersonId:
        """Return who made an offer."""
        return self.persons[self.offered[place].owner.number]


def write_history(tx: Tx, past: History, cast: Cast, now: datetime) -> None:
    """Write a year down, without a message to anybody: it is told of nobody who could read it."""
    _write_applications(tx, past, cast)
    write_rows(tx, "team_member", (_membership(each, cast) for each in past.joinings if each.joined_at))
    write_rows(tx, "mentoring_pair", (_pair(each, cast) for each in past.couples))
    _write_portfolios(tx, past, cast)
    _introduce_nell(tx, cast, now)
    _let_be_found(tx, cast, now)
    aware = [cast.persons[one.number] for one in cast.workers if one.number % 5 < _AWARE_OF_FIVE]
    tx.execute(_AWARE, {"persons": aware, "at": now - timedelta(days=30)})
    _begin_round(tx, cast, now)


def _write_applications(tx: Tx, past: History, cast: Cast) -> None:
    write_rows(tx, "application", (_application(each, cast) for each in past.joinings))
    write_rows(
        tx,
        "application_step",
        (
            {
                "application_id": application_id_of(cast.ids[each.offer], cast.persons[each.person.number]),
                "position": position,
                "state": step.state,
                "by_person": cast.owner(each.offer) if step.by_owner else cast.persons[each.person.number],
                "words": step.words,
                "at": step.at,
            }
            for each in past.joinings
            for position, step in enumerate(each.steps, 1)
        ),
    )
    write_rows(tx, "manager_ask", (row for each in past.joinings for row in _asks(each, cast)))
    record(tx, (decision for each in past.joinings for decision in _answers(each, cast)))


def _answers(joining: Joining, cast: Cast) -> Iterator[Decision]:
    """Yield what was decided when somebody was answered, as answering records it: "Why?" reads it."""
    for position, step in enumerate(joining.steps, 1):
        if step.state in _ANSWERS:
            yield answer_decision(
                replace(Application(**_application(joining, cast)), version=position),
                cast.offered[joining.offer].title,
                answer="offered" if step.state is State.OFFERED else "owner",
                words=step.words,
                by=cast.owner(joining.offer),
                now=step.at,
            )


def _application(joining: Joining, cast: Cast) -> dict[str, Any]:
    opportunity, person = cast.ids[joining.offer], cast.persons[joining.person.number]
    answer = next((step for step in joining.steps if step.state in _ANSWERS), None)
    began, last = joining.steps[0], joining.steps[-1]
    return {
        "application_id": application_id_of(opportunity, person),
        "opportunity_id": opportunity,
        "person_id": person,
        "state": joining.state,
        "words": joining.words,
        "hours_per_week": cast.offered[joining.offer].hours_per_week,
        "answer_words": answer.words if answer else "",
        "answer_code": "owner" if joining.state is State.NOT_CHOSEN else None,
        "answer_due_at": end_of_working_day(began.at, ANSWER_DAYS) if began.state is State.APPLIED else None,
        "answered_at": answer.at if answer else None,
        "version": len(joining.steps),
        "created_at": began.at,
        "changed_at": last.at,
    }


def _asks(joining: Joining, cast: Cast) -> Iterator[dict[str, Any]]:
    """Yield what the manager of somebody was asked when a seat was offered; who accepted, had their word."""
    offered = next((step for step in joining.steps if step.state is State.OFFERED), None)
    manager = joining.person.manager
    if offered is None or manager is None or manager == cast.offered[joining.offer].owner.number:
        return
    answered = joining.state is not State.OFFERED
    yield {
        "application_id": application_id_of(cast.ids[joining.offer], cast.persons[joining.person.number]),
        "manager_id": cast.persons[manager],
        "asked_at": offered.at,
        "due_at": end_of_working_day(offered.at, MANAGER_DAYS),
        "answer": "fine" if answered else None,
        "words": "",
        "answered_at": joining.steps[-1].at if answered else None,
    }


def _membership(joining: Joining, cast: Cast) -> dict[str, Any]:
    return {
        "opportunity_id": cast.ids[joining.offer],
        "person_id": cast.persons[joining.person.number],
        "joined_at": joining.joined_at,
        "left_at": joining.left_at,
    }


def _pair(couple: Couple, cast: Cast) -> dict[str, Any]:
    return {
        "pair_id": new_id(),
        "mentee_id": cast.persons[couple.mentee.number],
        "mentor_id": cast.owner(couple.offer),
        "format": cast.offered[couple.offer].format,
        "offer_id": cast.ids[couple.offer],
        "formed_at": couple.formed_at,
        "ended_at": couple.ended_at,
        "end_reason": couple.reason,
        "version": 1 if couple.ended_at is None else 2,
    }


@dataclass(frozen=True, slots=True)
class _Evidence:
    """A claim, and who confirmed it."""

    person: PersonId
    kind: ClaimKind
    title: str
    words: str
    since: date
    until: date
    at: datetime
    skills: Sequence[Skill]
    by: PersonId
    role: ConfirmerRole
    opportunity: OpportunityId | None = None
    confirmed: str | None = None
    """None: asked, and not answered yet."""

    @property
    def key(self) -> str:
        return f"{self.kind} {self.opportunity or self.title}"


def _write_portfolios(tx: Tx, past: History, cast: Cast) -> None:
    found = [*_of_projects(past, cast), *_of_pairs(past, cast)]
    _write_evidence(tx, found)


def _of_projects(past: History, cast: Cast) -> Iterator[_Evidence]:
    for each in past.joinings:
        if each.joined_at and each.left_at and each.confirmed:
            offer = cast.offered[each.offer]
            yield _Evidence(
                cast.persons[each.person.number],
                ClaimKind.PROJECT,
                offer.title,
                offer.summary,
                each.joined_at.date(),
                each.left_at.date(),
                each.left_at,
                (*offer.wanted, *offer.learn),
                cast.owner(each.offer),
                ConfirmerRole.HOST,
                cast.ids[each.offer],
                each.confirmed,
            )


def _of_pairs(past: History, cast: Cast) -> Iterator[_Evidence]:
    for each in past.couples:
        if each.ended_at and each.confirmed:
            offer = cast.offered[each.offer]
            yield _Evidence(
                cast.persons[each.mentee.number],
                ClaimKind.MENTORING,
                offer.title,
                each.told,
                each.formed_at.date(),
                each.ended_at.date(),
                each.ended_at,
                offer.learn,
                cast.owner(each.offer),
                ConfirmerRole.MENTOR,
                cast.ids[each.offer],
                each.confirmed,
            )


def _write_evidence(tx: Tx, found: Sequence[_Evidence]) -> None:
    numbered = [(claim_id_for(each.person, each.key), each) for each in found]
    write_rows(
        tx,
        "claim",
        (
            {
                "claim_id": number,
                "person_id": each.person,
                "kind": each.kind,
                "title": each.title,
                "words": each.words,
                "organisation": "",
                "from_date": each.since,
                "to_date": each.until,
                "opportunity_id": each.opportunity,
                # The same for the same claim: part of its id decides who shows it.
                "visibility": "company" if number.bytes[-1] < _SHOWN_TO_ALL * 256 else "me",
                "version": 1,
                "created_at": each.at,
                "changed_at": each.at,
            }
            for number, each in numbered
        ),
    )
    write_rows(
        tx,
        "claim_skill",
        (
            {"claim_id": number, "skill_uri": skill.uri, "label": skill.label}
            for number, each in numbered
            for skill in dict.fromkeys(each.skills)
        ),
    )
    write_rows(
        tx,
        "claim_confirmation",
        (
            {
                "claim_id": number,
                "by_person": each.by,
                "role_of_confirmer": each.role,
                "state": "asked" if each.confirmed is None else "confirmed",
                "words": each.confirmed or "",
                "claim_version": 1,
                "asked_at": each.at,
                "answered_at": None if each.confirmed is None else each.at,
            }
            for number, each in numbered
        ),
    )


def _introduce_nell(tx: Tx, cast: Cast, now: datetime) -> None:
    """Give the new joiner words of her own, skills read from them, and a question to her manager."""
    nell = cast.persona("nell")
    values = {
        "about": _NELL,
        "headline": "New here, from radio",
        "aims": "Tell a story with numbers within a year.",
    }
    by = (now + timedelta(days=540)).date()
    tx.execute(_ABOUT, {**values, "person": nell, "target": "Data Scientist", "by": by})
    found = [Found(Skill(label).uri, label, words, score, "about") for label, words, score in _NELL_READ]
    propose(tx, nell, found, read_version=_SAMPLE, now=now)
    began, asked = (now - timedelta(days=17)).date(), now - timedelta(days=2)
    _write_evidence(
        tx,
        [
            _Evidence(
                nell,
                ClaimKind.LEARNING,
                "My first report: who listens on Sundays",
                "Eleven pages, four charts, and one finding that surprised the team.",
                began,
                asked.date(),
                asked,
                (Skill("SQL"), Skill("data visualisation software")),
                cast.persona("rhea"),
                ConfirmerRole.MANAGER,
            )
        ],
    )


def _let_be_found(tx: Tx, cast: Cast, now: datetime) -> None:
    """Let the personas but the administrator, and some of everybody, be suggested to owners."""
    willing = [one for one in cast.workers if one.persona != "ada"][:_FOUND_AT_MOST]
    for one in willing:
        person = cast.persons[one.number]
        shown = BE_FOUND.shown(to=person, through=Through.PAGE)
        grant(tx, person, BE_FOUND.name, evidence=shown, at=now, key=_SAMPLE)


def _begin_round(tx: Tx, cast: Cast, now: datetime) -> None:
    """Open a round for the programme lead: a preview is one click away."""
    number = RoundId(fast_derived_id("marketplace.round", _SAMPLE))
    made = create_round(tx, cast.persona("kofi"), number, "Mentoring, this season", "one_to_one", now=now)
    open_round(tx, number, version=made.version, now=now)
