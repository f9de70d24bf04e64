"""What the people of the sample company say of themselves, know, and want to learn."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.sample.reading import Skill, Trade, text, trades
from bandmate.marketplace.sample.staff import Worker

_WITHOUT_PROFILE = 0.18
"""Share of people who never wrote one: a marketplace has to work for them too."""
_AI_OFF = 0.06
_STYLE_AXES = ("pace", "structure", "contact", "feedback")
_HOURS = (2, 3, 4, 4, 6, 8)


@dataclass(frozen=True, slots=True)
class Life:
    """One person's profile; skills with levels from 1 to 5."""

    has: dict[Skill, int]
    wants: tuple[Skill, ...]
    goal: Trade
    """Where they look, when not at their own trade."""
    headline: str = ""
    about: str = ""
    aims: str = ""
    strengths: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()
    target: str | None = None
    target_by: date | None = None
    working_style: dict[str, int] = field(default_factory=dict)
    hours_per_week: Decimal | None = None
    open_to: tuple[Kind, ...] = ()
    ai_ranking: bool = True
    written: bool = True
    """Whether they wrote a profile at all; skills of those who did not come from their title."""


def life_of(random: Random, worker: Worker, today: date) -> Life:
    """Draw one person's profile."""
    goal = random.choice(trades()) if random.random() < 0.45 else worker.trade
    has = _known(random, worker)
    unknown = [one for one in goal.skills if one not in has] or list(goal.skills)
    wants = tuple(random.sample(unknown, k=min(2, len(unknown))))
    if random.random() < _WITHOUT_PROFILE and worker.persona is None:
        return Life(has=has, wants=(), goal=goal, written=False)
    return _written(random, worker, today, Life(has=has, wants=wants, goal=goal))


def _known(random: Random, worker: Worker) -> dict[Skill, int]:
    """Return skills of the trade, the common ones more often, and now and then one of another trade."""
    skills = worker.trade.skills
    known = {
        skill: min(5, max(1, round(random.gauss(2.2 + 0.7 * worker.grade, 0.8))))
        for place, skill in enumerate(skills)
        if random.random() < 0.95 - 0.55 * place / len(skills)
    }
    if random.random() < 0.5:
        known.setdefault(random.choice(random.choice(trades()).skills), random.randint(1, 3))
    if worker.grade == len(worker.trade.titles) - 1:
        known.setdefault(Skill("lead a team"), random.randint(2, 5))
        known.setdefault(Skill("coach employees"), random.randint(1, 4))
    return known or {skills[0]: 2}


def _written(random: Random, worker: Worker, today: date, life: Life) -> Life:
    words = text("words.toml")
    fill = {
        "work": random.choice(worker.trade.works),
        "skill": random.choice([one.label for one in life.has]),
        "goal": life.wants[0].label,
    }
    target = random.choice(life.goal.titles[1:]) if random.random() < 0.55 else None
    return Life(
        has=life.has,
        wants=life.wants,
        goal=life.goal,
        headline=_sentence(random.choice(words["headlines"]), fill) if random.random() < 0.7 else "",
        about=_sentence(random.choice(words["abouts"]), fill) if random.random() < 0.6 else "",
        aims=_sentence(random.choice(words["aims"]), fill) if random.random() < 0.6 else "",
        strengths=tuple(random.sample(words["strengths"], k=random.randint(1, 3))),
        interests=tuple(random.sample(words["interests"], k=random.randint(1, 4))),
        target=target,
        target_by=today + timedelta(days=random.randint(120, 900)) if target else None,
        working_style={axis: random.choice((-1, 0, 0, 1)) for axis in _STYLE_AXES},
        hours_per_week=Decimal(random.choice(_HOURS)),
        open_to=tuple(kind for kind in Kind if random.random() < 0.75),
        ai_ranking=worker.persona is not None or random.random() >= _AI_OFF,
    )


def _sentence(pattern: str, fill: dict[str, str]) -> str:
    written = pattern.format(**fill)
    return written[0].upper() + written[1:]
