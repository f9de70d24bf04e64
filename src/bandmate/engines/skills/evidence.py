"""What speaks for each skill in one sentence: words, pieces of words, meaning, how common it is.

Every kind of evidence is one column; ``fusion.py`` weighs them. All skills are compared by words and by
meaning; only those that come near in one of the two are looked at closely.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bandmate.engines.skills.coverage import Coverage
from bandmate.engines.skills.embedding import Encoder, Pieces, Vectors
from bandmate.engines.skills.grams import word_features
from bandmate.engines.skills.lexical import pieces
from bandmate.engines.skills.storage import Store, lexical_index, vectors
from bandmate.engines.skills.taxonomy import Taxonomy

Scores = npt.NDArray[np.float32]
Places = npt.NDArray[np.int64]

COLUMNS = (
    "word",  # words shared with the best of its forms (cosine of TF-IDF)
    "word_label",  # the same with the preferred label only
    "cover",  # share of the best form's words that stand in the sentence, rare words counting more
    "cover_label",
    "whole",  # how telling the longest form is whose words all stand there
    "piece",  # pieces of words shared with the best form
    "meaning",  # sentence and label
    "token",  # the pieces of the sentence that come nearest to the label
    "window_short",  # the run of one to three word pieces that comes nearest to the label
    "window_long",  # the same with four to eight
    "described",  # sentence and description
    "common",  # ln(1 + occupations that need the skill)
    "essential",  # ln(1 + occupations that cannot do without it)
    "transversal",
    "cross_sector",
    "sector",
    "knowledge",
    "length",  # words of the label
)

_COLUMN = {name: place for place, name in enumerate(COLUMNS)}
_NEAR = 150
"""Skills that are looked at closely, for each kind of evidence that proposes some."""
SHARPNESS = 16.0
"""Of the attention from a label to the pieces of a sentence; the adapter is trained with the same."""
_SHORT, _LONG = range(1, 4), range(4, 9)
_DESCRIPTION = 300
"""Characters of a description that are read."""


@dataclass(frozen=True, slots=True)
class Look:
    """Skills that were looked at closely: their places among the skills, and one row of COLUMNS each."""

    places: Places
    columns: Scores
    runs: npt.NDArray[np.int16]
    """(skills, 2): from which word piece to before which one the sentence comes nearest to each skill, the marks
    at both ends not counted; equal where meaning is not compared."""
    offsets: tuple[tuple[int, int], ...]
    """Where those pieces stand in the sentence."""


class SkillEvidence:
    """Everything that is kept ready about the skills of one vocabulary."""

    def __init__(self, taxonomy: Taxonomy, store: Store, encoder: Encoder | None) -> None:
        self._encoder = encoder
        skills = taxonomy.skills
        forms = [taxonomy.forms[place] for place in skills]
        labels = [one[0] for one in forms]
        flat = [form for one in forms for form in one]
        mark = taxonomy.fingerprint
        self.size = len(skills)
        counts = np.array([len(one) for one in forms], np.int64)
        self._starts = np.cumsum(counts) - counts
        self._owners = np.repeat(np.arange(self.size), counts)
        self._words = lexical_index(store, f"skills-{mark}", flat, "words")
        self._label_words = lexical_index(store, f"skill-labels-{mark}", labels, "words")
        self._pieces = lexical_index(store, f"skills-{mark}", flat, "pieces")
        self._coverage = Coverage(self._words)
        self.labels: Vectors | None = None
        self._descriptions: Vectors | None = None
        if encoder is not None:
            self.labels = vectors(store, f"skill-labels-{mark}", labels, encoder)
            # Laid out by dimension they are compared with one sentence in half the time (21 MB for ESCO).
            self._labels_turned = np.ascontiguousarray(self.labels.T)
            told = [taxonomy.descriptions[place][:_DESCRIPTION] for place in skills]
            self._descriptions = vectors(store, f"skill-descriptions-{mark}", told, encoder)
        self._constant = _constant_columns(taxonomy, labels)

    def look(self, sentence: str) -> Look:
        """Return what speaks for the skills that come near to a sentence."""
        return self.look_at([sentence])[0]

    def look_at(self, sentences: Sequence[str]) -> list[Look]:
        """Return for each sentence what ``look`` does, with model and labels gone through for all at once."""
        if not sentences:
            return []
        # Of the best form of each skill, a row for each sentence.
        of_forms = self._pieces.scores_of(*pieces(sentences), len(sentences))
        piece = np.ascontiguousarray(np.maximum.reduceat(of_forms, self._starts, axis=0).T)
        if self._encoder is None or self.labels is None:
            return [self._look(*one, None, None) for one in zip(sentences, piece, strict=True)]
        read = self._encoder.pieces(sentences)
        near = np.stack([one.meaning for one in read]) @ self._labels_turned
        return [self._look(*one) for one in zip(sentences, piece, read, near, strict=True)]

    def _look(self, sentence: str, piece: Scores, read: Pieces | None, meaning: Scores | None) -> Look:
        features = word_features([sentence])[1]
        share, whole = self._coverage.of(features)
        shared = np.flatnonzero(share > 0)  # forms that share a word with it; most share a piece
        word = self._best(self._words.scores(features), shared)
        cover = self._best(share, shared)
        found: dict[str, Scores] = {
            "word": word,
            "word_label": self._label_words.scores(features),
            "cover": cover,
            "cover_label": share[self._starts],
            "whole": self._best(whole, shared),
            "piece": piece,
        }
        proposals: list[Scores] = [word, (cover + piece / 100).astype(np.float32), piece]
        if meaning is not None:
            found["meaning"] = meaning
            proposals.append(meaning)
        places = np.unique(np.concatenate([_nearest(scores) for scores in proposals]))
        columns = np.zeros((len(places), len(COLUMNS)), np.float32)
        for name, scores in found.items():
            columns[:, _COLUMN[name]] = scores[places]
        columns[:, _COLUMN["common"] :] = self._constant[places]
        if read is None or self.labels is None or self._descriptions is None:
            return Look(places, columns, np.zeros((len(places), 2), np.int16), ())
        columns[:, _COLUMN["described"]] = self._descriptions[places] @ read.meaning
        near = self.labels[places]
        together = near @ read.states.T
        columns[:, _COLUMN["token"]] = _attended(together / _lengths(read.states))
        short, long, runs = _best_runs(read.states[1:-1], together[:, 1:-1])
        columns[:, _COLUMN["window_short"]] = short
        columns[:, _COLUMN["window_long"]] = long
        return Look(places, columns, runs, read.offsets[1:-1])

    def _best(self, of_forms: Scores, chosen: Places) -> Scores:
        """Return the best of each skill's forms, of which only those chosen are not 0."""
        best = np.zeros(self.size, np.float32)
        np.maximum.at(best, self._owners[chosen], of_forms[chosen])
        return best


