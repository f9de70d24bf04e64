"""Names of skills as they stand in a text: runs of words that are, but for endings, a whole form of a skill."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bandmate.engines.skills.grams import folded, stem, word_spans, words
from bandmate.engines.skills.storage import Store

_LONGEST = 10
"""Words of a form that is looked for."""


class Aliases:
    """All forms of all skills, as sorted digests of their words."""

    def __init__(self, store: Store, name: str, forms: Sequence[Sequence[str]]) -> None:
        folder = store.product(f"{name}-aliases-1", lambda place: _make(place, forms))
        # As plain arrays over the mapped files: a memmap costs more at every slice.
        self._digests: npt.NDArray[np.uint64] = np.asarray(np.load(folder / "digests.npy", mmap_mode="r"))
        self._owners: npt.NDArray[np.int32] = np.asarray(np.load(folder / "owners.npy", mmap_mode="r"))

    def found(self, text: str) -> dict[int, tuple[int, int]]:
        """Return for each skill that is named in ``text`` where its longest name stands first."""
        spans = word_spans(text)
        runs = [
            (start, start + count)
            for count in range(min(_LONGEST, len(spans)), 0, -1)
            for start in range(len(spans) - count + 1)
        ]
        stems = [one[0] for one in spans]
        digests = np.array([_digest(stems[start:stop]) for start, stop in runs], np.uint64)
        first = np.searchsorted(self._digests, digests)
        named: dict[int, tuple[int, int]] = {}
        if not len(self._digests):
            return named
        for run in np.flatnonzero(self._digests.take(first, mode="clip") == digests).tolist():
            start, stop = runs[run]
            last = int(np.searchsorted(self._digests, digests[run], "right"))
            for owner in self._owners[first[run] : last].tolist():
                named.setdefault(owner, (spans[start][1], spans[stop - 1][2]))
        return named


def _make(folder: Path, forms: Sequence[Sequence[str]]) -> None:
    pairs = {
        (_digest([stem(word) for word in words(folded(form))]), owner)
        for owner, names in enumerate(forms)
        for form in names
    }
    digests = np.array([pair[0] for pair in pairs], np.uint64)
    owners = np.array([pair[1] for pair in pairs], np.int32)
    order = np.lexsort((owners, digests))
    np.save(folder / "digests.npy", digests[order])
    np.save(folder / "owners.npy", owners[order])


def _digest(stems: Sequence[str]) -> int:
    joined = " ".join(stems).encode("utf-8", "replace")
    return int.from_bytes(hashlib.blake2b(joined, digest_size=8).digest(), "little")
