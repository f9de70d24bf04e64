"""Who works at the sample company: names, places, titles, and who reports to whom."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from bandmate.marketplace.sample.reading import Office, Trade, offices, trades

PEOPLE = 6_000
DOMAIN = "halfnote.example"

_GRADES = (0.42, 0.38, 0.13)
"""Shares of the lower grades; the rest lead."""
_YEARS = 11
_SPELLINGS = {"\N{LATIN SMALL LETTER DOTLESS I}": "i", "ł": "l", "ø": "o"}
_HEAD = "Chief Executive Officer"


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody of the company; others are meant by their number."""

    number: int
    given: str
    family: str
    user_name: str
    title: str
    grade: int
    trade: Trade
    office: Office
    manager: int | None
    started: date
    persona: str | None = None

    @property
    def email(self) -> str:
        """Return their address; nobody reads it."""
        return f"{self.user_name}@{DOMAIN}"

    @property
    def name(self) -> str:
        """Return what others call them."""
        return f"{self.given} {self.family}"


@dataclass(frozen=True, slots=True)
class Part:
    """Somebody whom a visitor of the demo may become."""

    slug: str
    given: str
    family: str
    trade: str
    city: str
    grade: int
    title: str | None = None
    days: int = 1_500
    """Since they started."""


PARTS = (
    Part("nell", "Nell", "Okafor", "data", "London", 0, days=24),
    Part("tomas", "Tomas", "Lindqvist", "backend", "Stockholm", 2),
    Part("rhea", "Rhea", "Whitaker", "data", "London", 3),
    Part("ines", "Inès", "Garnier", "editorial", "Paris", 1),
    Part("kofi", "Kofi", "Adeyemi", "people", "London", 1, "Mentoring Programme Lead"),
    Part("ada", "Ada", "Fermata", "people", "Stockholm", 3, "Head of People Operations"),
)
"""The first workers of all; Nell reports to Rhea."""


def company(random: Random, today: date, people: int = PEOPLE) -> tuple[Worker, ...]:
    """Draw the company: a head, heads of trades, and people who report to somebody of their trade and place."""
    parts = [_part(number, part, today) for number, part in enumerate(PARTS)]
    chosen_trades = random.choices(trades(), [one.share for one in trades()], k=people - len(parts))
    # A trade without anybody who leads would hang in the air.
    first = trades()[: people - len(parts)]
    chosen_trades[: len(first)] = first
    others = [
        _somebody(random, len(parts) + place, trade, today, leads=place < len(first))
        for place, trade in enumerate(chosen_trades)
    ]
    return _distinct(_reporting(random, [*parts, *others]))


def _part(number: int, part: Part, today: date) -> Worker:
    trade = next(one for one in trades() if one.key == part.trade)
    office = next(one for one in offices() if one.city == part.city)
    return Worker(
        number=number,
        given=part.given,
        family=part.family,
        user_name=_user_name(part.given, part.family),
        title=part.title or trade.titles[part.grade],
        grade=part.grade,
        trade=trade,
        office=office,
        manager=None,
        started=today - timedelta(days=part.days),
        persona=part.slug,
    )


def _somebody(random: Random, number: int, trade: Trade, today: date, *, leads: bool) -> Worker:
    office = random.choices(offices(), [one.share for one in offices()])[0]
    top = len(trade.titles) - 1
    grade = top if leads else random.choices(range(top + 1), _shares(top))[0]
    # The company has grown: most have come in the last years, and who leads came earlier.
    years = _YEARS * random.random() ** (2 if grade < top else 1)
    given, family = random.choice(office.given), random.choice(office.family)
    return Worker(
        number=number,
        given=given,
        family=family,
        user_name=_user_name(given, family),
        title=trade.titles[grade],
        grade=grade,
        trade=trade,
        office=office,
        manager=None,
        started=today - timedelta(days=int(365 * years)),
    )


def _shares(top: int) -> list[float]:
    lower = list(_GRADES[:top])
    return [*lower, 1 - sum(lower)] if top == len(_GRADES) else [*lower, 0.1]


def _reporting(random: Random, drawn: list[Worker]) -> list[Worker]:
    """Give everybody a manager of their trade, near them where one is.

    Those who lead report to the first who leads their trade, who reports to the head of the company. The head is
    one of them, and reports to nobody.
    """
    leading: dict[str, list[Worker]] = {}
    for worker in drawn:
        if worker.grade == len(worker.trade.titles) - 1 and worker.persona != "ada":
            leading.setdefault(worker.trade.key, []).append(worker)
    head = leading[trades()[0].key][-1]
    found = []
    for worker in drawn:
        if worker.number == head.number:
            found.append(replace(worker, title=_HEAD))
            continue
        theirs = [one for one in leading[worker.trade.key] if one.number != head.number]
        if not theirs or worker.number == theirs[0].number:
            found.append(replace(worker, manager=head.number))
        elif worker in theirs or worker.persona == "ada":
            found.append(replace(worker, manager=theirs[0].number))
        else:
            near = [one for one in theirs if one.office.city == worker.office.city]
            found.append(replace(worker, manager=random.choice(near or theirs).number))
    rhea = next((one.number for one in found if one.persona == "rhea"), None)
    return [replace(one, manager=rhea) if one.persona == "nell" and rhea is not None else one for one in found]


def _distinct(workers: list[Worker]) -> tuple[Worker, ...]:
    """Number the user names of namesakes."""
    seen: Counter[str] = Counter()
    found = []
    for worker in workers:
        seen[worker.user_name] += 1
        count = seen[worker.user_name]
        found.append(worker if count == 1 else replace(worker, user_name=f"{worker.user_name}{count}"))
    return tuple(found)


def _user_name(given: str, family: str) -> str:
    return f"{_plain(given)}.{_plain(family)}"


def _plain(name: str) -> str:
    spelt = "".join(_SPELLINGS.get(letter, letter) for letter in name.lower())
    bare = unicodedata.normalize("NFKD", spelt).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z]+", "-", bare).strip("-")
