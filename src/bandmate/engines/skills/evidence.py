"""What speaks for each skill in one sentence: words, pieces of words, meaning, how common it is.

Every kind of evidence is one column; ``fusion.py`` weighs them. All skills are compared by words and by
meaning; only those that come near in one of the two are looked at closely.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.engines.skills.coverage import Coverage
from bandmate.engines.skills.embedding import Encoder, Vectors, pooled, unit
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
    states: Vectors | None
    """Vectors of the sentence's word pieces without the marks at both ends, to find which words are meant."""
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
        self._starts = np.cumsum([0, *(len(one) for one in forms)])[:-1]
        self._words = lexical_index(store, f"skills-{mark}", flat, "words")
        self._label_words = lexical_index(store, f"skill-labels-{mark}", labels, "words")
        self._pieces = lexical_index(store, f"skills-{mark}", flat, "pieces")
        self._coverage = Coverage(self._words)
        self.labels: Vectors | None = None
        self._descriptions: Vectors | None = None
        if encoder is not None:
            self.labels = vectors(store, f"skill-labels-{mark}", labels, encoder)
            told = [taxonomy.descriptions[place][:_DESCRIPTION] for place in skills]
            self._descriptions = vectors(store, f"skill-descriptions-{mark}", told, encoder)
        self._constant = _constant_columns(taxonomy, labels)

    def look(self, sentence: str) -> Look:
        """Return what speaks for the skills that come near to a sentence."""
        features = word_features([sentence])[1]
        word = self._best(self._words.scores(features))
        word_label = self._label_words.scores(features)
        share, whole = self._coverage.of(features)
        cover = self._best(share)
        piece = self._best(self._pieces.scores(pieces([sentence])[1]))
        proposals: list[Scores] = [word, (cover + piece / 100).astype(np.float32), piece]
        found: dict[str, Scores] = {
            "word": word,
            "word_label": word_label,
            "cover": cover,
            "cover_label": share[self._starts],
            "whole": self._best(whole),
            "piece": piece,
        }
        states: Vectors | None = None
        offsets: tuple[tuple[int, int], ...] = ()
        if self._encoder is not None and self.labels is not None:
            tokens = self._encoder.tokens([sentence])
            states, offsets = tokens.states[0][1:-1], tuple(tokens.offsets[0][1:-1])
            found["meaning"] = self.labels @ pooled(tokens.states, tokens.mask)[0]
            proposals.append(found["meaning"])
        places = np.unique(np.concatenate([_nearest(scores) for scores in proposals]))
        columns = np.zeros((len(places), len(COLUMNS)), np.float32)
        for name, scores in found.items():
            columns[:, COLUMNS.index(name)] = scores[places]
        if states is not None and self.labels is not None and self._descriptions is not None:
            near = self.labels[places]
            columns[:, COLUMNS.index("token")] = attended(unit(tokens.states[0]), near)
            columns[:, COLUMNS.index("window_short")] = _best_window(states, near, _SHORT)
            columns[:, COLUMNS.index("window_long")] = _best_window(states, near, _LONG)
            columns[:, COLUMNS.index("described")] = (
                self._descriptions[places] @ pooled(tokens.states, tokens.mask)[0]
            )
        columns[:, COLUMNS.index("common") :] = self._constant[places]
        return Look(places, columns, states, offsets)

    def _best(self, of_forms: Scores) -> Scores:
        return np.maximum.reduceat(of_forms, self._starts)


def attended(pieces_of_text: Vectors, labels: Vectors) -> Scores:
    """Return for each label how near the pieces come that it attends to (vectors of length 1).

    After ConTeXT-Match (Decorte et al. 2025, IEEE Access, 10.1109/ACCESS.2025.3589147).
    """
    near = labels @ pieces_of_text.T
    weight = np.exp(SHARPNESS * (near - near.max(1, keepdims=True)))
    scores: Scores = (weight * near).sum(1) / weight.sum(1)
    return scores


def windows(states: Vectors, lengths: range) -> tuple[Vectors, list[tuple[int, int]]]:
    """Return vectors of all runs of word pieces with these lengths (or of all pieces, if there are fewer)."""
    count = len(states)
    usable = [length for length in lengths if length <= count] or [count]
    sums = np.concatenate([np.zeros((1, states.shape[1]), np.float32), np.cumsum(states, 0, dtype=np.float32)])
    runs = [sums[length:] - sums[:-length] if length else sums for length in usable]
    spans = [(start, start + length) for length in usable for start in range(max(count - length + 1, 1))]
    return unit(np.concatenate(runs)), spans


def _best_window(states: Vectors, labels: Vectors, lengths: range) -> Scores:
    best: Scores = (windows(states, lengths)[0] @ labels.T).max(0)
    return best


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
