"""How fast exact pairing is, beside greedy by value in the same run.

    python -m benchmarks.pairing

Times exclude imports; the exact value is proved by the bound that is printed.
"""

from __future__ import annotations

from time import perf_counter, process_time

import numpy as np
from numba import njit

from bandmate.engines.allocation.pairing import Wishes, pair

SIZES = ((10_000, 4_000, 50), (100_000, 34_000, 40))
"""Mentees, mentors, wishes of each mentee."""


def main() -> None:
    """Print a table."""
    _greedy(*(np.zeros(1, np.int64) for _ in range(5)))
    pair(*generate(100, 40, 5))
    for mentees, mentors, each in SIZES:
        wishes, ids, capacities = generate(mentees, mentors, each)
        print(f"\n{mentees:,} mentees, {mentors:,} mentors, {each} wishes each, {capacities.sum():,} places")
        started, before = perf_counter(), process_time()
        best = pair(wishes, ids, capacities)
        seconds, processor = perf_counter() - started, process_time() - before
        line("exact", best.matched, best.value, seconds, f"bound {best.bound:.4f}, processor {processor:.2f} s")
        started = perf_counter()
        order = np.argsort(-wishes.value, kind="stable")
        taken = np.zeros(len(order), np.int64)
        _greedy(order, wishes.mentee, wishes.mentor, capacities.astype(np.int64), taken)
        value = float(wishes.value[taken == 1].sum(dtype=np.float64))
        seconds = perf_counter() - started
        line("greedy by value", int(taken.sum()), value, seconds, f"{value / best.value - 1:+.2%}")


def line(name: str, pairs: int, value: float, seconds: float, more: str) -> None:
    """Print a line of the table."""
    print(f"  {name:16} {pairs:8,} pairs  value {value:14.4f}  {seconds:6.2f} s  {more}")


def generate(mentees: int, mentors: int, each: int) -> tuple[Wishes, np.ndarray, np.ndarray]:
    """Return wishes whose value is half the mentor's popularity, half chance; capacities of 1 to 4."""
    random = np.random.default_rng(5)
    mentee = np.repeat(np.arange(mentees), each)
    mentor = random.integers(0, mentors, len(mentee))
    _, kept = np.unique(mentee * mentors + mentor, return_index=True)
    popular = random.random(mentors)
    value = 0.5 * popular[mentor[kept]] + 0.5 * random.random(len(kept))
    wishes = Wishes(mentee[kept], mentor[kept], value.astype(np.float32))
    return wishes, np.arange(mentors), random.integers(1, 5, mentors).astype(np.int32)


@njit
def _greedy(
    order: np.ndarray, mentee: np.ndarray, mentor: np.ndarray, room: np.ndarray, taken: np.ndarray
) -> None:
    alone = np.ones(mentee.max() + 1, np.bool_)
    for place in order:
        if room[mentor[place]] > 0 and alone[mentee[place]]:
            room[mentor[place]] -= 1
            alone[mentee[place]] = False
            taken[place] = 1


if __name__ == "__main__":
    main()
