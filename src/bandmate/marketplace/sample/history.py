"""What happened in the sample company in the year before it is looked at: who asked, who joined, who met."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from bandmate.marketplace.applying.domain import State
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.sample.life import Life
from bandmate.marketplace.sample.offers import Offer, Wish
from bandmate.marketplace.sample.reading import Skill, text
from bandmate.marketplace.sample.staff import Worker

_COURSES: Mapping[State, tuple[State, ...]] = {
    State.INTERESTED: (State.INTERESTED,),
    State.APPLIED: (State.APPLIED,),
    State.SHORTLISTED: (State.APPLIED, State.SHORTLISTED),
    State.OFFERED: (State.APPLIED, State.SHORTLISTED, State.OFFERED),
    State.ACCEPTED: (State.APPLIED, State.OFFERED, State.ACCEPTED),
    State.DECLINED: (State.APPLIED, State.OFFERED, State.DECLINED),
    State.NOT_CHOSEN: (State.APPLIED, State.NOT_CHOSEN),
    State.WITHDRAWN: (State.APPLIED, State.WITHDRAWN),
}
_STANDING = {
    State.INTERESTED: 5,
    State.APPLIED: 10,
    State.SHORTLISTED: 4,
    State.OFFERED: 1,
    State.ACCEPTED: 3,
    State.DECLINED: 1,
    State.NOT_CHOSEN: 2,
    State.WITHDRAWN: 1,
}
"""How often who asked for something that is still open stands where."""
_SEATED = frozenset({State.OFFERED, State.ACCEPTED})
_BY_OWNER = frozenset({State.SHORTLISTED, State.OFFERED, State.NOT_CHOSEN})
_WORDS = {
    State.OFFERED: "offering",
    State.NOT_CHOSEN: "refusing",
    State.WITHDRAWN: "withdrawing",
    State.DECLINED: "declining",
}
_HOST_APPLICANTS = (State.SHORTLISTED,) * 3 + (State.APPLIED,) * 5 + (State.INTERESTED,) * 2
"""Of the persona who hosts: enough to choose a team from."""
_ANSWERED_IN = 9
"""Days: nobody of the sample waits too long already."""
_BEGINS = re.compile(r"(?:^|[.?!] )[a-z]")
_MEETS = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an application."""

    state: State
    by_owner: bool
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Joining:
    """Somebody's application for an offer, and what came of it."""

    offer: int
    """Its place among the offers."""
    person: Worker
    words: str
    steps: tuple[Step, ...]
    joined_at: datetime | None = None
    left_at: datetime | None = None
    confirmed: str | None = None
    """What the host said of them when the project was over."""

    @property
    def state(self) -> State:
        """Where it stands."""
        return self.steps[-1].state


@dataclass(frozen=True, slots=True)
class Couple:
    """A mentor of an offer and somebody who learns from them."""

    offer: int
    mentee: Worker
    formed_at: datetime
    ended_at: datetime | None = None
    reason: str | None = None
    told: str = ""
    """What the mentee says of it."""
    confirmed: str | None = None
    """What the mentor says of the mentee."""


@dataclass(frozen=True, slots=True)
class History:
    """A year."""

    joinings: tuple[Joining, ...] = ()
    couples: tuple[Couple, ...] = ()

    def seats_taken(self) -> Mapping[int, int]:
        """Return for each offer how many seats are taken, offered ones left out."""
        taken: defaultdict[int, int] = defaultdict(int)
        for joining in self.joinings:
            taken[joining.offer] += joining.state is State.ACCEPTED
        for couple in self.couples:
            taken[couple.offer] += couple.ended_at is None
        return taken


@dataclass(frozen=True, slots=True)
class _Known:
    """Who knows what, and has how much time."""

    lives: Mapping[int, Life]
    knowing: Mapping[Skill, Sequence[Worker]]

    def has_time(self, person: Worker, offer: Offer) -> bool:
        """Tell whether somebody gives as many hours as an offer takes."""
        return (self.lives[person.number].hours_per_week or 0) >= (offer.hours_per_week or 0)

    def shared(self, person: Worker, offer: Offer) -> tuple[Skill, ...]:
        """Return what somebody knows of what is wanted."""
        return tuple(skill for skill in offer.wanted if skill in self.lives[person.number].has)


def history(
    random: Random,
    workers: Sequence[Worker],
    lives: Mapping[int, Life],
    offered: Sequence[Offer],
    wished: Sequence[Wish],
    now: datetime,
) -> History:
    """Draw who applied, who was in which team, and who met whom."""
    knowing: defaultdict[Skill, list[Worker]] = defaultdict(list)
    wanting: defaultdict[Skill, list[Worker]] = defaultdict(list)
    free = {worker.number for worker in workers if worker.persona is None}
    for worker in workers:
        if worker.number in free:
            for skill in lives[worker.number].has:
                knowing[skill].append(worker)
    waiting = {one.person.number for one in wished}
    for worker in workers:
        if worker.number in free - waiting and worker.grade < len(worker.trade.titles) - 1:
            for skill in (*lives[worker.number].wants, *lives[worker.number].goal.skills):
                wanting[skill].append(worker)
    known = _Known(lives, knowing)
    joinings = [
        each
        for place, offer in enumerate(offered)
        if offer.kind is not Kind.MENTORING
        for each in _applied(random, place, offer, known, now)
    ]
    return History(
        (*joinings, *_of_reports(random, workers, offered, joinings, known, now)),
        tuple(_couples(random, offered, wanting, now)),
    )


