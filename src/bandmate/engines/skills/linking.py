"""Text to skills: which ones are asked for or shown, how surely, and which words say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.engines.skills.aliases import Aliases
from bandmate.engines.skills.cleaning import sentence_spans, visible_text
from bandmate.engines.skills.embedding import Encoder
from bandmate.engines.skills.evidence import SkillEvidence
from bandmate.engines.skills.fusion import fusion
from bandmate.engines.skills.recent import Recent
from bandmate.engines.skills.storage import Store
from bandmate.engines.skills.taxonomy import Taxonomy
from bandmate.engines.skills.versions import version_of

MOST_SENTENCES = 1_000
"""Sentences of a text that are read; a long posting has 150."""
REMEMBERED = 4_096
"""Sentences whose readings are kept, about 8 KB each."""
_AT_ONCE = 16
"""Sentences that are compared with all labels at once."""


@dataclass(frozen=True, slots=True)
class LinkedSkill:
    """A skill that a text speaks of."""

    uri: str
    label: str
    score: float
    """How often skills with such evidence were right: between 0 and 1, calibrated (docs/skills.md)."""
    start: int
    end: int
    """Which characters of the visible text say so; equal where nothing does."""
    named: bool
    """Whether one of the skill's names stands there, or only its meaning."""


@dataclass(frozen=True, slots=True)
class Linked:
    """What was found in a text."""

    text: str
    """The text as a reader sees it; spans count its characters."""
    skills: tuple[LinkedSkill, ...]
    """Best first."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one sentence says, for the skills that were looked at closely."""

    places: npt.NDArray[np.int32]
    raws: npt.NDArray[np.float64]
    """Fused, not calibrated."""
    runs: npt.NDArray[np.int16]
    offsets: tuple[tuple[int, int], ...]


class Linker:
    """Links texts to the skills of one vocabulary. Without an encoder it goes by words alone.

    It may be shared by threads. Sentences that it read lately (``remembered``) are not read again: companies say
    the same in all their postings.
    """

    def __init__(
        self, taxonomy: Taxonomy, store: Store, encoder: Encoder | None, *, remembered: int = REMEMBERED
    ) -> None:
        self._taxonomy = taxonomy
        self._evidence = SkillEvidence(taxonomy, store, encoder)
        self._aliases = Aliases(
            store, f"skills-{taxonomy.fingerprint}", [taxonomy.forms[place] for place in taxonomy.skills]
        )
        plain = "" if len(taxonomy.relation_skill) else "_plain"
        self._fusion = fusion(("model" if encoder else "lexical") + plain)
        self._recent: Recent[str, _Reading] = Recent(remembered)
        self.version = version_of(encoder, taxonomy)

    def link(self, text: str, top: int | None = None) -> Linked:
        """Return the skills of a text: those likelier than the threshold, or the first ``top`` of all.

        Sentences are read one by one, so that nothing added to a text takes from the score of a skill; a skill's
        score is that of its best sentence. Of a text at most MOST_SENTENCES are read.
        """
        return self.link_many([text], top)[0]

    def link_many(self, texts: Sequence[str], top: int | None = None) -> list[Linked]:
        """Return what ``link`` does for each text, in order; sentences are read together, equal ones once."""
        visible = [visible_text(text) for text in texts]
        parts = [sentence_spans(text)[:MOST_SENTENCES] for text in visible]
        sentences = [[text[start:end] for start, end in spans] for text, spans in zip(visible, parts, strict=True)]
        readings = self._read([sentence for one in sentences for sentence in one])
        return [
            self._merged(text, spans, [readings[sentence] for sentence in own], top)
            for text, spans, own in zip(visible, parts, sentences, strict=True)
        ]

    def _read(self, sentences: Sequence[str]) -> dict[str, _Reading]:
        known = self._recent.known(sentences)
        # By length, so that those read together need little padding.
        new = sorted((one for one in dict.fromkeys(sentences) if one not in known), key=len)
        for start in range(0, len(new), _AT_ONCE):
            together = new[start : start + _AT_ONCE]
            for sentence, look in zip(together, self._evidence.look_at(together), strict=True):
                raws = self._fusion.raw(look.columns)
                known[sentence] = _Reading(look.places.astype(np.int32), raws, look.runs, look.offsets)
        self._recent.keep({sentence: known[sentence] for sentence in new})
        return known

    def _merged(
        self, visible: str, parts: list[tuple[int, int]], readings: list[_Reading], top: int | None
    ) -> Linked:
        if not visible:
            return Linked("", ())
        best = np.full(self._evidence.size, -np.inf)
        said = np.zeros(self._evidence.size, np.int64)  # the number of the best sentence, the first of equals
        for number, reading in enumerate(readings):
            better = reading.raws > best[reading.places]
            best[reading.places[better]] = reading.raws[better]
            said[reading.places[better]] = number
        seen = np.flatnonzero(best > -np.inf)
        order = seen[np.argsort(-best[seen], kind="stable")]
        scores = self._fusion.calibrated(best[order])
        count = int((scores >= self._fusion.threshold).sum()) if top is None else min(top, len(order))
        chosen = list(zip(order[:count].tolist(), said[order[:count]].tolist(), strict=True))
        found = self._with_spans(visible, parts, readings, chosen, scores)
        if top is not None and top > count:
            found += self._rest(set(order.tolist()), top - count)
        return Linked(visible, tuple(found))

    def _with_spans(
        self,
        visible: str,
        parts: list[tuple[int, int]],
        readings: list[_Reading],
        chosen: list[tuple[int, int]],
        scores: npt.NDArray[np.float64],
    ) -> list[LinkedSkill]:
        named = {
            number: self._aliases.found(visible[slice(*parts[number])])
            for number in {number for _, number in chosen}
        }
        found = []
        for rank, (place, number) in enumerate(chosen):
            span = named[number].get(place) or _nearest_words(readings[number], place)
            start = parts[number][0]
            found.append(
                LinkedSkill(
                    *self._name(place),
                    score=round(float(scores[rank]), 4),
                    start=start + span[0],
                    end=start + span[1],
                    named=place in named[number],
                )
            )
        return found

    def _rest(self, seen: set[int], count: int) -> list[LinkedSkill]:
        """Return what nothing speaks for, in the order of the vocabulary."""
        others = (place for place in range(self._evidence.size) if place not in seen)
        return [
            LinkedSkill(*self._name(place), score=0.0, start=0, end=0, named=False)
            for place, _ in zip(others, range(count), strict=False)
        ]

    def _name(self, place: int) -> tuple[str, str]:
        concept = int(self._taxonomy.skills[place])
        return self._taxonomy.uris[concept], self._taxonomy.forms[concept][0]


def _nearest_words(reading: _Reading, place: int) -> tuple[int, int]:
    """Return the characters of the run of words whose meaning is nearest to a skill that was looked at."""
    start, stop = reading.runs[np.searchsorted(reading.places, place)].tolist()
    return _whole_words(reading.offsets, start, stop) if stop > start else (0, 0)


def _whole_words(offsets: tuple[tuple[int, int], ...], start: int, stop: int) -> tuple[int, int]:
    """Return the characters from piece ``start`` to before ``stop``, widened to whole words."""
    while start > 0 and offsets[start - 1][1] == offsets[start][0]:
        start -= 1
    while stop < len(offsets) and offsets[stop][0] == offsets[stop - 1][1]:
        stop += 1
    return offsets[start][0], offsets[max(stop - 1, start)][1]
