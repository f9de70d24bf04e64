"""How fast a for-you list is made for one of many people over many opportunities, on one core.

    python -m benchmarks.for_you [OPPORTUNITIES] [PEOPLE]      100,000 each by default; takes about two minutes

Everything is generated; times are of the process, which uses one core. The floor in the same run: one bare NumPy
pass that weighs a dense strength over all wanted skills of all opportunities and takes the first ten; it knows one
of the seven parts and no reasons.
Then: how evenly opportunities are seen without and with prices of the crowd.

Aim: p95 below 100 ms for the list, with what would raise each of its entries.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from random import Random
from time import perf_counter, process_time
from typing import Final

import numpy as np

from bandmate.engines.matching import (
    Candidates,
    Nearness,
    Opportunity,
    Person,
    Place,
    Pool,
    Raising,
    best,
    exposure_limits,
    exposure_of,
    keys,
    pool_of,
    prices_for,
    score,
    ties,
)

SKILLS: Final = 14_000
WORDS: Final = 8_000
LENGTH: Final = 10
MEASURED: Final = 300
CROWD: Final = 3_000
CROWD_POOL: Final = 600
START: Final = date(2026, 1, 5)
TOWNS: Final = (("DE", "Berlin", 60), ("SE", "Stockholm", 60), ("GB", "London", 0), ("US", "New York", -300))
AXES: Final = ("pace", "structure", "contact", "feedback")


def main() -> None:
    """Generate, measure, print."""
    opportunities = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    people = int(sys.argv[2]) if len(sys.argv) > 2 else 100_000
    random = Random(20)
    near = _nearness(random)
    began = perf_counter()
    pool = pool_of([_opportunity(random) for _ in range(opportunities)], near)
    print(f"{opportunities:,} opportunities laid out in {perf_counter() - began:.1f} s (with making them up)")
    # Of the people, only as many are made as are measured; each is one of `people` by their number.
    asked = [(number, _person(Random(number))) for number in random.sample(range(people), min(MEASURED, people))]
    prices = np.zeros(len(pool), np.int32)
    strengths = np.zeros(len(pool.skill_numbers))

    def listed(number: int, person: Person) -> None:
        scores = score(person, pool)
        best(keys(scores.total, prices, pool, seed=number), LENGTH)

    def explained(number: int, person: Person) -> None:
        scores = score(person, pool)
        places = best(keys(scores.total, prices, pool, seed=number), LENGTH)
        raising = Raising(person, pool, scores, prices, seed=number)
        for place in places.tolist():
            raising.smallest(place)

    def floor(_number: int, person: Person) -> None:
        strengths[:] = 0
        for uri in person.has:
            if uri in pool.skill_numbers:
                strengths[pool.skill_numbers[uri]] = 1
        features = np.repeat(strengths, np.diff(pool.wanted.ends))
        sums = np.bincount(pool.wanted.holders, weights=features * pool.wanted.amounts, minlength=len(pool))
        np.argpartition(-sums, LENGTH)[:LENGTH]

    print(f"{len(asked)} of {people:,} people, {LENGTH} of {len(pool):,} opportunities each, one core:")
    for name, work in (("bare NumPy scan", floor), ("list", listed), ("list, and what would raise it", explained)):
        _print(name, _times(work, asked))
    _exposure(random)


def _times(work: Callable[[int, Person], None], asked: Sequence[tuple[int, Person]]) -> list[float]:
    for number, person in asked[:10]:
        work(number, person)
    times = []
    for number, person in asked:
        began = process_time()
        work(number, person)
        times.append((process_time() - began) * 1000)
    return sorted(times)


def _print(name: str, times: Sequence[float]) -> None:
    p50, p95 = times[len(times) // 2], times[int(len(times) * 0.95)]
    print(f"  {name:<32} p50 {p50:7.2f} ms   p95 {p95:7.2f} ms   slowest {times[-1]:7.2f} ms")


def _exposure(random: Random) -> None:
    pool = pool_of([_opportunity(random, seats=True) for _ in range(CROWD_POOL)], _nearness(random))
    people = [_person(random) for _ in range(CROWD)]
    began = perf_counter()
    candidates = _candidates(pool, people)
    limits = exposure_limits(np.ones(len(pool), np.int64), lists=len(people), length=LENGTH)
    found = prices_for(candidates, limits, length=LENGTH)
    print(f"prices of {len(pool)} opportunities for {len(people):,} people in {perf_counter() - began:.1f} s")
    for name, prices in (("without prices", np.zeros(len(pool), np.int32)), ("with prices", found.tenths)):
        lists, lost = [], 0
        for number, person in enumerate(people):
            total = score(person, pool).total
            places = best(keys(total, prices, pool, seed=number), LENGTH)
            lost += int(np.sort(total)[::-1][:LENGTH].sum() - total[places].sum())
            lists.append(places.tolist())
        seen = exposure_of(lists, len(pool))
        print(
            f"  {name:<16} Gini {seen.gini:.3f}  coverage {seen.coverage:.1%}"
            f"  busiest tenth {seen.busiest_tenth:.1%}"
            f"  lists with something of their own {seen.own:.1%}"
            f"  points given up per entry {lost / 10 / LENGTH / len(people):.2f}"
        )


def _candidates(pool: Pool, people: Sequence[Person], most: int = 200) -> Candidates:
    places, tenths, tie = [], [], []
    for number, person in enumerate(people):
        total = score(person, pool).total
        first = best(keys(total, np.zeros(len(pool), np.int32), pool, seed=number), most)
        places.append(first)
        tenths.append(total[first])
        tie.append(ties(pool, number)[first])
    return Candidates(np.array(places, np.int32), np.array(tenths, np.int32), np.array(tie, np.uint32))


def _skill(random: Random) -> str:
    """Return a skill; a few are asked for everywhere, most seldom."""
    return f"skill:{int(SKILLS * random.random() ** 3)}"


def _words(random: Random, count: int) -> frozenset[str]:
    return frozenset(f"word{int(WORDS * random.random() ** 2)}" for _ in range(count))


def _nearness(random: Random) -> Nearness:
    return Nearness(
        {
            f"skill:{number}": tuple(
                (f"skill:{random.randrange(SKILLS)}", round(random.uniform(0.15, 0.6), 2)) for _ in range(8)
            )
            for number in range(SKILLS)
        }
    )


def _place(random: Random) -> Place:
    return Place(*random.choice(TOWNS))


def _style(random: Random) -> dict[str, int]:
    return {axis: random.choice((-1, 0, 1)) for axis in AXES if random.random() < 0.6}


def _opportunity(random: Random, *, seats: bool = False) -> Opportunity:
    # A few are what everybody wants: in the crowd's pool they ask little and teach what is in demand.
    loved = seats and random.random() < 0.05
    return Opportunity(
        wanted={_skill(random): random.choice((0.5, 1.0)) for _ in range(2 if loved else random.randint(3, 12))},
        learn=frozenset(_skill(random) for _ in range(8 if loved else random.randint(0, 4))),
        words=_words(random, 60 if loved else 30),
        hours_per_week=random.choice((None, 2.0, 4.0, 8.0, 16.0)),
        starts_on=START + timedelta(days=random.randrange(200)),
        place=_place(random),
        work_model="remote" if loved else random.choice((None, "on_site", "hybrid", "remote")),
        style=_style(random),
    )


def _person(random: Random) -> Person:
    return Person(
        has={_skill(random): random.choice((None, 1, 2, 3, 4, 5)) for _ in range(random.randint(5, 25))},
        wants=frozenset(_skill(random) for _ in range(random.randint(0, 6))),
        interests=tuple(_words(random, random.randint(1, 3)) for _ in range(random.randint(0, 5))),
        target={_skill(random): random.choice((0.5, 1.0)) for _ in range(random.randint(0, 40))},
        hours_per_week=random.choice((None, 2.0, 4.0, 8.0)),
        available_from=START + timedelta(days=random.randrange(200)),
        place=_place(random),
        style=_style(random),
    )


if __name__ == "__main__":
    main()
