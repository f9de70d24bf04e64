"""Pairing: the best there is under the capacities, whatever the wishes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from bandmate.engines.allocation import InvalidProblem
from bandmate.engines.allocation.pairing import Wishes, pair


@st.composite
def wishes(draw: st.DrawFn) -> tuple[Wishes, np.ndarray, np.ndarray]:
    """Wishes of up to eight mentees for up to six mentors, some of them without a capacity."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    mentees, mentors = draw(st.integers(1, 8)), draw(st.integers(1, 6))
    kept = np.flatnonzero(random.random(mentees * mentors) < draw(st.sampled_from([0.2, 0.7, 1.0])))
    spread = draw(st.sampled_from([1.0, 1e-6, 1e30]))
    drawn = random.normal(1, 1, len(kept)) if draw(st.booleans()) else random.choice([-1.0, 0.0, 1.0], len(kept))
    value = (drawn * spread).astype(np.float32)
    ids = random.choice(2**62, mentors, replace=False)
    given = Wishes(kept // mentors * 10**15, ids[kept % mentors], value)
    known = random.random(mentors) < 0.9
    return given, ids[known], random.integers(0, 4, known.sum()).astype(np.int32)


def best(given: Wishes, mentors: np.ndarray, capacities: np.ndarray) -> float:
    """Return the optimum by the Hungarian method, a column for each place of a mentor, staying alone allowed."""
    places = np.repeat(mentors, capacities)
    rows = np.unique(given.mentee)
    gain = np.zeros((len(rows), len(places) + len(rows)))
    for mentee, mentor, value in zip(given.mentee, given.mentor, given.value, strict=True):
        row = np.searchsorted(rows, mentee)
        gain[row, np.flatnonzero(places == mentor)] = max(float(value), 0.0)
    return float(gain[linear_sum_assignment(gain, maximize=True)].sum())


@given(wishes())
@settings(max_examples=300, deadline=None)
def test_it_is_the_best_there_is(problem: tuple[Wishes, np.ndarray, np.ndarray]) -> None:
    """As good as the Hungarian method's, within all capacities, nobody twice, nothing of a negative value."""
    given, mentors, capacities = problem
    pairing = pair(given, mentors, capacities)
    optimum = best(given, mentors, capacities)
    assert pairing.value == pytest.approx(optimum, rel=1e-6)
    assert pairing.value <= pairing.bound * (1 + 1e-12)
    assert optimum <= pairing.bound * (1 + 1e-12)
    granted = pairing.granted
    assert len(np.unique(given.mentee[granted])) == pairing.matched == len(granted)
    assert (given.value[granted] > 0).all()
    for mentor in np.unique(given.mentor[granted]):
        room = capacities[mentors == mentor].sum()
        assert np.count_nonzero(given.mentor[granted] == mentor) <= room


def wished(mentee: list[int], mentor: list[int], value: list[float]) -> Wishes:
    """Return wishes."""
    return Wishes(np.array(mentee), np.array(mentor), np.array(value, np.float32))


def test_whole_values_are_proved_optimal() -> None:
    """Where nothing is rounded, value and bound are the same."""
    pairing = pair(wished([1, 1, 2], [7, 8, 7], [3, 2, 2]), np.array([7, 8]), np.array([1, 1], np.int32))
    assert (pairing.value, pairing.bound, pairing.optimal, pairing.matched) == (4.0, 4.0, True, 2)


def test_pairs_come_in_the_order_of_mentees() -> None:
    """Whatever the order of the wishes."""
    given = wished([5, 3, 9, 1], [7, 7, 7, 7], [1, 1, 1, 1])
    assert given.mentee[pair(given, np.array([7]), np.array([9], np.int32)).granted].tolist() == [1, 3, 5, 9]


def test_nobody_to_pair_is_an_answer() -> None:
    """No wish, or no room, pairs nobody, optimally."""
    empty = pair(wished([], [], []), np.array([7]), np.array([1], np.int32))
    full = pair(wished([1], [7], [1]), np.array([7]), np.array([0], np.int32))
    assert [(each.matched, each.value, each.optimal) for each in (empty, full)] == [(0, 0.0, True)] * 2


@pytest.mark.parametrize(
    ("mentors", "capacities", "mentees", "value", "words"),
    [
        ([7, 7], [1, 1], [1, 2], 1.0, "two capacities"),
        ([7, 8], [1, -1], [1, 2], 1.0, "mentor 8 is negative"),
        ([7, 8], [1, 1], [1, 1], 1.0, "mentee 1 wishes for the mentor 7 twice"),
        ([7, 8], [1, 1], [1, 2], float("nan"), "wish 1 is no finite number"),
    ],
)
def test_what_cannot_be_used_is_named(
    mentors: list[int], capacities: list[int], mentees: list[int], value: float, words: str
) -> None:
    """Each says who."""
    with pytest.raises(InvalidProblem, match=words):
        pair(wished(mentees, [7, 7], [value, 1.0]), np.array(mentors), np.array(capacities, np.int32))
