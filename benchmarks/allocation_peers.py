"""What an allocation is compared with: linear programs for other solvers, and two rules of thumb."""

from __future__ import annotations

import numpy as np
from numba import njit
from ortools.pdlp import solvers_pb2
from ortools.pdlp.python import pdlp
from scipy import sparse

from bandmate.engines.allocation import Candidates, Kind, Limits


def pdlp_value(candidates: Candidates, limits: Limits, tolerance: float) -> float:
    """Return the value of the relaxation as OR-Tools' PDLP finds it to a relative tolerance."""
    size, floors = len(candidates), [at for at, row in enumerate(limits.rows) if row.kind is Kind.FLOOR]
    person = np.repeat(np.arange(candidates.persons), np.diff(candidates.first))
    each = sparse.csr_matrix((np.ones(size), (person, np.arange(size))), (candidates.persons, size))
    short = np.zeros((len(limits.rows), len(floors)))
    short[floors, range(len(floors))] = 1.0
    problem = pdlp.QuadraticProgram()
    problem.constraint_matrix = sparse.csc_matrix(
        sparse.vstack(
            [
                sparse.hstack([each, sparse.csr_matrix((candidates.persons, len(floors)))]),
                sparse.csr_matrix(np.hstack([candidates.columns.T.astype(np.float64), short])),
            ]
        )
    )
    caps = np.array([row.kind is Kind.CAP for row in limits.rows])
    bounds = np.array([row.limit for row in limits.rows])
    problem.constraint_lower_bounds = np.concatenate(
        [np.full(candidates.persons, -np.inf), np.where(caps, -np.inf, bounds)]
    )
    problem.constraint_upper_bounds = np.concatenate(
        [np.full(candidates.persons, float(limits.per_person_max)), np.where(caps, bounds, np.inf)]
    )
    rates = [float(limits.rows[at].exchange_rate or 0.0) for at in floors]
    problem.objective_vector = np.concatenate([-candidates.value.astype(np.float64), rates])
    problem.variable_lower_bounds = np.zeros(size + len(floors))
    problem.variable_upper_bounds = np.concatenate([np.ones(size), np.full(len(floors), np.inf)])
    wanted = solvers_pb2.PrimalDualHybridGradientParams()
    wanted.termination_criteria.simple_optimality_criteria.eps_optimal_relative = tolerance
    wanted.termination_criteria.simple_optimality_criteria.eps_optimal_absolute = tolerance
    wanted.termination_criteria.iteration_limit = 100_000
    found = pdlp.primal_dual_hybrid_gradient(problem, wanted)
    return -float(problem.objective_vector @ found.primal_solution)


def by_value(candidates: Candidates) -> np.ndarray:
    """Return the candidates from the most valuable down."""
    return np.argsort(-candidates.value, kind="stable")


def by_priority(candidates: Candidates) -> np.ndarray:
    """Return the candidates of the first option, then those of the second: campaigns with fixed priorities."""
    return np.argsort(candidates.option, kind="stable")


def take_in_order(candidates: Candidates, limits: Limits, order: np.ndarray) -> np.ndarray:
    """Return marks of what is taken when every candidate is taken that no cap and no person's limit forbids."""
    caps = np.array([row.limit if row.kind is Kind.CAP else np.inf for row in limits.rows])
    person = np.repeat(np.arange(candidates.persons), np.diff(candidates.first))
    marks = np.zeros(len(candidates), np.uint8)
    _take(order, person, candidates.columns, caps, np.full(candidates.persons, limits.per_person_max), marks)
    return marks


@njit(nogil=True)
def _take(
    order: np.ndarray,
    person: np.ndarray,
    columns: np.ndarray,
    left: np.ndarray,
    room: np.ndarray,
    marks: np.ndarray,
) -> None:
    for place in order:
        if room[person[place]] == 0:
            continue
        fitting = True
        for row in range(left.shape[0]):
            fitting &= columns[place, row] <= left[row]
        if fitting:
            marks[place] = 1
            room[person[place]] -= 1
            for row in range(left.shape[0]):
                left[row] -= columns[place, row]


@njit(nogil=True)
def bare_scan(
    first: np.ndarray, option: np.ndarray, value: np.ndarray, columns: np.ndarray, begin: int, end: int
) -> float:
    """Read every number of some persons' candidates once, and add it up: what any pass costs at least."""
    total = 0.0
    for place in range(first[begin], first[end]):
        total += value[place] + option[place]
        for row in range(columns.shape[1]):
            total += columns[place, row]
    return total
