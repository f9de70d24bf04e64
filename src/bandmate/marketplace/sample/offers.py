"""What the people of the sample company offer each other, and what they wish for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.sample.life import Life
from bandmate.marketplace.sample.reading import Skill, Trade, offices, text, trades
from bandmate.marketplace.sample.staff import Worker

_FORMATS = ("one_to_one", "one_to_one", "one_to_one", "one_to_one", "reverse", "group", "peer_circle")
_CADENCES = ("an hour every second week", "an hour a month", "half an hour a week")
_MODELS = ("on_site", "hybrid", "hybrid", "remote")


@dataclass(frozen=True, slots=True)
class Offer:
    """An opportunity before it is written down."""

    kind: Kind
    title: str
    summary: str
    description: str
    owner: Worker
    wanted: tuple[Skill, ...]
    learn: tuple[Skill, ...]
    seats: int
    opened: date
    closed: bool = False
    hours_per_week: Decimal | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    format: str | None = None
    cadence: str | None = None
    work_model: str = "hybrid"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants a mentor for."""

    person: Worker
    format: str
    words: str
    topics: tuple[Skill, ...]
    since: date


def offers(random: Random, workers: Sequence[Worker], lives: Mapping[int, Life], today: date) -> tuple[Offer, ...]:
    """Draw a year of opportunities, in proportion to the company: about a third of the projects are over."""
    size = len(workers)
    return (
        *_projects(random, workers, today, max(12, size // 40)),
        *_mentoring(random, workers, lives, today, max(10, size // 12)),
        *_jobs(random, workers, today, max(4, size // 100)),
    )


def wishes(random: Random, workers: Sequence[Worker], lives: Mapping[int, Life], today: date) -> tuple[Wish, ...]:
    """Draw who wants a mentor, the newer ones more often, and what for."""
    found = []
    for worker in workers:
        life = lives[worker.number]
        eager = 0.45 if worker.grade == 0 else 0.2 if worker.grade == 1 else 0.05
        if life.wants and (worker.persona == "rhea" or random.random() < eager) and worker.persona != "nell":
            found.append(
                Wish(
                    worker,
                    random.choice(_FORMATS),
                    f"I would like to learn {life.wants[0].label} from somebody who uses it.",
                    life.wants,
                    today - timedelta(days=random.randint(1, 60)),
                )
            )
    return tuple(found)


def _projects(random: Random, workers: Sequence[Worker], today: date, count: int) -> list[Offer]:
    patterns: list[dict[str, Any]] = text("words.toml")["project"]
    by_key = {trade.key: trade for trade in trades()}
    ines = next((one for one in workers if one.persona == "ines"), workers[0])
    found = []
    for number in range(count):
        pattern = patterns[number % len(patterns)]
        concerned = [by_key[key] for key in pattern["trades"]]
        owner = ines if number in {2, 9} else _of_trade(random, workers, concerned[0])
        days = random.randint(1, 330)
        # Of the persona who hosts, one is open to be staffed and one is over, whatever was drawn.
        opened = today - timedelta(days={2: 24, 9: 210}.get(number, days) if owner is ines else days)
        over = (today - opened).days > 100
        starts = (
            opened + timedelta(days=random.randint(10, 40))
            if over
            else today + timedelta(days=random.randint(5, 50))
        )
        fill = {"work": random.choice(concerned[0].works), "city": random.choice(offices()).city}
        found.append(
            Offer(
                Kind.PROJECT,
                _begun(pattern["title"].format(**fill)),
                pattern["summary"],
                _story(concerned),
                owner,
                wanted=_few(random, [trade.skills for trade in concerned], 4),
                learn=_few(random, [trade.skills for trade in concerned[1:]], 2),
                seats=random.randint(2, 5),
                opened=opened,
                closed=over,
                hours_per_week=Decimal(random.choice((2, 4, 4, 6, 8))),
                starts_on=starts,
                ends_on=starts + timedelta(days=random.choice((42, 56, 84))),
                work_model=random.choice(("hybrid", "remote", "remote")),
            )
        )
    return found


def _mentoring(
    random: Random, workers: Sequence[Worker], lives: Mapping[int, Life], today: date, count: int
) -> list[Offer]:
    seniors = [one for one in workers if one.grade >= 1 and one.persona is None]
    chosen = random.sample(seniors, k=min(count, len(seniors)))
    tomas = [one for one in workers if one.persona == "tomas"]
    found = []
    for owner in (*tomas, *chosen):
        known = sorted(lives[owner.number].has.items(), key=lambda one: (-one[1], one[0].label))
        topics = tuple(skill for skill, _ in known[:3])
        kind = "one_to_one" if owner.persona else random.choice(_FORMATS)
        found.append(
            Offer(
                Kind.MENTORING,
                _begun(f"{topics[0].label}, with {owner.given}"),
                f"{owner.title} in {owner.office.city}, glad to share what years of it have taught.",
                "Bring a real question of yours; we look at it together. No slides.",
                owner,
                wanted=(),
                learn=topics,
                seats=_places(random, owner, kind),
                opened=today - timedelta(days=random.randint(3, 300)),
                format=kind,
                cadence=random.choice(_CADENCES),
                work_model="remote",
            )
        )
    return found


def _places(random: Random, owner: Worker, kind: str) -> int:
    drawn = random.choice((1, 2, 2, 3)) if kind in {"one_to_one", "reverse"} else random.randint(4, 8)
    return max(drawn, 3) if owner.persona else drawn


def _jobs(random: Random, workers: Sequence[Worker], today: date, count: int) -> list[Offer]:
    """Draw jobs that are offered inside only, beside those of the company's own board."""
    leading = [one for one in workers if one.grade == len(one.trade.titles) - 1]
    found = []
    for _ in range(count):
        owner = random.choice(leading)
        grade = random.randrange(len(owner.trade.titles) - 1)
        found.append(
            Offer(
                Kind.JOB,
                f"{owner.trade.titles[grade]}, {random.choice(owner.trade.works)}",
                f"A move within {owner.trade.department}, for somebody who wants it.",
                "You need not tick every box. Talk to us, or to somebody in the team, before you decide.",
                owner,
                wanted=_few(random, [owner.trade.skills], 5),
                learn=_few(random, [owner.trade.skills[3:]], 2),
                seats=1,
                opened=today - timedelta(days=random.randint(1, 45)),
                work_model=random.choice(_MODELS),
            )
        )
    return found


def _of_trade(random: Random, workers: Sequence[Worker], trade: Trade) -> Worker:
    return random.choice([one for one in workers if one.trade is trade and one.grade >= 1] or list(workers))


def _few(random: Random, groups: Sequence[Sequence[Skill]], count: int) -> tuple[Skill, ...]:
    """Return skills of all groups in turn, each once."""
    pools = [list(group) for group in groups]
    for pool in pools:
        random.shuffle(pool)
    found: dict[Skill, None] = {}
    while len(found) < count and any(pools):
        for pool in pools:
            if pool and len(found) < count:
                found.setdefault(pool.pop())
    return tuple(found)


def _story(concerned: Sequence[Trade]) -> str:
    who = ", ".join(trade.department for trade in concerned)
    return (
        f"People from {who} work on this together. We meet twice a week, show what we have every "
        "Friday, and stop when it is good enough. You learn by doing, and somebody who knows it is beside you."
    )


def _begun(words: str) -> str:
    return words[0].upper() + words[1:]