def _applied(random: Random, place: int, offer: Offer, known: _Known, now: datetime) -> Iterator[Joining]:
    people = _applicants(random, offer, known, offer.seats + random.randint(0, 3) * (2 if offer.seats > 1 else 1))
    if offer.closed:
        for number, person in enumerate(people):
            yield (
                _member(random, place, offer, person, known, now)
                if number < offer.seats
                else _asked(random, place, offer, person, State.NOT_CHOSEN, known, now)
            )
        return
    seats = offer.seats - 1
    for state, person in zip(_states(random, offer, len(people)), people, strict=False):
        if state in _SEATED:
            seats -= 1
        # One seat stays free, or nobody could ask any more.
        yield _asked(random, place, offer, person, state if seats >= 0 else State.APPLIED, known, now)


def _states(random: Random, offer: Offer, count: int) -> Sequence[State]:
    if offer.owner.persona == "ines":
        return _HOST_APPLICANTS
    return random.choices(list(_STANDING), list(_STANDING.values()), k=count)


def _applicants(random: Random, offer: Offer, known: _Known, count: int) -> list[Worker]:
    """Return people who have the time and know one of the wanted skills each, the skills in turn."""
    wanted = [skill for skill in offer.wanted if known.knowing.get(skill)]
    many = len(_HOST_APPLICANTS) if offer.owner.persona == "ines" else count
    found: dict[int, Worker] = {}
    for turn in range(8 * many if wanted else 0):
        person = random.choice(known.knowing[wanted[turn % len(wanted)]])
        if person.number != offer.owner.number and len(found) < many and known.has_time(person, offer):
            found.setdefault(person.number, person)
    return list(found.values())


def _asked(
    random: Random, place: int, offer: Offer, person: Worker, state: State, known: _Known, now: datetime
) -> Joining:
    """Return an application that came to a state in the last days, or while the offer was open."""
    end = _noon(offer.starts_on) if offer.closed and offer.starts_on else now
    course = _COURSES[state]
    skills = known.shared(person, offer) or offer.wanted
    days = max(1, min(_ANSWERED_IN, (end.date() - offer.opened).days))
    begin = end - timedelta(days=days * random.uniform(0.5, 1))
    steps = tuple(
        Step(
            each,
            each in _BY_OWNER,
            _say(random, _WORDS[each], skills) if each in _WORDS else "",
            begin + (end - begin) * (number / len(course)),
        )
        for number, each in enumerate(course)
    )
    words = "" if state is State.INTERESTED else _say(random, "applying", skills)
    joined = steps[-1].at if state is State.ACCEPTED else None
    return Joining(place, person, words, steps, joined_at=joined)


def _member(random: Random, place: int, offer: Offer, person: Worker, known: _Known, now: datetime) -> Joining:
    asked = _asked(random, place, offer, person, State.ACCEPTED, known, now)
    ended = _noon(offer.ends_on) if offer.ends_on else now
    if ended >= now:
        return asked
    return Joining(
        place,
        person,
        asked.words,
        asked.steps,
        asked.joined_at,
        ended,
        _say(random, "confirming", known.shared(person, offer) or offer.wanted),
    )


def _of_reports(
    random: Random,
    workers: Sequence[Worker],
    offered: Sequence[Offer],
    joinings: Sequence[Joining],
    known: _Known,
    now: datetime,
) -> Iterator[Joining]:
    """Yield an offer to somebody of the manager among the personas, who is asked about it."""
    rhea = next((one.number for one in workers if one.persona == "rhea"), None)
    report = next((one for one in workers if one.manager == rhea and one.persona is None), None)
    seated = [one.offer for one in joinings if one.state in _SEATED]
    asking = {(one.offer, one.person.number) for one in joinings}
    for place, offer in enumerate(offered):
        fits = offer.kind is Kind.PROJECT and not offer.closed and offer.owner.persona is None
        if report and fits and offer.seats > seated.count(place) + 1 and (place, report.number) not in asking:
            yield _asked(random, place, offer, report, State.OFFERED, known, now)
            return


def _couples(
    random: Random, offered: Sequence[Offer], wanting: Mapping[Skill, Sequence[Worker]], now: datetime
) -> Iterator[Couple]:
    met: set[int] = set()
    for place, offer in enumerate(offered):
        if offer.kind is not Kind.MENTORING:
            continue
        # Who offers mentoring today has often mentored before.
        if random.random() < 0.4 or offer.owner.persona:
            mentee = _mentee(random, offer, wanting, met)
            if mentee:
                ended = now - timedelta(days=random.randint(5, 120))
                yield Couple(
                    place,
                    mentee,
                    ended - _MEETS * random.uniform(0.5, 1),
                    ended,
                    _say(random, "ending", offer.learn),
                    _say(random, "mentoring", offer.learn),
                    _say(random, "vouching", offer.learn) if random.random() < 0.7 else None,
                )
        if offer.seats > 1 and (random.random() < 0.35 or offer.owner.persona):
            mentee = _mentee(random, offer, wanting, met)
            if mentee:
                days = (now.date() - offer.opened).days
                yield Couple(place, mentee, now - timedelta(days=days * random.uniform(0.1, 0.9)))


def _mentee(
    random: Random, offer: Offer, wanting: Mapping[Skill, Sequence[Worker]], met: set[int]
) -> Worker | None:
    """Return somebody who wants to learn one of its topics and met nobody yet; never who reports to the mentor."""
    for skill in offer.learn:
        there = wanting[skill]
        for person in random.sample(there, k=min(8, len(there))):
            if person.number not in met | {offer.owner.number} and person.manager != offer.owner.number:
                met.add(person.number)
                return person
    return None


def _say(random: Random, kind: str, skills: Sequence[Skill]) -> str:
    """Return a sentence about one of these skills; every sentence of it begins with a capital letter."""
    pattern: str = random.choice(text("history.toml")[kind])
    said = pattern.format(skill=random.choice(skills).label)
    return _BEGINS.sub(lambda found: found.group().upper(), said)


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)
