"""Pairing within quotas: at least a share of the pairs across departments, at least so many from a group.

Quotas break what makes the plain problem a flow. A price on each quota makes it one again (Lagrange): the best
pairing at that price is quickly found, and tells how good any pairing can be. What lies between the two is left to
a mixed integer program (HiGHS) over the few wishes that could still matter. Whoever must not be paired (a mentee
with their own manager) is no wish at all.
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
from bandmate.engines.allocation.pairing.prices import prices_of

_GAP = 1e-6
_ROUNDING = 1e-6
"""Share of the bound that sums of single-precision values may be wrong by."""
_WHOLE = 0.5
_HALVINGS = 24
_SWEEPS = 3
_HIGHEST = 64.0
"""Price of a quota, in largest values, above which a higher one changes nothing."""
_INFEASIBLE = 2  # scipy's status of a problem without any answer
_NO_ANSWER = "No pairing was found in {seconds:g} seconds that keeps all quotas; allow more time, or ask for less."


@dataclass(frozen=True, slots=True)
class Quota:
    """Of all pairs at least ``share`` (0 to 1), and at least ``least`` of them, are marked ones."""

    name: str
    marked: NDArray[np.bool_]
    """One place a wish."""
    share: float = 0.0
    least: int = 0


@dataclass(frozen=True, slots=True)
class _Rows:
    """The quotas as rows: the sum over all pairs of ``per_pair`` is at least ``least``."""

    per_pair: NDArray[np.float64]
    """Shape (rows, wishes)."""
    least: NDArray[np.float64]

    def kept(self, granted: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which rows a pairing keeps."""
        kept: NDArray[np.bool_] = self.per_pair[:, granted].sum(1) >= self.least - 1e-9
        return kept


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
    rows = _rows(quotas, len(wishes.value))
    free = pair(wishes, mentors, capacities)
    if rows.kept(free.granted).all():
        return free
    priced = _Priced(wishes, mentors, capacities, rows)
    priced.find_prices()
    if priced.best is not None and priced.bound - priced.best.value <= _ROUNDING * abs(priced.bound):
        return priced.best
    return _exactly(priced, [quota.name for quota in quotas], seconds)


def _rows(quotas: Sequence[Quota], wishes: int) -> _Rows:
    per_pair, least = [], []
    for quota in quotas:
        marked = quota.marked.astype(np.float64)
        if quota.share:
            per_pair.append(marked - quota.share)
            least.append(0.0)
        if quota.least:
            per_pair.append(marked)
            least.append(float(quota.least))
    return _Rows(np.array(per_pair).reshape(len(least), wishes), np.array(least))


class _Priced:
    """The problem with a price on each quota, the best pairing met so far, and what none can exceed."""

    def __init__(
        self, wishes: Wishes, mentors: NDArray[np.int64], capacities: NDArray[np.int32], rows: _Rows
    ) -> None:
        self.wishes, self.mentors, self.capacities, self.rows = wishes, mentors, capacities, rows
        self._unit = float(wishes.value.max(initial=0.0))
        self._useful = (wishes.value > 0) & np.isin(wishes.mentor, mentors[capacities > 0])
        self.price = np.zeros(len(rows.least))
        self.best: Pairing | None = None
        self.bound = np.inf
        self.reach = np.full(len(wishes.value), np.inf)
        """What no pairing that grants this wish can exceed."""

    def find_prices(self) -> None:
        """Raise each quota's price just so far that it is kept, the others' as they are, and all of it again."""
        for _ in range(_SWEEPS if len(self.price) > 1 else 1):
            for row in range(len(self.price)):
                self._find_price(row)

    def _find_price(self, row: int) -> None:
        low, high = 0.0, _HIGHEST * self._unit
        for halving in range(_HALVINGS):
            # By orders of magnitude at first, then by halves.
            middle = high / 8 if low == 0.0 and halving < _HALVINGS // 3 else (low + high) / 2
            self.price[row] = middle
            if self._try()[row]:
                high = middle
            else:
                low = middle
        self.price[row] = high
        self._try()

    def _try(self) -> NDArray[np.bool_]:
        """Pair at these prices; return which quotas that keeps."""
        value = self.wishes.value + self.price @ self.rows.per_pair
        changed = Wishes(
            self.wishes.mentee, self.wishes.mentor, np.where(self._useful, value, -1).astype(np.float32)
        )
        pairing = pair(changed, self.mentors, self.capacities)
        self._tighten(changed, pairing)
        kept = self.rows.kept(pairing.granted)
        total = float(self.wishes.value[pairing.granted].sum(dtype=np.float64))
        if kept.all() and (self.best is None or total > self.best.value):
            self.best = Pairing(pairing.granted, total, np.inf)
        if self.best is not None:
            self.best = Pairing(self.best.granted, self.best.value, max(self.bound, self.best.value))
        return kept

    def _tighten(self, changed: Wishes, pairing: Pairing) -> None:
        """Work out what no pairing can exceed (weak duality), with and without each wish."""
        price = prices_of(changed, pairing.granted, self.mentors, self.capacities).price
        order = np.argsort(self.mentors, kind="stable")
        at = np.minimum(np.searchsorted(self.mentors[order], changed.mentor), len(order) - 1)
        left = np.where(self._useful, changed.value - price[order[at]], -np.inf)
        ids, mentee = np.unique(changed.mentee, return_inverse=True)
        surplus = np.zeros(len(ids))
        np.maximum.at(surplus, mentee, left)
        bound = float(surplus.sum() + price @ self.capacities - self.price @ self.rows.least)
        self.bound = min(self.bound, bound)
        self.reach = np.minimum(self.reach, bound + left - surplus[mentee])


