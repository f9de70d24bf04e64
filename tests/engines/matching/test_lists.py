"""Order, what would raise it, prices of the crowd, exposure."""

from __future__ import annotations

from itertools import combinations
from random import Random

import numpy as np
import pytest

from bandmate.engines.matching import (
    FIRST_FEW,
    NEVER,
    RULES,
    TENTHS,
    Addition,
    Candidates,
    Nearness,
    Opportunity,
    Person,
    Place,
    Pool,
    Raising,
    SkillNode,
    best,
    by_group,
    exposure_limits,
    exposure_of,
    gini,
    keys,
    lorenz,
    nearness_of,
    pool_of,
    prices_for,
    rank_of,
    score,
    ties,
    with_addition,
    words_of,
)
from bandmate.engines.matching.postings import Ints
from bandmate.engines.matching.ranking import Mask
from bandmate.engines.matching.scoring import Tenths

SKILLS = [f"skill:{number}" for number in range(40)]


def market(random: Random, count: int) -> Pool:
    """Return a pool of random opportunities over a few skills, some of them near to each other."""
    near = {each: tuple((other, 0.4) for other in random.sample(SKILLS, 2) if other != each) for each in SKILLS}
    offered = [
        Opportunity(
            wanted={each: random.choice((0.5, 1.0)) for each in random.sample(SKILLS, random.randint(0, 6))},
            learn=frozenset(random.sample(SKILLS, random.randint(0, 3))),
            hours_per_week=random.choice((None, 2.0, 4.0, 8.0)),
            place=random.choice((Place(), Place("DE", "Berlin", 60), Place("SE", "Stockholm", 60))),
        )
        for _ in range(count)
    ]
    return pool_of(offered, Nearness(near))


def somebody(random: Random) -> Person:
    """Return a random person."""
    return Person(
        has={each: random.choice((None, 2, 5)) for each in random.sample(SKILLS, random.randint(0, 8))},
        wants=frozenset(random.sample(SKILLS, random.randint(0, 3))),
        hours_per_week=random.choice((None, 2.0, 4.0)),
        place=Place("DE", "Berlin", 60),
    )


def test_best_is_the_greatest_first_and_never_what_may_not_be() -> None:
    """The order is that of a full sort, without what is not allowed."""
    pool = market(Random(3), 60)
    total = score(somebody(Random(4)), pool).total
    allowed = np.arange(60) % 3 > 0
    order = keys(total, np.zeros(60, np.int32), pool, seed=9, allowed=allowed)
    expected = [place for place in np.argsort(-order) if allowed[place]]
    assert best(order, 10).tolist() == expected[:10]
    assert best(order, 100).tolist() == expected
    assert best(order, 0).tolist() == []
    assert order[0] == NEVER


def test_equals_stand_differently_for_different_people() -> None:
    """Where everything fits alike, not everybody sees the same first; the same person always does."""
    pool = pool_of([Opportunity()] * 50)
    total, free = score(Person(), pool).total, np.zeros(50, np.int32)
    firsts = [int(best(keys(total, free, pool, seed=seed), 1)[0]) for seed in range(200)]
    assert len(set(firsts)) > 30
    assert firsts == [int(best(keys(total, free, pool, seed=seed), 1)[0]) for seed in range(200)]


def test_a_price_moves_down() -> None:
    """Score less price orders the list."""
    pool = pool_of([Opportunity(wanted={"a": 1.0}), Opportunity(wanted={"a": 1.0, "b": 1.0})])
    total = score(Person(has={"a": 5}), pool).total
    prices = np.array([16 * TENTHS, 0], np.int32)
    assert best(keys(total, np.zeros(2, np.int32), pool, seed=1), 1).tolist() == [0]
    assert best(keys(total, prices, pool, seed=1), 1).tolist() == [1]


