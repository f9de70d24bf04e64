"""Titles against titles, and titles to occupations.

Two titles are near when they share words, pieces of words (in any language), meaning, and when a vocabulary sees
the same occupations behind them. Gender marks, numbers, places and grades are split off before (``title_noise``).
Titles in a language that neither model nor vocabulary knows are compared by their letters (``foreign``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bandmate.engines.skills.certainty import certainty
from bandmate.engines.skills.embedding import Encoder, Vectors
from bandmate.engines.skills.foreign import ForeignTitles, KnownWords
from bandmate.engines.skills.grams import word_features
from bandmate.engines.skills.lexical import FEATURES, LexicalIndex, build_index, pieces
from bandmate.engines.skills.profiles import Likeness, Mixtures, mixtures
from bandmate.engines.skills.remembered import RememberedEncoder
from bandmate.engines.skills.storage import Store, lexical_index, vectors
from bandmate.engines.skills.taxonomy import Taxonomy
from bandmate.engines.skills.title_noise import Title, split_title
from bandmate.engines.skills.versions import version_of

Scores = npt.NDArray[np.float32]

_WORDS, _PIECES = 0.2, 0.2
"""How much words and pieces of words count beside meaning."""
_OF_MEAN = 0.3
"""How much the mean over all names of an occupation counts beside its best name."""
_OF_CONCEPT = 0.3
"""How much the mean over all names of an occupation counts beside the one name that is ranked."""
_NO_NAME = -0.1
"""What a line has against it that is no occupation's name among lines that are."""
_OF_SKILLS = 1.2
"""How much likeness by skills counts between titles that need not mean the same job."""
_VOCABULARY = 0.8
"""Share of known names from which on a corpus is a list of names: the question then is which mean the same."""
_AT_ONCE = 256
"""Titles whose mixtures are worked out together."""


@dataclass(frozen=True, slots=True)
class Occupation:
    """An occupation that a title may mean."""

    uri: str
    label: str
    score: float
    """How often an occupation with such a score was right: between 0 and 1 (``certainty``)."""
    isco: str


class Occupations:
    """The occupations of a vocabulary, ready to be compared with titles."""

    def __init__(
        self,
        taxonomy: Taxonomy,
        store: Store,
        encoder: Encoder | None,
        remembered: RememberedEncoder | None = None,
    ) -> None:
        """Make ready; ``remembered`` keeps the vectors of titles that come again, as those of a job board do."""
        self._taxonomy = taxonomy
        self._encoder = remembered or encoder
        forms = [taxonomy.forms[place] for place in taxonomy.occupations]
        flat = [form for one in forms for form in one]
        self._starts = np.cumsum([0, *(len(one) for one in forms)])[:-1]
        mark = f"occupations-{taxonomy.fingerprint}"
        self._words = lexical_index(store, mark, flat, "words")
        self._pieces = lexical_index(store, mark, flat, "pieces")
        self._vectors: Vectors | None = vectors(store, mark, flat, encoder) if encoder else None
        self._certainty = certainty("model" if encoder else "lexical")
        self.known = KnownWords(self._words)
        self.likeness = Likeness(taxonomy, store) if len(taxonomy.relation_skill) else None
        self.version = version_of(encoder, taxonomy)

    def __len__(self) -> int:
        return len(self._starts)

    def scores(self, cores: Sequence[str], meanings: Vectors | None) -> Scores:
        """Return how near each title is to each occupation: its best name, and a little of all names.

        Shape (titles, occupations).
        """
        found = np.zeros((len(cores), len(self)), np.float32)
        sizes = np.diff([*self._starts, self._words.size])
        for row, core in enumerate(cores):
            near = _lexical(self._words, self._pieces, core)
            if meanings is not None and self._vectors is not None:
                near = self._vectors @ meanings[row] + near
            best = np.maximum.reduceat(near, self._starts)
            found[row] = best + _OF_MEAN * np.add.reduceat(near, self._starts) / sizes
        return found

    def owners(self, names: Sequence[str]) -> npt.NDArray[np.int64]:
        """Return the number of the occupation that bears each name, or -1; the first of several that do."""
        known: dict[str, int] = {}
        for number, place in enumerate(self._taxonomy.occupations):
            for form in self._taxonomy.forms[place]:
                known.setdefault(form.casefold(), number)
        return np.array([known.get(name.casefold(), -1) for name in names], np.int64)

    def normalise(self, title: str, top: int) -> tuple[Title, list[Occupation]]:
        """Return a title in its parts, and the occupations it may mean, best first."""
        parts = split_title(title)
        if not parts.core:
            return parts, []
        meaning = self._encoder.encode([parts.core]) if self._encoder else None
        near = self.scores([parts.core], meaning)[0]
        order = np.argsort(-near, kind="stable")[:top]
        places = self._taxonomy.occupations[order]
        scores = self._certainty.shares(near)
        return parts, [
            Occupation(
                self._taxonomy.uris[place],
                self._taxonomy.forms[place][0],
                round(float(scores[number]), 4),
                self._taxonomy.isco[place],
            )
            for number, place in zip(order, places, strict=True)
        ]


