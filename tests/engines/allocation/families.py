"""Generated problems of several kinds, and HiGHS as the judge of their optima.

It is scipy's HiGHS: highspy and OR-Tools, which pairs, cannot be loaded into one process.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from bandmate.engines.allocation.problem import Candidates, Group, Kind, Limits, Row

FAMILIES = ("plain", "ragged", "ties", "tight floors", "dozens of rows", "groups")

COLUMNS = ("volume", "risk", "cost", "campaign", "objective")


def generate(family: str, persons: int, *, options: int = 10, seed: int = 0) -> tuple[Candidates, Limits]:
    """Return a problem of a family: heavy-tailed values, 70 % of the options eligible, five rows that bind."""
    random = np.random.default_rng(seed)
    person = np.repeat(np.arange(persons, dtype=np.int64), options)
    option = np.tile(np.arange(options, dtype=np.int32), persons)
    share = np.repeat(random.beta(0.5, 1.0, persons), options) if family == "ragged" else 0.7
    kept = random.random(len(person)) < share
    person, option = person[kept], option[kept]
    size = len(option)
    value = random.lognormal(-4.0, 1.0, size).astype(np.float32)
    uses = [
        np.ones(size),
        random.random(size) * 0.01,
        (option % 3 == 0) * random.random(size),
        (option < 3) * 1.0,
        random.lognormal(-4.0, 1.0, size),
    ]
    if family == "ties":
        value = (np.ceil(value * 100) / 100).astype(np.float32)
        uses[1], uses[2], uses[4] = np.full(size, 0.25), (option % 3 == 0) * 1.0, (option > 5) * 1.0
    freely = _top(person, value, 2)
    wanted = 0.9 if family == "tight floors" else 0.75
    limits = [
        0.3 * 2 * persons,
        *(use[freely].sum() * part for use, part in zip(uses[1:4], (0.7, 0.5, 0.6), strict=True)),
    ]
    rows = [
        Row(name, name, Kind.CAP, float(np.floor(limit)) if family == "ties" else float(limit))
        for name, limit in zip(COLUMNS, limits, strict=False)
    ]
    floor = float(np.floor(uses[4][freely].sum() * wanted))
    rows.append(Row("objective", "objective", Kind.FLOOR, floor, exchange_rate=1.0))
    if family == "dozens of rows":
        for each in range(options):
            uses += [(option == each) * 1.0, (option == each) * random.random(size)]
            rows.append(Row(f"cap {each}", f"cap {each}", Kind.CAP, 0.05 * persons))
            rows.append(Row(f"floor {each}", f"floor {each}", Kind.FLOOR, 0.01 * persons, exchange_rate=0.05))
    groups: tuple[Group, ...] = ()
    if family == "groups":
        groups = (
            Group("one of three", frozenset({0, 1, 2}), 1),
            Group("overlapping", frozenset({2, 3}), 1),
            Group("two of four", frozenset({5, 6, 7, 8}), 2),
        )
    return candidates_of(person, option, value, np.stack(uses, 1)), Limits(2, tuple(rows), groups)


def candidates_of(person: np.ndarray, option: np.ndarray, value: np.ndarray, columns: np.ndarray) -> Candidates:
    """Return candidates from columns ordered by person and option."""
    ids, first = np.unique(person, return_index=True)
    return Candidates(
        ids.astype(np.int64),
        np.append(first, len(person)).astype(np.int64),
        option.astype(np.int32),
        value.astype(np.float32),
        np.ascontiguousarray(columns, np.float32),
    )


def _top(person: np.ndarray, value: np.ndarray, most: int) -> np.ndarray:
    """Mark the best candidates of each person, as if nothing bound."""
    order = np.lexsort((-value, person))
    _, first, count = np.unique(person[order], return_index=True, return_counts=True)
    rank = np.arange(len(person)) - np.repeat(first, count)
    marks = np.zeros(len(person), bool)
    marks[order[rank < most]] = True
    return marks


def optimum(candidates: Candidates, limits: Limits, *, whole: bool = False, solver: str = "highs") -> float:
    """Return the optimum by HiGHS: of the relaxation, or of whole choices."""
    size, floors = len(candidates), [row for row in limits.rows if row.kind is Kind.FLOOR]
    person = np.repeat(np.arange(candidates.persons), np.diff(candidates.first))
    blocks = [sparse.csr_matrix((np.ones(size), (person, np.arange(size))), (candidates.persons, size))]
    upper = [np.full(candidates.persons, limits.per_person_max, float)]
    for group in limits.groups:
        inside = np.flatnonzero(np.isin(candidates.option, list(group.options)))
        blocks.append(
            sparse.csr_matrix((np.ones(len(inside)), (person[inside], inside)), (candidates.persons, size))
        )
        upper.append(np.full(candidates.persons, group.max, float))
    matrix = sparse.hstack(
        [sparse.vstack(blocks), sparse.csr_matrix((len(blocks) * candidates.persons, len(floors)))]
    )
    signs = np.array([row.sign for row in limits.rows])
    slacks = np.zeros((len(limits.rows), len(floors)))
    slacks[[i for i, row in enumerate(limits.rows) if row.kind is Kind.FLOOR], range(len(floors))] = -1.0
    rows = np.hstack([(candidates.columns * signs).T.astype(np.float64), slacks])
    everything = sparse.csr_matrix(sparse.vstack([matrix, sparse.csr_matrix(rows)]))
    rates = [float(row.exchange_rate or 0.0) for row in floors]
    return _solve(
        everything,
        np.concatenate([*upper, signs * [row.limit for row in limits.rows]]),
        np.concatenate([candidates.value.astype(np.float64), -np.array(rates)]),
        np.concatenate([np.ones(size), np.full(len(floors), np.inf)]),
        integers=size if whole else 0,
        solver=solver,
    )


def _solve(
    matrix: sparse.csr_matrix, upper: np.ndarray, gain: np.ndarray, most: np.ndarray, *, integers: int, solver: str
) -> float:
    if integers:
        kinds = np.arange(len(gain)) < integers
        best = milp(
            -gain,
            integrality=kinds,
            bounds=Bounds(np.zeros(len(gain)), most),
            constraints=LinearConstraint(matrix, -np.inf, upper),
            options={"mip_rel_gap": 1e-9},
        )
    else:
        limits = np.column_stack([np.zeros(len(gain)), most])
        best = linprog(-gain, A_ub=matrix, b_ub=upper, bounds=limits, method=solver)
    assert best.status == 0, best.message
    return -float(best.fun)
