"""Blocks of persons, and what is asked of them: pure functions of a block, the terms and the prices.

``Blocks`` asks many blocks and adds up their answers in the order of the blocks, whoever worked on them and
however many did. The number of persons in a block is fixed. So the same plan comes out of one thread and of
a cluster.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from bandmate.engines.allocation.passes import exact_pass, rounding_pass, smoothed_pass, usage_pass
from bandmate.engines.allocation.problem import Candidates, Terms

Floats = NDArray[np.float64]
Marks = NDArray[np.uint8]
Places = NDArray[np.int64]
Answer = TypeVar("Answer")

BLOCK_PERSONS = 8192
"""Part of what makes a plan reproducible: another size gives another plan, as good."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What a block, or all of them, hold."""

    persons: int
    candidates: int
    value: float
    """Sum of absolute values."""
    use: Floats
    """Sum of absolute uses of each row."""
    whole: NDArray[np.bool_]
    """Whether all uses of a row are whole numbers, so that sums of them are exact."""

    def __add__(self, other: Extent) -> Extent:
        return Extent(
            self.persons + other.persons,
            self.candidates + other.candidates,
            self.value + other.value,
            self.use + other.use,
            self.whole & other.whole,
        )


def extent(block: Candidates) -> Extent:
    """Say what a block holds."""
    uses = np.abs(block.columns)
    return Extent(
        block.persons,
        len(block),
        float(np.abs(block.value).sum(dtype=np.float64)),
        uses.sum(axis=0, dtype=np.float64),
        (uses == np.floor(uses)).all(axis=0),
    )


def smoothed(block: Candidates, terms: Terms, prices: Floats, gamma: float, stride: int = 1) -> Floats:
    """Return the sum of the persons' smoothed optima at these prices, and behind it what they use of each row.

    With a ``stride`` only every so-manieth person is asked.
    """
    usage = np.zeros(len(prices))
    worth = smoothed_pass(
        block.first,
        block.option,
        block.value,
        block.columns,
        terms.known,
        terms.memberships,
        terms.maxima,
        terms.most,
        prices * terms.signs,
        gamma,
        0,
        block.persons,
        stride,
        usage,
    )
    return np.concatenate([[worth], usage])


def exact(block: Candidates, terms: Terms, prices: Floats) -> float:
    """Return a bound on the sum of the persons' best whole choices at these prices."""
    return float(
        exact_pass(
            block.first,
            block.option,
            block.value,
            block.columns,
            terms.known,
            terms.memberships,
            terms.maxima,
            terms.most,
            terms.laminar,
            prices * terms.signs,
            0,
            block.persons,
        )
    )


@dataclass(frozen=True, slots=True)
class Rounded:
    """Whole choices of a block."""

    person: NDArray[np.int64]
    marks: Marks
    margin: NDArray[np.float32]
    """For each person how little, at the prices, another choice would lose."""
    total: Floats
    """As ``used`` returns it."""


def rounded(block: Candidates, terms: Terms, prices: Floats, gamma: float) -> Rounded:
    """Choose whole options near the smoothed choice."""
    marks, margin = np.zeros(len(block), np.uint8), np.zeros(block.persons, np.float32)
    rounding_pass(
        block.first,
        block.option,
        block.value,
        block.columns,
        terms.known,
        terms.memberships,
        terms.maxima,
        terms.most,
        terms.laminar,
        prices * terms.signs,
        gamma,
        0,
        block.persons,
        marks,
        margin,
    )
    return Rounded(block.person, marks, margin, used(block, marks))


def part(block: Candidates, wanted: NDArray[np.int64]) -> tuple[Candidates, Places]:
    """Return the candidates of those of the wanted persons who are here, and their places; ``wanted`` ascends."""
    at = np.minimum(np.searchsorted(wanted, block.person), len(wanted) - 1)
    return block.of(np.flatnonzero(wanted[at] == block.person))


def used(block: Candidates, marks: Marks) -> Floats:
    """Return the value of what is marked, and behind it what it uses of each row."""
    usage = np.zeros(block.columns.shape[1])
    value = usage_pass(block.first, block.value, block.columns, marks, 0, block.persons, usage)
    return np.concatenate([[value], usage])


def edges_of(persons: int) -> list[tuple[int, int]]:
    """Return the first person of each block and the one behind its last."""
    return list(pairwise([*range(0, persons, BLOCK_PERSONS), persons]))


class Blocks(Protocol):
    """All blocks of a problem, wherever they are."""

    def ask(self, question: Callable[[Candidates], Answer]) -> list[Answer]:
        """Ask every block; return the answers in the order of the blocks."""


class LocalBlocks:
    """Blocks of arrays of this process, worked on by threads; the compiled passes release the interpreter lock."""

    def __init__(self, candidates: Candidates, *, threads: int | None = None) -> None:
        self._blocks = [candidates.between(*edge) for edge in edges_of(candidates.persons)]
        self._threads = ThreadPoolExecutor(threads or os.cpu_count() or 1)

    def ask(self, question: Callable[[Candidates], Answer]) -> list[Answer]:
        """Ask every block."""
        return list(self._threads.map(question, self._blocks))