def _attended(near: Scores) -> Scores:
    """Return for each label how near the pieces come that it attends to, from its nearness to each piece.

    After ConTeXT-Match (Decorte et al. 2025, IEEE Access, 10.1109/ACCESS.2025.3589147).
    """
    weight = np.exp(SHARPNESS * (near - near.max(1, keepdims=True)))
    scores: Scores = (weight * near).sum(1) / weight.sum(1)
    return scores


def _best_runs(states: Vectors, together: Scores) -> tuple[Scores, Scores, npt.NDArray[np.int16]]:
    """Return for each label the nearness of the best short run of pieces, of the best long one, and the best run.

    The vector of a run is the sum of its pieces brought to length 1; so its nearness is the sum of the nearness of
    its pieces (``together``: labels, pieces), by its length.
    """
    count = len(states)
    if not count:
        nothing = np.zeros(len(together), np.float32)
        return nothing, nothing, np.zeros((len(together), 2), np.int16)
    short, long = runs_of(count, _SHORT), runs_of(count, _LONG)
    runs = np.concatenate([short, long])
    start, stop = runs[:, 0], runs[:, 1]
    lengths = _lengths(_summed(states, 0)[stop] - _summed(states, 0)[start])
    sums = _summed(together, 1)
    near = ((sums[:, stop] - sums[:, start]) / lengths).astype(np.float32)
    return near[:, : len(short)].max(1), near[:, len(short) :].max(1), runs[near.argmax(1)].astype(np.int16)


def runs_of(count: int, lengths: range) -> npt.NDArray[np.int64]:
    """Return (runs, 2): begin and end of the runs of these lengths among ``count`` pieces, or of all pieces."""
    usable = [length for length in lengths if length <= count] or [count]
    return np.array([(at, at + length) for length in usable for at in range(count - length + 1)], np.int64)


def _summed(values: Scores, axis: int) -> npt.NDArray[np.float64]:
    """Return running sums that begin with 0."""
    zero = np.zeros_like(np.take(values, [0], axis), np.float64)
    return np.concatenate([zero, np.cumsum(values, axis, dtype=np.float64)], axis)


def _lengths(vectors: npt.NDArray[Any]) -> npt.NDArray[Any]:
    lengths: npt.NDArray[Any] = np.maximum(np.linalg.norm(vectors, axis=-1), 1e-12)
    return lengths


def _nearest(scores: Scores) -> Places:
    count = min(_NEAR, len(scores))
    nearest: Places = np.argpartition(-scores, count - 1)[:count]
    return nearest


def _constant_columns(taxonomy: Taxonomy, labels: list[str]) -> Scores:
    """Return what does not depend on the sentence: from "common" on."""
    skills = taxonomy.skills
    common = np.bincount(taxonomy.relation_skill, minlength=len(taxonomy))[skills]
    essential = np.bincount(taxonomy.relation_skill, taxonomy.relation_essential, minlength=len(taxonomy))[skills]
    reuse = np.array([taxonomy.reuse[place] for place in skills])
    types = np.array([taxonomy.types[place] for place in skills])
    columns = [
        np.log1p(common),
        np.log1p(essential),
        reuse == "transversal",
        reuse == "cross-sector",
        reuse == "sector-specific",
        types == "knowledge",
        [len(label.split()) for label in labels],
    ]
    return np.stack([np.asarray(column, np.float32) for column in columns], 1)