@pytest.mark.parametrize("seed", range(12))
def test_what_would_raise_it_is_exact_and_smallest(seed: int) -> None:
    """An addition gives the rank that a full new computation gives, and nothing smaller would have sufficed."""
    random = Random(seed)
    pool, person = market(random, 40), somebody(random)
    prices = np.array([random.choice((0, 0, 30)) for _ in range(40)], np.int32)
    allowed = np.array([random.random() < 0.9 for _ in range(40)])
    scores = score(person, pool)
    order = keys(scores.total, prices, pool, seed=seed, allowed=allowed)
    raising = Raising(person, pool, scores, prices, seed=seed, allowed=allowed)
    for place in best(order, 15).tolist():
        found = raising.smallest(place)
        ranks = _ranks_with_each(person, pool, prices, allowed, seed, place)
        singles = [rank for addition, rank in ranks.items() if addition.size == 1]
        pairs = [rank for addition, rank in ranks.items() if addition.size == 2]
        if rank_of(order, place) <= FIRST_FEW:
            assert found is None
        elif min(singles, default=99) <= FIRST_FEW:
            assert found is not None
            assert (found.addition.size, found.rank) == (1, min(singles))
        elif min(pairs, default=99) <= FIRST_FEW:
            assert found is not None
            assert (found.addition.size, found.rank) == (2, min(pairs))
        else:
            assert found is None
        for addition, rank in ranks.items():
            assert raising.tried(place, addition).rank == rank


def _ranks_with_each(
    person: Person, pool: Pool, prices: Tenths, allowed: Mask, seed: int, place: int
) -> dict[Addition, int]:
    """Return the rank of an opportunity with every addition of one or two things, each computed from the start."""
    row = pool.opportunities[place]
    level = RULES.level(None)
    strengths = {uri: RULES.level(stated) for uri, stated in person.has.items()}

    def had(uri: str) -> int:
        near = [
            round(strength * nearness)
            for own, strength in strengths.items()
            for other, nearness in pool.nearness.around(own)
            if other == uri
        ]
        return max([strengths.get(uri, 0), *near])

    singles = [Addition((uri,)) for uri in row.wanted if uri not in person.has and had(uri) < level]
    if person.hours_per_week and row.hours_per_week and row.hours_per_week > person.hours_per_week:
        singles.append(Addition(hours_per_week=row.hours_per_week))
    pairs = [
        Addition((*one.skills, *other.skills), one.hours_per_week or other.hours_per_week)
        for one, other in combinations(singles, 2)
    ]
    ranks = {}
    for addition in (*singles, *pairs):
        total = score(with_addition(person, addition), pool).total
        ranks[addition] = rank_of(keys(total, prices, pool, seed=seed, allowed=allowed), place)
    return ranks


def _crowd(random: Random, pool: Pool, people: int) -> tuple[Candidates, list[Person]]:
    persons = [somebody(random) for _ in range(people)]
    free = np.zeros(len(pool), np.int32)
    rows: list[Ints] = []
    tenths, salt = [], []
    for seed, person in enumerate(persons):
        total = score(person, pool).total
        rows.append(best(keys(total, free, pool, seed=seed), len(pool)))
        tenths.append(total[rows[-1]])
        salt.append(ties(pool, seed)[rows[-1]])
    return (
        Candidates(np.array(rows, np.int32), np.array(tenths, np.int32), np.array(salt, np.uint32)),
        persons,
    )


def test_prices_spread_what_is_seen() -> None:
    """With prices, nothing stands in far more lists than its share, and exposure is much more even."""
    random = Random(7)
    pool = market(random, 50)
    candidates, people = _crowd(random, pool, 200)
    limits = exposure_limits(np.ones(50, np.int64), lists=200, length=5)
    found = prices_for(candidates, limits, length=5)
    assert (found.tenths >= 0).all()
    assert (found.tenths <= RULES.most_price * TENTHS).all()
    assert found.wanted_before.sum() == found.wanted_after.sum() == 200 * 5
    over_before = np.maximum(found.wanted_before - limits, 0).sum()
    over_after = np.maximum(found.wanted_after - limits, 0).sum()
    assert over_after < over_before / 5
    free = [
        best(keys(score(one, pool).total, np.zeros(50, np.int32), pool, seed=at), 5).tolist()
        for at, one in enumerate(people)
    ]
    priced = [
        best(keys(score(one, pool).total, found.tenths, pool, seed=at), 5).tolist()
        for at, one in enumerate(people)
    ]
    assert exposure_of(priced, 50).gini < exposure_of(free, 50).gini / 2


@pytest.mark.parametrize("seed", range(4))
def test_prices_spread_what_is_seen_whatever_seats_there_are(seed: int) -> None:
    """Where seats differ, lists become more even both for each opportunity and for each seat."""
    random = Random(seed)
    pool = market(random, 50)
    candidates, _people = _crowd(random, pool, 200)
    seats = np.array([random.choice((1, 1, 1, 2, 5, 10)) for _ in range(50)], np.int64)
    found = prices_for(candidates, exposure_limits(seats, lists=200, length=5), length=5)
    assert gini(found.wanted_after) < gini(found.wanted_before)
    assert gini(found.wanted_after, seats) < gini(found.wanted_before, seats)


