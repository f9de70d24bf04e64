"""Prices by a smoothed dual, a certificate from the exact dual, whole choices by rounding and polishing.

The dual of the problem (``problem``) with a price for each row falls apart into one small problem a person. Its
smoothing, x -> value . x - gamma / 2 |x|^2, has a gradient that moves smoothly with prices, and is minimised by
L-BFGS-B for ever smaller gamma, each from the prices of the one before (Nesterov 2005, "Smooth minimization of
non-smooth functions"; Basu et al. 2020, ECLIPSE). The exact dual at the prices found bounds every plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce
from operator import add

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bandmate.engines.allocation.blocks import (
    Blocks,
    Extent,
    LocalBlocks,
    Rounded,
    exact,
    extent,
    part,
    rounded,
    smoothed,
    used,
)
from bandmate.engines.allocation.errors import InvalidProblem
from bandmate.engines.allocation.plan import Plan, RowOutcome
from bandmate.engines.allocation.polish import polish
from bandmate.engines.allocation.problem import Candidates, Limits, Terms

Floats = NDArray[np.float64]

GAMMAS = (0.1, 0.01, 0.001, 0.0001)
"""Smoothings, as shares of the mean value of a candidate."""
SAMPLED_PERSONS = 20_000
"""Persons that a first guess at the prices needs, at least."""
POLISHED_PERSONS = 20_000
MOST_ROUNDS = 30
_ROUNDING = 1e-12
"""What summing in floating point may lose, as a share of everything summed; the bound grants it.

Sums run over the persons of a block and then over the blocks: some 10,000 additions one after the other, each of
which loses at most 2**-53 of what is summed up so far (Higham 2002, section 4.2).
"""
_STRICT = 1e-12


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices found, and what it took."""

    prices: Floats
    gamma: float
    evaluations: int


def allocate(
    candidates: Candidates, limits: Limits, *, warm: Floats | None = None, threads: int | None = None
) -> Plan:
    """Choose for every person, within the limits, near the best there is.

    Args:
        candidates: who could get what.
        limits: what binds.
        warm: prices to start from, such as yesterday's; they change the way to the plan, hardly the plan.
        threads: how many work; the plan is the same for any number.

    Raises:
        InvalidProblem: when a cap cannot be kept even by choosing nothing, or the columns do not fit the rows.
    """
    if candidates.columns.shape != (len(candidates), len(limits.rows)):
        raise InvalidProblem(f"{len(limits.rows)} rows need as many columns, not {candidates.columns.shape[1]}.")
    blocks = LocalBlocks(candidates, threads=threads)
    return solve(blocks, limits, warm=warm)


def solve(blocks: Blocks, limits: Limits, *, warm: Floats | None = None) -> Plan:
    """As ``allocate``, over blocks wherever they are worked on."""
    given = Terms.of(limits)
    held = reduce(add, blocks.ask(extent), _nothing(len(limits.rows)))
    if not np.isfinite([held.value, *held.use]).all():
        raise InvalidProblem("A value or a use of a row is no finite number.")
    terms = _strict(given, held)
    _check_caps(limits, terms)
    found = find_prices(blocks, terms, held, warm)
    bound = (
        float(found.prices * terms.signs @ given.bounds)
        + sum(blocks.ask(partial(exact, terms=terms, prices=found.prices)))
        + _ROUNDING * (held.value + float(found.prices @ (held.use + np.abs(given.bounds))))
    )
    answers = blocks.ask(partial(rounded, terms=terms, prices=found.prices, gamma=found.gamma))
    chosen, total = better(blocks, terms, held, answers)
    value, usage = float(total[0]), total[1:]
    rows = tuple(
        RowOutcome(row.name, row.kind, row.limit, float(use), float(price), float(short))
        for row, use, price, short in zip(limits.rows, usage, found.prices, given.shortfalls(usage), strict=True)
    )
    return Plan(chosen, given.objective(value, usage), bound, rows, found.evaluations)


