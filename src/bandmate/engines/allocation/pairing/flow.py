"""Pairing under capacities at the exact optimum: each mentee at most one mentor, each mentor at most a capacity.

A minimum-cost flow from mentees to mentors (OR-Tools' cost-scaling push-relabel; Goldberg 1997). Costs there
are whole numbers, so values are scaled by a power of two; what rounding them can hide is part of the bound
that is returned.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from bandmate.engines.allocation.errors import InvalidProblem

_COST_BITS = 36
"""Costs of at most 2**36: with millions of arcs, no sum of them leaves 64 bits."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """Who could be paired with whom, and how good that would be; one place a wish, in any order."""

    mentee: NDArray[np.int64]
    mentor: NDArray[np.int64]
    value: NDArray[np.float32]
    """A wish of a negative value is never granted: being unpaired is worth 0."""

    def __post_init__(self) -> None:
        if not len(self.mentee) == len(self.mentor) == len(self.value):
            raise InvalidProblem("Mentees, mentors and values must be as many as each other.")
        wrong = ~np.isfinite(self.value)
        if wrong.any():
            raise InvalidProblem(f"The value of wish {int(np.argmax(wrong)) + 1} is no finite number.")


@dataclass(frozen=True, slots=True)
class Pairing:
    """The pairs, as places in the wishes, ordered by mentee."""

    granted: NDArray[np.int64]
    value: float
    bound: float
    """No pairing within the capacities has a value above it."""

    @property
    def matched(self) -> int:
        """How many mentees have a mentor."""
        return len(self.granted)

    @property
    def optimal(self) -> bool:
        """Whether value and bound are the same but for the last digits of sums of floating point numbers."""
        return is_optimal(self.value, self.bound)


def is_optimal(value: float, bound: float) -> bool:
    """Tell whether a value reaches its bound, but for the last digits of a sum."""
    return bound - value <= 1e-9 * max(abs(bound), 1e-300)


def pair(wishes: Wishes, mentors: NDArray[np.int64], capacities: NDArray[np.int32]) -> Pairing:
    """Pair mentees with mentors so that the sum of the values is the largest possible.

    Args:
        wishes: the candidates.
        mentors: ids, each once; a mentor of a wish who is missing here has no room.
        capacities: how many mentees each takes, 0 or more.

    Raises:
        InvalidProblem: for the same wish twice, the same mentor twice, or a negative capacity.
    """
    check_wishes(wishes, mentors, capacities)
    useful = np.flatnonzero((wishes.value > 0) & np.isin(wishes.mentor, mentors[capacities > 0]))
    if not len(useful):
        return Pairing(useful, 0.0, 0.0)
    mentee_ids, mentee = np.unique(wishes.mentee[useful], return_inverse=True)
    order = np.argsort(mentors, kind="stable")
    mentor = order[np.searchsorted(mentors[order], wishes.mentor[useful])]
    scale = 2.0 ** (_COST_BITS - np.ceil(np.log2(float(wishes.value[useful].max()))))
    granted = useful[_flow(mentee, mentor, len(mentee_ids), capacities, _costs(wishes.value[useful], scale))]
    granted = granted[np.argsort(wishes.mentee[granted], kind="stable")]
    value = float(wishes.value[granted].sum(dtype=np.float64))
    exact = _costs(wishes.value[useful], scale) == -(wishes.value[useful].astype(np.float64) * scale)
    hidden = 0.0 if exact.all() else len(mentee_ids) / scale
    return Pairing(granted, value, value + hidden)


def _costs(value: NDArray[np.float32], scale: float) -> NDArray[np.int64]:
    return -np.rint(value.astype(np.float64) * scale).astype(np.int64)


def _flow(
    mentee: NDArray[np.int64],
    mentor: NDArray[np.int64],
    mentees: int,
    capacities: NDArray[np.int32],
    costs: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return the places of the wishes that carry flow; what a mentee does not send to a mentor goes past them."""
    flow = SimpleMinCostFlow()
    sink = mentees + len(capacities)
    ones = np.ones(len(mentee), np.int64)
    wish_arcs = flow.add_arcs_with_capacity_and_unit_cost(mentee, mentees + mentor, ones, costs)
    everyone = np.arange(mentees)
    flow.add_arcs_with_capacity_and_unit_cost(
        everyone, np.full(mentees, sink), np.ones(mentees, np.int64), np.zeros(mentees, np.int64)
    )
    flow.add_arcs_with_capacity_and_unit_cost(
        mentees + np.arange(len(capacities)),
        np.full(len(capacities), sink),
        capacities.astype(np.int64),
        np.zeros(len(capacities), np.int64),
    )
    flow.set_nodes_supplies(everyone, np.ones(mentees, np.int64))
    flow.set_nodes_supplies(np.array([sink]), np.array([-mentees]))
    status = flow.solve()
    assert status == flow.OPTIMAL, status  # noqa: S101 - sending everybody past the mentors is always possible
    return np.flatnonzero(flow.flows(wish_arcs))


def check_wishes(wishes: Wishes, mentors: NDArray[np.int64], capacities: NDArray[np.int32]) -> None:
    """Refuse what cannot be paired.

    Raises:
        InvalidProblem: for the same wish twice, the same mentor twice, or a negative capacity.
    """
    if len(np.unique(mentors)) < len(mentors):
        raise InvalidProblem("A mentor has two capacities; give one.")
    if (capacities < 0).any():
        raise InvalidProblem(
            f"The capacity of the mentor {mentors[np.argmin(capacities)]} is negative; give 0 or more."
        )
    order = np.lexsort((wishes.mentor, wishes.mentee))
    again = (np.diff(wishes.mentee[order]) == 0) & (np.diff(wishes.mentor[order]) == 0)
    if again.any():
        twice = order[int(np.argmax(again))]
        raise InvalidProblem(
            f"The mentee {wishes.mentee[twice]} wishes for the mentor {wishes.mentor[twice]} twice; keep one wish."
        )
