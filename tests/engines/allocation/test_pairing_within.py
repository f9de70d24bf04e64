"""Pairing within quotas, with prices and figures, and from all pairs that there are."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandmate.engines.allocation import InvalidProblem
from bandmate.engines.allocation.pairing import (
    Quota,
    Wishes,
    figures_of,
    find_pairing,
    pair,
    pair_within,
    prices_of,
)

Table = np.ndarray


@st.composite
def tables(draw: st.DrawFn) -> tuple[Table, np.ndarray]:
    """Whole values of up to five mentees for up to four mentors, and capacities."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    mentees, mentors = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    values = random.integers(-2, 9, (mentees, mentors)).astype(np.float32)
    return values, random.integers(0, 3, mentors).astype(np.int32)


def wishes_of(values: Table) -> Wishes:
    """Write all pairs down as wishes."""
    mentee, mentor = np.indices(values.shape).reshape(2, -1)
    return Wishes(mentee, mentor, values.ravel())


def every_pairing(values: Table, capacities: np.ndarray) -> list[list[tuple[int, int]]]:
    """Return all pairings within the capacities, of positive values only."""
    found = []
    for choice in product(range(-1, values.shape[1]), repeat=values.shape[0]):
        pairs = [(mentee, mentor) for mentee, mentor in enumerate(choice) if mentor >= 0]
        taken = np.bincount([mentor for _, mentor in pairs], minlength=values.shape[1])
        if (taken <= capacities).all() and all(values[one] > 0 for one in pairs):
            found.append(pairs)
    return found


@given(tables(), st.sampled_from([0.0, 0.3, 0.5, 1.0]), st.integers(0, 2), st.integers(0, 2**20 - 1))
@settings(max_examples=120, deadline=None)
def test_quotas_are_kept_at_the_best_value(
    problem: tuple[Table, np.ndarray], share: float, least: int, mask: int
) -> None:
    """Equal to trying all pairings; refused where none keeps the quota."""
    values, capacities = problem
    marked = np.array([bool(mask >> place & 1) for place in range(values.size)])
    allowed = []
    for pairs in every_pairing(values, capacities):
        count = sum(bool(marked[mentee * values.shape[1] + mentor]) for mentee, mentor in pairs)
        if count >= least and count >= share * len(pairs) - 1e-9:
            allowed.append(sum(float(values[one]) for one in pairs))
    quota = Quota("across departments", marked, share=share, least=least)
    if not allowed:
        with pytest.raises(InvalidProblem, match="across departments"):
            pair_within(wishes_of(values), np.arange(len(capacities)), capacities, [quota])
        return
    found = pair_within(wishes_of(values), np.arange(len(capacities)), capacities, [quota])
    assert found.value == pytest.approx(max(allowed), abs=1e-4)
    assert found.bound >= max(allowed) - 1e-4
    assert marked[found.granted].sum() >= max(least, share * found.matched - 1e-9)


@given(tables())
@settings(max_examples=200, deadline=None)
def test_at_the_prices_nobody_would_swap(problem: tuple[Table, np.ndarray]) -> None:
    """Everyone has what is best for them, free places cost nothing, and the prices prove the optimum."""
    values, capacities = problem
    wishes, mentors = wishes_of(values), np.arange(len(capacities))
    pairing = pair(wishes, mentors, capacities)
    price = prices_of(wishes, pairing.granted, mentors, capacities).price
    left = np.where(values > 0, values - price, -np.inf)
    left[:, capacities == 0] = np.where(values[:, capacities == 0] > 0, 0.0, -np.inf)
    best = np.maximum(left.max(1), 0)
    got = np.zeros(len(values))
    for place in pairing.granted:
        got[wishes.mentee[place]] = left[wishes.mentee[place], wishes.mentor[place]]
    assert got == pytest.approx(best, abs=1e-4)
    taken = np.bincount(wishes.mentor[pairing.granted], minlength=len(capacities))
    assert (price[taken < capacities] == 0).all()
    assert float(best.sum() + (price * capacities)[capacities > 0].sum()) == pytest.approx(pairing.value, abs=1e-3)


def test_a_price_is_what_the_others_lose() -> None:
    """Three want a mentor who has one place: it costs what the best of those who did not get it would have had."""
    wishes = Wishes(np.array([1, 2, 3]), np.array([7, 7, 7]), np.array([9, 5, 2], np.float32))
    pairing = pair(wishes, np.array([7, 8]), np.array([1, 1], np.int32))
    prices = prices_of(wishes, pairing.granted, np.array([7, 8]), np.array([1, 1], np.int32))
    assert (prices.price.tolist(), prices.wanted.tolist()) == ([5.0, 0.0], [3, 0])


def test_figures_tell_what_a_pairing_is_like() -> None:
    """Who got their first or second choice, whose both sides would rather have each other, what is left."""
    wishes = Wishes(np.array([1, 1, 2, 2]), np.array([7, 8, 7, 8]), np.array([5, 4, 4, 1], np.float32))
    mentors, capacities = np.array([7, 8]), np.array([1, 2], np.int32)
    best = figures_of(wishes, pair(wishes, mentors, capacities), mentors, capacities)
    assert (best.matched, best.unmatched, best.value, dict(best.ranks)) == (2, 0, 8.0, {1: 1, 2: 1})
    assert (best.blocking_pairs, best.places_left) == (1, 1)


@given(tables(), st.integers(1, 3))
@settings(max_examples=100, deadline=None)
def test_few_wishes_reach_the_best_of_all_pairs(problem: tuple[Table, np.ndarray], each: int) -> None:
    """Writing down few wishes at a time ends with a pairing as good as from all of them, and proves it."""
    values, capacities = problem
    found = find_pairing(lambda start, stop: values[start:stop], len(values), capacities, each=each, rounds=50)
    whole = pair(wishes_of(values), np.arange(len(capacities)), capacities)
    assert found.pairing.value == pytest.approx(whole.value, abs=1e-4)
    assert found.bound == pytest.approx(whole.value, abs=1e-3)


def test_everyone_is_paired_though_all_like_the_same_few() -> None:
    """Of 400 mentees with the same favourites nobody stays alone, with ten wishes each a round."""
    random = np.random.default_rng(3)
    popular = random.random(200).astype(np.float32)
    values = (popular + 0.05 * random.random((400, 200))).astype(np.float32) + 0.01
    capacities = np.full(200, 2, np.int32)
    alone = np.argsort(-values, axis=1)[:, :10]
    few = Wishes(np.repeat(np.arange(400), 10), alone.ravel(), np.take_along_axis(values, alone, 1).ravel())
    found = find_pairing(lambda start, stop: values[start:stop], 400, capacities, each=10, rounds=60)
    assert pair(few, np.arange(200), capacities).matched < 200
    assert found.pairing.matched == 400
    assert found.bound - found.pairing.value < 0.01 * found.bound


def test_nobody_and_no_room_are_answers() -> None:
    """Neither mentees nor places give an empty pairing."""
    none = find_pairing(lambda start, stop: np.zeros((stop - start, 1), np.float32), 0, np.array([3], np.int32))
    full = find_pairing(lambda start, stop: np.ones((stop - start, 1), np.float32), 2, np.array([0], np.int32))
    assert (none.pairing.matched, full.pairing.matched, full.bound) == (0, 0, 0.0)