def find_prices(blocks: Blocks, terms: Terms, held: Extent, warm: Floats | None = None) -> Prices:
    """Minimise the smoothed dual over prices from 0 to the floors' exchange rates."""
    unit = held.value / held.candidates if held.value else 1.0
    gammas = [share * unit for share in GAMMAS]
    prices = np.zeros(len(terms.bounds)) if warm is None else np.clip(warm, 0.0, terms.highest_prices)
    evaluations = 0
    if not len(prices):
        return Prices(prices, gammas[-1], evaluations)
    stride = max(1, held.persons // SAMPLED_PERSONS)
    stages = [(gamma, stride) for gamma in gammas[:-1] if stride > 1] + [(gammas[-2], 1), (gammas[-1], 1)]
    if stride == 1:
        stages = [(gamma, 1) for gamma in gammas]
    for gamma, step in stages:
        prices, asked = _descend(blocks, terms, held, unit, prices, gamma, step)
        evaluations += asked
    return Prices(prices, gammas[-1], evaluations)


def _descend(
    blocks: Blocks, terms: Terms, held: Extent, unit: float, start: Floats, gamma: float, stride: int
) -> tuple[Floats, int]:
    """Minimise at one gamma. Prices are scaled so that each row's whole use at price 1 is worth the same."""
    share = 1.0 / stride
    scale = np.where(held.use > 0, unit * held.candidates / np.where(held.use > 0, held.use, 1.0), 1.0)
    norm = max(held.value * share, 1e-300)

    def dual(scaled: Floats) -> tuple[float, Floats]:
        prices = scaled * scale
        asked = partial(smoothed, terms=terms, prices=prices, gamma=gamma, stride=stride)
        total = reduce(add, blocks.ask(asked), np.zeros(len(prices) + 1))
        worth = total[0] + share * float(prices * terms.signs @ terms.bounds)
        slope = terms.signs * (share * terms.bounds - total[1:]) * scale
        return worth / norm, slope / norm

    best = minimize(
        dual,
        start / scale,
        jac=True,
        method="L-BFGS-B",
        bounds=list(zip(np.zeros(len(scale)), terms.highest_prices / scale, strict=True)),
        options={"maxiter": 200, "maxcor": 20, "ftol": 1e-13, "gtol": 1e-9},
    )
    return np.clip(np.asarray(best.x) * scale, 0.0, terms.highest_prices), int(best.nfev)


def better(
    blocks: Blocks, terms: Terms, held: Extent, answers: Sequence[Rounded]
) -> tuple[NDArray[np.uint8], Floats]:
    """Mend what rounding left above the caps, and use what it left free; return the marks and what they use.

    Persons nearly indifferent come first and are enough as a rule; were a cap still exceeded, all are asked.
    Only the candidates of those are fetched from the blocks.
    """
    chosen = np.concatenate([np.zeros(0, np.uint8), *(answer.marks for answer in answers)])
    total = reduce(add, (answer.total for answer in answers), np.zeros(len(terms.bounds) + 1))
    if not answers:
        return chosen, total
    person = np.concatenate([answer.person for answer in answers])
    margin = np.concatenate([answer.margin for answer in answers])
    offsets = np.cumsum([0, *(len(answer.marks) for answer in answers)])
    near = np.argsort(margin, kind="stable")
    for size in (min(POLISHED_PERSONS, len(near)), len(near)):
        some, places = _fetched(blocks, person, near[:size], offsets)
        marks, usage = chosen[places], total[1:].copy()
        rest = total - used(some, marks)
        polish(
            some.first,
            some.option,
            some.value,
            some.columns,
            terms.known,
            terms.memberships,
            terms.maxima,
            terms.most,
            terms.signs,
            terms.bounds,
            terms.exchange_rates,
            _penalties(held),
            usage,
            marks,
            MOST_ROUNDS,
            1e-12 * held.value / held.candidates,
        )
        if size == len(near):
            _drop(some, terms, marks, rest[1:])
        chosen[places] = marks
        total = rest + used(some, marks)
        if not terms.excesses(total[1:]).any():
            break
    return chosen, total


def _fetched(
    blocks: Blocks, person: NDArray[np.int64], near: NDArray[np.int64], offsets: NDArray[np.int64]
) -> tuple[Candidates, NDArray[np.int64]]:
    """Return the candidates of these persons in their order, and the places of those among all."""
    parts = blocks.ask(partial(part, wanted=np.sort(person[near])))
    together = Candidates(
        np.concatenate([some.person for some, _ in parts]),
        np.concatenate([[0], *(np.diff(some.first) for some, _ in parts)]).cumsum(),
        np.concatenate([some.option for some, _ in parts]),
        np.concatenate([some.value for some, _ in parts]),
        np.concatenate([some.columns for some, _ in parts]),
    )
    places = np.concatenate([at + offset for (_, at), offset in zip(parts, offsets[:-1], strict=True)])
    ordered, origin = together.of(np.searchsorted(together.person, person[near]))
    return ordered, places[origin]


def _penalties(held: Extent) -> Floats:
    """Return for each cap what a unit of excess costs: more than any single candidate is worth by that row."""
    unit = held.value / held.candidates if held.candidates else 1.0
    mean = np.where(held.use > 0, held.use / max(held.candidates, 1), 1.0)
    return 1e4 * unit / mean


def _drop(candidates: Candidates, terms: Terms, chosen: NDArray[np.uint8], rest: Floats) -> None:
    """Drop choices until every cap holds, beside what the ``rest`` uses: the last resort, always possible.

    Choosing nothing keeps every cap.
    """
    while True:
        over = terms.excesses(rest + used(candidates, chosen)[1:])
        if not over.any():
            return
        row = int(np.argmax(over))
        places = np.flatnonzero((chosen == 1) & (candidates.columns[:, row] > 0))
        worth = candidates.value[places] / candidates.columns[places, row]
        places = places[np.argsort(worth, kind="stable")]
        enough = int(np.searchsorted(np.cumsum(candidates.columns[places, row], dtype=np.float64), over[row])) + 1
        chosen[places[:enough]] = 0


def _nothing(rows: int) -> Extent:
    return Extent(0, 0, 0.0, np.zeros(rows), np.ones(rows, np.bool_))


def _strict(terms: Terms, held: Extent) -> Terms:
    """Lower the caps by what summing in another order could add; sums of whole numbers are exact."""
    slack = np.where(held.whole | (terms.signs < 0), 0.0, _STRICT * (held.use + np.abs(terms.bounds)))
    return replace(terms, bounds=np.maximum(terms.bounds - slack, np.minimum(terms.bounds, 0.0)))


def _check_caps(limits: Limits, terms: Terms) -> None:
    for row, sign, bound in zip(limits.rows, terms.signs, terms.bounds, strict=True):
        if sign > 0 and bound < 0:
            raise InvalidProblem(
                f"The cap {row.name!r} has the limit {row.limit:g}, which even choosing nothing exceeds; "
                "give 0 or more."
            )
