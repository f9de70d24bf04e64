"""Writing the sample company down, once: the directory by the way of an import, the rest by the thousand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import text

from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.ids import PersonId, new_id
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.people.domain import Stated
from bandmate.marketplace.people.groups import put_in_groups
from bandmate.marketplace.people.writing import changing_directory, enrol, write_employees
from bandmate.marketplace.sample.history import History, history
from bandmate.marketplace.sample.life import Life, life_of
from bandmate.marketplace.sample.offers import Offer, Wish, offers, wishes
from bandmate.marketplace.sample.recording import Cast, write_history
from bandmate.marketplace.sample.rows import morning, write_rows
from bandmate.marketplace.sample.staff import PEOPLE, Worker, company

SEED = 11
SOURCE = "sample"
PIONEERS, PIONEERS_EVERY = "Pioneers", 50
"""The group that a pilot begins with, and which share of the company it is."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was written; all 0 where the company was there already."""

    people: int = 0
    offers: int = 0
    wishes: int = 0
    applications: int = 0
    pairs: int = 0


def load_company(
    database: Database, *, now: datetime, people: int = PEOPLE, seed: int = SEED, with_history: bool = False
) -> Loaded:
    """Write the sample company down in one transaction; where it is there already, nothing changes.

    Args:
        database: an open, migrated database.
        now: the moment before which its year of history lies.
        people: how many work there.
        seed: of everything that is drawn.
        with_history: whether people have applied, joined teams and met mentors in the year before.
    """
    random = Random(seed)  # noqa: S311 - people are invented, nothing is kept secret
    today = now.date()
    with database.begin() as tx:
        changing_directory(tx)
        if tx.execute(_IS_THERE, {"source": SOURCE}).scalar_one():
            return Loaded()
        workers = company(random, today, people)
        lives = {worker.number: life_of(random, worker, today) for worker in workers}
        persons = _write_people(tx, workers, now)
        put_in_groups(tx, {persons[each.number]: _groups(each) for each in workers if _groups(each)}, now=now)
        _write_profiles(tx, workers, lives, persons, now)
        offered = offers(random, workers, lives, today)
        wished = wishes(random, workers, lives, today)
        past = history(random, workers, lives, offered, wished, now) if with_history else History()
        ids = _write_offers(tx, offered, persons, past)
        _write_wishes(tx, wished, persons)
        _launch(tx, workers, persons, now)
        if with_history:
            write_history(tx, past, Cast(workers, persons, offered, ids), now)
    return Loaded(len(workers), len(offered), len(wished), len(past.joinings), len(past.couples))


_IS_THERE = text("select exists (select from marketplace.employee where source = :source)")


def _write_people(tx: Tx, workers: Sequence[Worker], now: datetime) -> dict[int, PersonId]:
    """Enrol everybody, those first who may have an account already, and write the directory."""
    stated = [_stated(worker) for worker in workers]
    known = {
        row.user_name: PersonId(row.person_id)
        for row in tx.execute(_ACCOUNTS, {"emails": [one.email for one in workers if one.persona is not None]})
    }
    ids = enrol(tx, stated, known, now=now)
    persons = {worker.number: person for worker, person in zip(workers, ids, strict=True)}
    managed = {
        persons[worker.number]: _stated(worker, persons[worker.manager] if worker.manager is not None else None)
        for worker in workers
    }
    write_employees(tx, managed, source=SOURCE, now=now)
    return persons


# A persona of the demo may have been there before the company was.
_ACCOUNTS = text("""
    select split_part(email, '@', 1) as user_name, person_id from kernel.account where email = any(:emails)
""")


def _stated(worker: Worker, manager: PersonId | None = None) -> Stated:
    return Stated(
        user_name=worker.user_name,
        display_name=worker.name,
        given_name=worker.given,
        family_name=worker.family,
        email=worker.email,
        title=worker.title,
        department=worker.trade.department,
        location=worker.office.city,
        country=worker.office.country,
        time_zone=worker.office.time_zone,
        languages=worker.office.languages,
        manager_id=manager,
        start_date=worker.started,
        employee_number=f"HN{worker.number + 1:05}",
    )


def _groups(worker: Worker) -> tuple[str, ...]:
    """Return the groups of somebody: some try new things first, some build; a pilot has a choice."""
    tries = worker.persona is not None or worker.number % PIONEERS_EVERY == 0
    builds = worker.trade.department == "Engineering"
    return ((PIONEERS,) if tries else ()) + ((worker.trade.department,) if builds else ())


