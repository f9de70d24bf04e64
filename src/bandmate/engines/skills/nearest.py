"""The nearest of many vectors: exact up to a hundred thousand, by inverted lists above.

Above that, vectors lie in lists around centres found by k-means, and a query looks into the lists whose centres
come nearest to it (IVF; Sivic and Zisserman 2003, 10.1109/ICCV.2003.1238663). How many is found when the index is
built: as few as reach the wanted recall, measured against the exact search. Plain arrays do it: they are mapped
from disk as they lie, and who may be found (``allowed``) costs no recall, because lists are opened until enough of
those have been seen. A graph (HNSW) would be another dependency, and finds badly among few.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bandmate.engines.skills.embedding import Vectors, unit

Ids = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

EXACT_UP_TO = 100_000
RECALL = 0.95
"""Share of the true nearest that an approximate search finds on average."""

_BLOCK = 16_384
"""Vectors that are compared at once."""
_QUERIES_AT_ONCE = 256
_SPARSE = 0.25
"""Share of allowed vectors below which they are gathered before they are compared."""
_LEARN_FROM = 64
"""Vectors for each list that k-means sees."""
_ROUNDS = 8
_TRIED = 200
"""Queries that the number of lists is measured with."""
_MEASURED_AT = 10


@dataclass(frozen=True, slots=True, eq=False)
class NearestIndex:
    """Vectors of length 1, ready to be searched by cosine. Made by ``build_nearest``, never changed."""

    vectors: Vectors
    """(size, width); list by list where there are lists."""
    ids: Ids
    """(size,): the place of each of them among those that were given."""
    centres: Vectors
    """(lists, width); no rows where the search is exact."""
    starts: Ids
    """(lists + 1,): where each list begins."""
    probes: int
    """Lists that a query looks into."""
    recall: float
    """Share of the true ten nearest that was found when the index was built; 1 where the search is exact."""

    def __len__(self) -> int:
        return len(self.vectors)

    def search(self, queries: Vectors, k: int, allowed: Mask | None = None) -> tuple[Ids, Vectors]:
        """Return the ``k`` nearest of each query, nearest first: ids and cosines, both (queries, k).

        Args:
            queries: (queries, width), of length 1.
            k: How many are asked for.
            allowed: (size,): by id, who may be found; everyone if not given.

        Where fewer than ``k`` are there, the rest has the id -1 and the score -inf.
        """
        mask = None if allowed is None else np.asarray(allowed, bool)[self.ids]
        if not len(self.centres):
            return _by_id(self.ids, *exact(self.vectors, queries, k, mask))
        found = [self._probed(query, k, mask) for query in queries]
        places = np.array([one[0] for one in found], np.int64).reshape(len(queries), k)
        return _by_id(self.ids, places, np.array([one[1] for one in found], np.float32).reshape(len(queries), k))

    def _probed(self, query: Vectors, k: int, mask: Mask | None) -> tuple[Ids, Vectors]:
        sizes = np.diff(self.starts) if mask is None else _counts(mask, self.starts)
        lists = np.argsort(-(self.centres @ query), kind="stable")
        # As many vectors as the wanted recall takes, of those that may be found.
        enough = max(self.probes * len(self) / len(lists), k)
        opened = lists[: max(int(np.searchsorted(np.cumsum(sizes[lists]), enough)) + 1, self.probes)]
        parts = [slice(int(self.starts[one]), int(self.starts[one + 1])) for one in opened]
        places = np.concatenate([np.arange(part.start, part.stop) for part in parts])
        if mask is None:
            scores = np.concatenate([self.vectors[part] @ query for part in parts])
        else:
            places = places[mask[places]]
            scores = self.vectors[places] @ query
        best, cosines = _top(scores[None], places[None], k)
        return best[0], cosines[0]

    def save(self, folder: Path) -> None:
        """Write the index into an existing folder."""
        for name in _ARRAYS:
            np.save(folder / f"{name}.npy", getattr(self, name))
        told = {"probes": self.probes, "recall": self.recall}
        (folder / "index.json").write_text(json.dumps(told) + "\n", encoding="utf-8")


_ARRAYS = ("vectors", "ids", "centres", "starts")


def open_nearest(folder: Path) -> NearestIndex:
    """Open a saved index where it lies; vectors are read from disk as they are needed."""
    arrays = {name: np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r")) for name in _ARRAYS}
    told = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    return NearestIndex(**arrays, probes=told["probes"], recall=told["recall"])


def build_nearest(
    vectors: Vectors,
    *,
    asked: Vectors | None = None,
    wanted: float = RECALL,
    exact_up_to: int = EXACT_UP_TO,
    seed: int = 0,
) -> NearestIndex:
    """Return an index over ``vectors`` (size, width), of length 1; equal input gives an equal index.

    Args:
        vectors: What is to be found, each by its place.
        asked: A sample of queries to measure recall with; else mixtures of two vectors stand for them.
        wanted: The recall at ten that an approximate index is to reach on them.
        exact_up_to: How many vectors are compared one by one, without lists.
        seed: Of what k-means begins with.
    """
    size = len(vectors)
    if size <= exact_up_to:
        nothing = np.zeros((0, vectors.shape[1]), np.float32)
        return NearestIndex(vectors, np.arange(size), nothing, np.zeros(1, np.int64), 0, 1.0)
    draw = np.random.default_rng(seed)
    lists = max(int(np.sqrt(size)), 1)
    centres = _centres(vectors, lists, draw)
    owner = _nearest_centre(vectors, centres)
    order = np.argsort(owner, kind="stable")
    starts = np.concatenate(([0], np.cumsum(np.bincount(owner, minlength=lists))))
    if asked is None:
        asked = unit(vectors[draw.integers(size, size=_TRIED)] + vectors[draw.integers(size, size=_TRIED)])
    return _tuned(vectors[order], order, centres, starts, asked[:_TRIED], wanted)


def exact(vectors: Vectors, queries: Vectors, k: int, allowed: Mask | None = None) -> tuple[Ids, Vectors]:
    """Return places and cosines of the ``k`` nearest of each query among all vectors, as ``search`` does."""
    gathered = np.flatnonzero(allowed) if allowed is not None and allowed.mean() < _SPARSE else None
    size = len(vectors) if gathered is None else len(gathered)
    places = np.full((len(queries), k), -1, np.int64)
    cosines = np.full((len(queries), k), -np.inf, np.float32)
    for first in range(0, len(queries), _QUERIES_AT_ONCE):
        some = slice(first, first + _QUERIES_AT_ONCE)
        for start in range(0, size, _BLOCK):
            chosen = np.arange(start, min(start + _BLOCK, size)) if gathered is None else gathered[start:][:_BLOCK]
            block = vectors[start : start + _BLOCK] if gathered is None else vectors[chosen]
            # One query is quicker as a vector than as a table of one row.
            scores = (block @ queries[first])[None] if len(queries) == 1 else queries[some] @ block.T
            if allowed is not None and gathered is None:
                scores = np.where(allowed[chosen], scores, np.float32(-np.inf))
            best, near = _top(scores, np.broadcast_to(chosen, scores.shape), k)
            places[some], cosines[some] = _top(
                np.concatenate([cosines[some], near], 1), np.concatenate([places[some], best], 1), k
            )
    return places, cosines


def _top(scores: Vectors, places: Ids, k: int) -> tuple[Ids, Vectors]:
    """Return the ``k`` best of each row, best first and by place where equal, with the rest filled up."""
    if scores.shape[1] > k:
        best = np.argpartition(-scores, k - 1, axis=1)[:, :k] if k else np.zeros((len(scores), 0), np.int64)
        scores, places = np.take_along_axis(scores, best, 1), np.take_along_axis(places, best, 1)
    order = np.lexsort((places, -scores), axis=1)
    scores, places = np.take_along_axis(scores, order, 1), np.take_along_axis(places, order, 1)
    places = np.where(np.isneginf(scores), -1, places)
    lacking = ((0, 0), (0, k - scores.shape[1]))
    return np.pad(places, lacking, constant_values=-1), np.pad(scores, lacking, constant_values=-np.inf)


def _by_id(ids: Ids, places: Ids, cosines: Vectors) -> tuple[Ids, Vectors]:
    return np.where(places >= 0, ids[places] if len(ids) else -1, -1), cosines


def _counts(mask: Mask, starts: Ids) -> Ids:
    """Return how many of each list are allowed."""
    return np.diff(np.concatenate(([0], np.cumsum(mask)))[starts])


def _centres(vectors: Vectors, lists: int, draw: np.random.Generator) -> Vectors:
    """Find centres of length 1 by k-means on a sample; one that is nobody's begins anew."""
    sample = vectors[np.sort(draw.permutation(len(vectors))[: lists * _LEARN_FROM])]
    centres = sample[draw.permutation(len(sample))[:lists]]
    for _ in range(_ROUNDS):
        owner = _nearest_centre(sample, centres)
        order = np.argsort(owner, kind="stable")
        counts = np.bincount(owner, minlength=lists)
        some = np.flatnonzero(counts)
        first = (np.cumsum(counts) - counts)[some]
        centres = sample[draw.integers(len(sample), size=lists)]
        centres[some] = unit(np.add.reduceat(sample[order], first, axis=0))
    return centres


def _nearest_centre(vectors: Vectors, centres: Vectors) -> Ids:
    return np.concatenate(
        [(vectors[start : start + _BLOCK] @ centres.T).argmax(1) for start in range(0, len(vectors), _BLOCK)]
    )


def _tuned(
    vectors: Vectors, ids: Ids, centres: Vectors, starts: Ids, asked: Vectors, wanted: float
) -> NearestIndex:
    """Return the index that looks into as few lists as reach the wanted recall."""
    true = exact(vectors, asked, _MEASURED_AT)[0]
    probes = 1
    while True:
        index = NearestIndex(vectors, np.arange(len(ids)), centres, starts, probes, 1.0)
        found = index.search(asked, _MEASURED_AT)[0]
        recall = shared(found, true)
        if recall >= wanted or probes >= len(centres):
            return NearestIndex(vectors, ids, centres, starts, probes, recall)
        probes = min(probes + max(probes // 4, 1), len(centres))


def shared(found: Ids, true: Ids) -> float:
    """Return which share of the true ids was found, averaged over queries: recall at k."""
    both = (found[:, :, None] == true[:, None, :]) & (true[:, None, :] >= 0)
    return float((both.any(1).sum(1) / np.maximum((true >= 0).sum(1), 1)).mean())