def _lexical(words: LexicalIndex, parts: LexicalIndex, core: str) -> Scores:
    near: Scores = _WORDS * words.scores(word_features([core])[1]) + _PIECES * parts.scores(pieces([core])[1])
    return near


class TitleCorpus:
    """Titles to be ranked, each by its likeness to a query."""

    def __init__(
        self,
        titles: Sequence[str],
        encoder: Encoder | None = None,
        occupations: Occupations | None = None,
        store: Store | None = None,
    ) -> None:
        store = store or Store(None)
        cores = [split_title(title).core for title in titles]
        digest = hashlib.sha256("\n".join(cores).encode("utf-8", "replace")).hexdigest()[:24]
        self._encoder = encoder
        self._occupations = occupations
        self._words = build_index(cores, word_features)
        self._pieces = build_index(cores, FEATURES["pieces"])
        self._owners = occupations.owners(titles) if occupations else np.full(len(cores), -1)
        self._names = len(cores) > 0 and float((self._owners >= 0).mean()) >= _VOCABULARY
        self._english = self._names or occupations is None or occupations.known.english(cores)
        self._vectors: Vectors | None = None
        if encoder and cores and self._english:
            self._vectors = vectors(store, f"corpus-{digest}", cores, encoder)
        self._cores = cores
        self._likeness = occupations.likeness if occupations and self._english and not self._names else None
        if occupations is not None and self._likeness is not None and cores:
            self._mixtures = _stored_mixtures(store, digest, cores, self._vectors, occupations)
            self._lengths = self._likeness.own(self._mixtures)

    def __len__(self) -> int:
        return self._words.size

    def rank(self, title: str) -> tuple[npt.NDArray[np.int64], Scores]:
        """Return the places of all titles of the corpus, nearest first, and the scores in that order."""
        core = split_title(title).core
        if not core or not len(self):
            return np.arange(len(self)), np.zeros(len(self), np.float32)
        near = self._near(core)
        order = np.argsort(-near, kind="stable")
        return order, near[order]

    def _near(self, core: str) -> Scores:
        """Return how near a title is to each of the corpus, in one of three ways (docs/skills.md)."""
        meaning = self._encoder.encode([core]) if self._encoder and self._vectors is not None else None
        cosines = None if meaning is None or self._vectors is None else self._vectors @ meaning[0]
        if not self._english or (self._occupations and not self._occupations.known.english_query(core)):
            return self._by_letters.scores(core, cosines)
        near = _lexical(self._words, self._pieces, core)
        if cosines is not None:
            near = near + cosines
        if self._names:
            near = near + self._of_concepts(near)
        elif self._occupations is not None and self._likeness is not None:
            mine = mixtures(self._occupations.scores([core], meaning))
            near = near + _OF_SKILLS * self._likeness.between(mine, self._mixtures, self._lengths)
        return near

    @cached_property
    def _by_letters(self) -> ForeignTitles:
        return ForeignTitles(self._cores, self._pieces)

    def _of_concepts(self, near: Scores) -> Scores:
        """Return for each known name the mean over all names of its occupation that stand in the corpus.

        A line that is no occupation's name, such as the title of a group of them, gets nothing but _NO_NAME.
        """
        known = self._owners >= 0
        sums = np.bincount(self._owners[known], near[known])
        counts = np.bincount(self._owners[known])
        mean = np.full(len(near), _NO_NAME, np.float32)
        mean[known] = _OF_CONCEPT * (sums / np.maximum(counts, 1))[self._owners[known]]
        return mean


def _stored_mixtures(
    store: Store, digest: str, cores: Sequence[str], meanings: Vectors | None, occupations: Occupations
) -> Mixtures:
    def make(folder: Path) -> None:
        found = [
            mixtures(occupations.scores(cores[start : start + _AT_ONCE], _part(meanings, start)))
            for start in range(0, len(cores), _AT_ONCE)
        ]
        np.save(folder / "places.npy", np.concatenate([one.places for one in found]))
        np.save(folder / "weights.npy", np.concatenate([one.weights for one in found]))

    name = f"mixtures-{digest}-{occupations.version.replace('/', '-')}-1"
    folder = store.product(name, make)
    return Mixtures(np.load(folder / "places.npy"), np.load(folder / "weights.npy"))


def _part(meanings: Vectors | None, start: int) -> Vectors | None:
    return None if meanings is None else meanings[start : start + _AT_ONCE]
