"""Occupations as what one does in them: how alike two are by the skills they need.

Each occupation is the vector of its skills, essential ones counting twice as much as optional ones and rare
ones more than common ones; likeness is the cosine. A title then is the few occupations that come nearest to
it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bandmate.engines.skills.storage import Store
from bandmate.engines.skills.taxonomy import Taxonomy

Scores = npt.NDArray[np.float32]

_NEAREST = 10
"""Occupations that stand for a title."""
_SHARPNESS = 5.0
"""How much more the nearest counts; with _NEAREST chosen on the validation half of Job Title Similarity."""
_OPTIONAL = 0.5


@dataclass(frozen=True, slots=True)
class Mixtures:
    """Titles as mixtures of occupations: places and weights, both (titles, _NEAREST); weights sum to 1."""

    places: npt.NDArray[np.int64]
    weights: Scores


def mixtures(scores: Scores) -> Mixtures:
    """Return the mixtures that the nearness of titles to all occupations (titles, occupations) speaks for."""
    count = min(_NEAREST, scores.shape[1])
    places = np.argpartition(-scores, count - 1, axis=1)[:, :count]
    near = np.take_along_axis(scores, places, 1)
    weights = np.exp(_SHARPNESS * (near - near.max(1, keepdims=True)))
    return Mixtures(places, (weights / weights.sum(1, keepdims=True)).astype(np.float32))


class Likeness:
    """How alike occupations are by their skills, as a square table."""

    def __init__(self, taxonomy: Taxonomy, store: Store) -> None:
        folder = store.product(f"likeness-{taxonomy.fingerprint}-1", lambda place: _make(taxonomy, place))
        self._table: npt.NDArray[np.float16] = np.load(folder / "likeness.npy", mmap_mode="r")

    def own(self, several: Mixtures) -> Scores:
        """Return the length of each mixture, by which likeness is divided."""
        squares = np.empty(len(several.places), np.float32)
        for row, (places, weights) in enumerate(zip(several.places, several.weights, strict=True)):
            squares[row] = weights @ self._table[np.ix_(places, places)].astype(np.float32) @ weights
        return np.sqrt(np.maximum(squares, 1e-9))

    def between(self, one: Mixtures, several: Mixtures, lengths: Scores) -> Scores:
        """Return the cosine of the first mixture of ``one`` with each of ``several`` of these lengths."""
        rows = self._table[one.places[0]].astype(np.float32)
        reached = one.weights[0] @ rows
        together: Scores = (reached[several.places] * several.weights).sum(1)
        cosine: Scores = together / lengths / self.own(one)[0]
        return cosine


def _make(taxonomy: Taxonomy, folder: Path) -> None:
    count = len(taxonomy.occupations)
    numbers = np.full(len(taxonomy), -1)
    numbers[taxonomy.occupations] = np.arange(count)
    occupation = numbers[taxonomy.relation_occupation]
    frequency = np.bincount(taxonomy.relation_skill, minlength=len(taxonomy))
    rarity = np.log(count / np.maximum(frequency, 1))
    weight = np.where(taxonomy.relation_essential, 1, _OPTIONAL) * rarity[taxonomy.relation_skill]
    length = np.sqrt(np.bincount(occupation, weight**2, minlength=count))
    weight = (weight / np.maximum(length, 1e-9)[occupation]).astype(np.float32)
    table = np.zeros((count, count), np.float32)
    order = np.argsort(taxonomy.relation_skill, kind="stable")
    ends = np.flatnonzero(np.diff(taxonomy.relation_skill[order])) + 1
    for group in np.split(order, ends):
        who = occupation[group]
        table[np.ix_(who, who)] += np.outer(weight[group], weight[group])
    np.fill_diagonal(table, 1)
    np.save(folder / "likeness.npy", table.astype(np.float16))
