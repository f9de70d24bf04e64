"""From how near a title is to every occupation, to how often the nearest was right.

One title means one occupation or none that is known, so nearness becomes a share by a logistic choice among all
occupations and "none of these" (McFadden 1974), and that share becomes how often it was right. All numbers come
from scripts/fit_titles.py and titles of vacancies whose occupation people gave; docs/skills.md has the
reliability.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt

SURE_ENOUGH = 0.35
"""Score from which on the first occupation should be said at all (docs/skills.md: Titles)."""


@dataclass(frozen=True, slots=True)
class Certainty:
    """How sharply nearness decides, and the nearness of "none of these"."""

    sharpness: float
    none: float
    points: tuple[tuple[float, float], ...] = ((0, 0), (1, 1))
    """Shares in rising order, and how often each was right."""

    def shares(self, near: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Return for each occupation (one row) how often it is right; rises with nearness."""
        score = self.sharpness * near.astype(np.float64)
        nothing = self.sharpness * self.none
        highest = max(float(score.max(initial=nothing)), nothing)
        weight = np.exp(score - highest)
        shares = weight / (weight.sum() + np.exp(nothing - highest))
        known, right = np.array(self.points, np.float64).T
        return np.asarray(np.interp(shares, known, right), np.float64)


@cache
def certainty(kind: str) -> Certainty:
    """Return what was fitted for ``model`` or ``lexical`` evidence."""
    held = json.loads((resources.files("bandmate.engines.skills") / "data" / "titles.json").read_text("utf-8"))
    one = held[kind]
    return Certainty(one["sharpness"], one["none"], tuple((share, right) for share, right in one["points"]))