def _write_profiles(
    tx: Tx, workers: Sequence[Worker], lives: Mapping[int, Life], persons: Mapping[int, PersonId], now: datetime
) -> None:
    write_rows(
        tx,
        "profile",
        (
            {
                "person_id": persons[worker.number],
                "headline": life.headline,
                "about": life.about,
                "strengths": life.strengths,
                "interests": life.interests,
                "aims": life.aims,
                "target_kind": "words" if life.target else None,
                "target_label": life.target,
                "target_by": life.target_by,
                "working_style": life.working_style,
                "hours_per_week": life.hours_per_week,
                "open_to": life.open_to,
                "visibility": {},
                "ai_ranking": life.ai_ranking,
                "version": 1,
                "created_at": now,
                "changed_at": now,
            }
            for worker, life in ((worker, lives[worker.number]) for worker in workers)
            if life.written
        ),
    )
    write_rows(
        tx,
        "profile_skill",
        (
            {
                "person_id": persons[worker.number],
                "skill_uri": skill.uri,
                "use": use,
                "label": skill.label,
                "level": level,
                "state": "accepted" if lives[worker.number].written else "proposed",
                "source": SOURCE,
                "at": now,
            }
            for worker in workers
            for skill, use, level in _skills(lives[worker.number])
        ),
    )


def _skills(life: Life) -> Iterator[tuple[Any, str, int | None]]:
    for skill, level in life.has.items():
        yield skill, "has", level
    for skill in life.wants:
        yield skill, "wants", None


def _write_offers(
    tx: Tx, offered: Sequence[Offer], persons: Mapping[int, PersonId], past: History
) -> list[OpportunityId]:
    ids = [OpportunityId(new_id()) for _ in offered]
    taken = past.seats_taken()
    write_rows(
        tx,
        "opportunity",
        (
            _row(one, number, persons, taken.get(place, 0))
            for place, (one, number) in enumerate(zip(offered, ids, strict=True))
        ),
    )
    write_rows(
        tx,
        "opportunity_skill",
        (
            {"opportunity_id": number, "skill_uri": skill.uri, "label": skill.label, "part": part, "weight": 1.0}
            for one, number in zip(offered, ids, strict=True)
            for part, skills in (("wanted", one.wanted), ("learn", one.learn))
            for skill in skills
        ),
    )
    return ids


def _row(offer: Offer, number: OpportunityId, persons: Mapping[int, PersonId], taken: int) -> dict[str, Any]:
    opened = morning(offer.opened)
    return {
        "opportunity_id": number,
        "kind": offer.kind,
        "format": offer.format,
        "title": offer.title,
        "summary": offer.summary,
        "description": offer.description,
        "department": offer.owner.trade.department,
        "location": offer.owner.office.city,
        "country": offer.owner.office.country,
        "time_zone": offer.owner.office.time_zone,
        "work_model": offer.work_model,
        "owner_id": persons[offer.owner.number],
        "state": "closed" if offer.closed else "open",
        "seats": offer.seats,
        "seats_taken": taken,
        "hours_per_week": offer.hours_per_week,
        "starts_on": offer.starts_on,
        "ends_on": offer.ends_on,
        "cadence": offer.cadence,
        "opens_at": opened,
        "skill_words": " ".join(skill.label for skill in (*offer.wanted, *offer.learn)),
        "version": 1,
        "created_at": opened,
        "changed_at": opened,
    }


def _write_wishes(tx: Tx, wished: Sequence[Wish], persons: Mapping[int, PersonId]) -> None:
    ids = [new_id() for _ in wished]
    write_rows(
        tx,
        "mentoring_wish",
        (
            {
                "wish_id": number,
                "person_id": persons[one.person.number],
                "format": one.format,
                "words": one.words,
                "state": "open",
                "version": 1,
                "created_at": morning(one.since),
                "changed_at": morning(one.since),
            }
            for one, number in zip(wished, ids, strict=True)
        ),
    )
    write_rows(
        tx,
        "mentoring_wish_topic",
        (
            {"wish_id": number, "skill_uri": skill.uri, "label": skill.label}
            for one, number in zip(wished, ids, strict=True)
            for skill in one.topics
        ),
    )


def _launch(tx: Tx, workers: Sequence[Worker], persons: Mapping[int, PersonId], now: datetime) -> None:
    """Open all three kinds, and let Kofi lead the mentoring programme."""
    by_persona = {one.persona: persons[one.number] for one in workers if one.persona}
    administrator, lead = by_persona["ada"], by_persona["kofi"]
    tx.execute(_OPEN_ALL, {"now": now, "by": administrator})
    write_rows(
        tx,
        "launch_change",
        (
            {
                "kind": kind,
                "state": "on",
                "group_ids": [],
                "internal_first_days": 0,
                "at": now,
                "by": administrator,
                "reason": "The demo shows all there is.",
            }
            for kind in Kind
        ),
    )
    write_rows(tx, "programme_lead", iter([{"person_id": lead, "granted_by": administrator, "granted_at": now}]))


_OPEN_ALL = text("update marketplace.launch set state = 'on', changed_at = :now, changed_by = :by")
