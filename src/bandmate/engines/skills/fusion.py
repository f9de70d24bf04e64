"""From kinds of evidence to one score, and from the score to how often it is right.

The score is linear in the evidence. Its weights were fitted so that true skills stand first (softmax over the
skills that were looked at); docs/skills.md says on which data. ``data/fusion.json`` holds them, with and without a
model, and the points of the calibration: the share of true skills at a score.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from bandmate.engines.skills.evidence import COLUMNS

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Fusion:
    """One weight for each column of evidence (0 where it does not count), and the calibration."""

    weights: npt.NDArray[np.float64]
    calibration: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
    """Scores in rising order, and the share of true skills at each."""
    threshold: float
    """Calibrated score below which we rather say nothing."""

    def raw(self, columns: Scores) -> npt.NDArray[np.float64]:
        """Return the score of each row of evidence."""
        return columns.astype(np.float64) @ self.weights

    def calibrated(self, raw: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the share of skills with such a score that are true: rises with the score, between 0 and 1."""
        return np.interp(raw, *self.calibration)


@cache
def fusion(kind: str) -> Fusion:
    """Return the fitted fusion for ``model`` or ``lexical`` evidence, or for a vocabulary without relations.

    The latter are called ``model_plain`` and ``lexical_plain``.
    """
    held = json.loads((resources.files("bandmate.engines.skills") / "data" / "fusion.json").read_text("utf-8"))[
        kind
    ]
    weights = np.array([held["weights"].get(column, 0.0) for column in COLUMNS])
    points = np.array(held["calibration"], np.float64)
    return Fusion(weights, (points[:, 0], points[:, 1]), held["threshold"])
