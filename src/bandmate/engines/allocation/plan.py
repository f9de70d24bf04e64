"""A plan: who gets what, and how good that is, with proof."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandmate.engines.allocation.problem import Kind


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of a row."""

    name: str
    kind: Kind
    limit: float
    used: float
    price: float
    """What one more unit of the limit is worth (cap) or costs (floor), in units of value."""
    shortfall: float
    """What a floor lacks; 0 for a cap."""

    @property
    def slack(self) -> float:
        """What is left below a cap, or is had above a floor."""
        return max(self.limit - self.used if self.kind is Kind.CAP else self.used - self.limit, 0.0)


@dataclass(frozen=True, slots=True)
class Plan:
    """Whole choices with their certificate.

    No plan whatsoever has an objective above ``bound``: by weak duality the value of the prices' dual
    problem bounds every choice that keeps the limits (Geoffrion 1974, "Lagrangean relaxation for integer
    programming").
    """

    chosen: NDArray[np.uint8]
    """One mark a candidate, in the order of ``Candidates``."""
    objective: float
    """Value of what is chosen, less the price of all shortfalls."""
    bound: float
    rows: tuple[RowOutcome, ...]
    evaluations: int
    """Passes over the persons it took to find the prices."""

    @property
    def gap(self) -> float:
        """How far the objective may be from the best, as a share of the bound; 0 where both are 0."""
        short = max(self.bound - self.objective, 0.0)
        return short / abs(self.bound) if self.bound else short

    @property
    def prices(self) -> NDArray[np.float64]:
        """The price of each row."""
        return np.array([row.price for row in self.rows])