def _exactly(priced: _Priced, names: Sequence[str], seconds: float) -> Pairing:
    """Solve what the prices leave open: only wishes with which the best pairing so far could be beaten."""
    floor = priced.best.value if priced.best is not None else -np.inf
    slack = _ROUNDING * abs(priced.bound)
    open_ = np.flatnonzero(np.isfinite(priced.reach) & (priced.reach >= floor - slack))
    if not len(open_):
        return priced.best or _refuse(names)
    value = priced.wishes.value[open_].astype(np.float64)
    scale = float(value.max())
    found = milp(
        -value / scale,
        integrality=np.ones(len(open_)),
        bounds=Bounds(0, 1),
        constraints=[
            LinearConstraint(*_capacity_rows(priced, open_)),
            LinearConstraint(csr_array(priced.rows.per_pair[:, open_]), priced.rows.least, np.inf),
        ],
        options={"time_limit": seconds, "mip_rel_gap": _GAP},
    )
    if found.x is None:
        if priced.best is not None:
            return priced.best
        return _refuse(names) if found.status == _INFEASIBLE else _give_up(seconds)
    granted = open_[found.x > _WHOLE]
    granted = granted[np.argsort(priced.wishes.mentee[granted], kind="stable")]
    total = float(priced.wishes.value[granted].sum(dtype=np.float64))
    bound = min(priced.bound, max(-float(found.mip_dual_bound) * scale, floor))
    if priced.best is not None and priced.best.value >= total:
        return Pairing(priced.best.granted, priced.best.value, max(bound, priced.best.value))
    return Pairing(granted, total, max(bound, total))


def _refuse(names: Sequence[str]) -> Pairing:
    raise InvalidProblem(f"The quotas cannot be kept together: {', '.join(names)}.")


def _give_up(seconds: float) -> Pairing:
    raise InvalidProblem(_NO_ANSWER.format(seconds=seconds))


def _capacity_rows(
    priced: _Priced, chosen: NDArray[np.int64]
) -> tuple[csr_array, NDArray[np.float64], NDArray[np.float64]]:
    """Return a row for each mentee (at most 1) and each mentor (at most their capacity)."""
    mentees, mentee = np.unique(priced.wishes.mentee[chosen], return_inverse=True)
    order = np.argsort(priced.mentors, kind="stable")
    mentor = order[np.searchsorted(priced.mentors[order], priced.wishes.mentor[chosen])]
    wish, ones = np.arange(len(chosen)), np.ones(len(chosen))
    rows = vstack(
        [
            csr_array((ones, (mentee, wish)), shape=(len(mentees), len(chosen))),
            csr_array((ones, (mentor, wish)), shape=(len(priced.mentors), len(chosen))),
        ]
    )
    most = np.concatenate([np.ones(len(mentees)), priced.capacities.astype(np.float64)])
    return csr_array(rows), np.full(len(most), -np.inf), most
