"""Pairing within quotas: at least a share of the pairs across departments, at least so many from a group.

Quotas break what makes the plain problem a flow, so this is a mixed integer program, solved by HiGHS with a proved
bound. Whoever must not be paired (a mentee with their own manager) is no wish at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, vstack

from bandmate.engines.allocation.errors import InvalidProblem
from bandmate.engines.allocation.pairing.flow import Pairing, Wishes, check_wishes, pair

_GAP = 1e-6
_WHOLE = 0.5
_NO_ANSWER = "No pairing was found in {seconds:g} seconds that keeps all quotas; allow more time, or ask for less."


@dataclass(frozen=True, slots=True)
class Quota:
    """Of all pairs at least ``share`` (0 to 1), and at least ``least`` of them, are marked ones."""

    name: str
    marked: NDArray[np.bool_]
    """One place a wish."""
    share: float = 0.0
    least: int = 0


def pair_within(
    wishes: Wishes,
    mentors: NDArray[np.int64],
    capacities: NDArray[np.int32],
    quotas: Sequence[Quota],
    *,
    seconds: float = 60.0,
) -> Pairing:
    """Pair so that the sum of values is the largest that capacities and quotas allow.

    The bound of the answer says how much better another pairing could be: nearly nothing, unless time ran out.

    Raises:
        InvalidProblem: for what ``pair`` refuses, for a quota of another length, and when the quotas cannot be
            kept together or no pairing was found in time.
    """
    check_wishes(wishes, mentors, capacities)
    for quota in quotas:
        if len(quota.marked) != len(wishes.value) or not 0 <= quota.share <= 1 or quota.least < 0:
            raise InvalidProblem(f"The quota {quota.name!r} needs a mark for each wish, and a share from 0 to 1.")
    if not quotas:
        return pair(wishes, mentors, capacities)
    useful = np.flatnonzero((wishes.value > 0) & np.isin(wishes.mentor, mentors[capacities > 0]))
    if not len(useful):
        return _nobody(useful, quotas)
    value = wishes.value[useful].astype(np.float64)
    scale = float(value.max())
    found = milp(
        -value / scale,
        integrality=np.ones(len(useful)),
        bounds=Bounds(0, 1),
        constraints=[
            LinearConstraint(*_capacity_rows(wishes, useful, mentors, capacities)),
            LinearConstraint(*_quota_rows(quotas, useful)),
        ],
        options={"time_limit": seconds, "mip_rel_gap": _GAP},
    )
    if found.x is None:
        reason = f"The quotas cannot be kept together: {', '.join(quota.name for quota in quotas)}."
        raise InvalidProblem(reason if found.status == _INFEASIBLE else _NO_ANSWER.format(seconds=seconds))
    granted = useful[found.x > _WHOLE]
    granted = granted[np.argsort(wishes.mentee[granted], kind="stable")]
    total = float(wishes.value[granted].sum(dtype=np.float64))
    return Pairing(granted, total, max(total, -float(found.mip_dual_bound) * scale))


_INFEASIBLE = 2  # scipy's status of a problem without any answer


def _nobody(nothing: NDArray[np.int64], quotas: Sequence[Quota]) -> Pairing:
    asked = [quota.name for quota in quotas if quota.least]
    if asked:
        raise InvalidProblem(f"Nobody can be paired, so these quotas cannot be kept: {', '.join(asked)}.")
    return Pairing(nothing, 0.0, 0.0)


def _capacity_rows(
    wishes: Wishes, useful: NDArray[np.int64], mentors: NDArray[np.int64], capacities: NDArray[np.int32]
) -> tuple[csr_array, NDArray[np.float64], NDArray[np.float64]]:
    """Return a row for each mentee (at most 1) and each mentor (at most their capacity)."""
    mentees, mentee = np.unique(wishes.mentee[useful], return_inverse=True)
    order = np.argsort(mentors, kind="stable")
    mentor = order[np.searchsorted(mentors[order], wishes.mentor[useful])]
    wish = np.arange(len(useful))
    ones = np.ones(len(useful))
    rows = vstack(
        [
            csr_array((ones, (mentee, wish)), shape=(len(mentees), len(useful))),
            csr_array((ones, (mentor, wish)), shape=(len(mentors), len(useful))),
        ]
    )
    most = np.concatenate([np.ones(len(mentees)), capacities.astype(np.float64)])
    return csr_array(rows), np.full(len(most), -np.inf), most


def _quota_rows(
    quotas: Sequence[Quota], useful: NDArray[np.int64]
) -> tuple[csr_array, NDArray[np.float64], NDArray[np.float64]]:
    """Return two rows a quota: marked pairs less the share of all pairs, and marked pairs."""
    rows = []
    least = []
    for quota in quotas:
        marked = quota.marked[useful].astype(np.float64)
        rows += [marked - quota.share, marked]
        least += [0.0, float(quota.least)]
    return csr_array(np.array(rows)), np.array(least), np.full(len(least), np.inf)