def test_nothing_costs_where_nothing_is_crowded() -> None:
    """Without more demand than places, prices stay nothing; an empty market has none."""
    candidates = Candidates(
        np.array([[0, 1], [1, 0]], np.int32), np.full((2, 2), 500, np.int32), np.zeros((2, 2), np.uint32)
    )
    found = prices_for(candidates, np.array([2, 2]), length=2)
    assert found.tenths.tolist() == [0, 0]
    none = Candidates(np.empty((3, 0), np.int32), np.empty((3, 0), np.int32), np.empty((3, 0), np.uint32))
    assert (
        prices_for(none, exposure_limits(np.empty(0, np.int64), lists=3, length=10), length=10).tenths.tolist()
        == []
    )


def test_exposure_measures() -> None:
    """Gini is 0 for equal counts and near 1 for one that has all; coverage and own entries are shares."""
    assert gini(np.array([3, 3, 3])) == pytest.approx(0)
    assert gini(np.array([0, 0, 0, 4])) == pytest.approx(0.75)
    assert gini(np.array([], np.int64)) == 0
    seen = exposure_of([[0, 1], [0, 2], [0]], 4)
    assert (seen.lists, seen.opportunities, seen.coverage) == (3, 4, 0.75)
    assert seen.own == pytest.approx(2 / 3)
    assert seen.gini_of_seats == pytest.approx(seen.gini)


def test_exposure_for_each_seat() -> None:
    """Who has twice the seats may stand in twice the lists: then it is even; a curve tells who has how much."""
    assert gini(np.array([4, 2, 2]), np.array([2, 1, 1])) == pytest.approx(0)
    assert gini(np.array([4, 4]), np.array([3, 1])) == gini(np.array([4, 4]), np.array([1, 3])) == 0.25
    assert lorenz(np.array([1, 3]), 2) == ((0.0, 0.0), (0.5, 0.25), (1.0, 1.0))
    assert lorenz(np.array([], np.int64), 1) == ((0.0, 0.0), (1.0, 1.0))


def test_groups_have_means_with_intervals() -> None:
    """The interval is that of a mean (1.96 standard errors), endless for one member; small groups are left out."""
    found = {each.group: each for each in by_group({"a": [1, 2, 3, 4], "b": [5]})}
    assert found["a"].mean == 2.5
    assert found["a"].high - found["a"].mean == pytest.approx(1.96 * (5 / 3) ** 0.5 / 2, rel=1e-4)
    assert found["b"].high == float("inf")
    assert [each.group for each in by_group({"a": [1, 2], "b": [1]}, minimum=2)] == ["a"]


def test_nearness_needs_structure_and_name() -> None:
    """Skills of one group with words in common are near; one of the two alone is not enough."""
    near = nearness_of(
        [
            SkillNode("java", "Java (programming)", ("g",)),
            SkillNode("ruby", "Ruby (programming)", ("g",)),
            SkillNode("plan", "plan a tour", ("g",)),
            SkillNode("radio", "radio programming", ("h",)),
            SkillNode("other", "carve wood", ("k",)),
        ]
    )
    assert [uri for uri, _near in near.around("java")] == ["ruby"]
    assert 0 < near.around("java")[0][1] <= 0.6
    assert near.around("plan") == near.around("radio") == near.around("unheard of") == ()


def test_skills_that_the_same_occupations_need_are_near() -> None:
    """Where occupations need two skills together, they are near whatever their names."""
    together = ("dj", "producer")
    near = nearness_of(
        [
            SkillNode("mix", "mix sound", occupations=together),
            SkillNode("beat", "match tempo", occupations=together),
            SkillNode("bake", "bake bread", occupations=("baker",)),
            SkillNode("knead", "form dough", occupations=("baker", "cook")),
        ]
    )
    assert [uri for uri, _near in near.around("mix")] == ["beat"]


def test_words_are_compared_plainly() -> None:
    """Case, accents and a plural s do not count; empty words are left out; hostile text is cut."""
    assert words_of("The Ébène Quartets, and C++") == {"ebene", "quartet", "c++"}
    assert words_of("bass") == {"bass"}
    assert words_of("\x00 \ud800 <script>") == {"script"}
    assert len(words_of("word " * 10_000_000)) == 1
