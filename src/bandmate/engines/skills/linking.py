"""Text to skills: which ones are asked for or shown, how surely, and which words say so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.engines.skills.aliases import Aliases
from bandmate.engines.skills.cleaning import sentence_spans, visible_text
from bandmate.engines.skills.embedding import Encoder, Vectors
from bandmate.engines.skills.evidence import Look, SkillEvidence, windows
from bandmate.engines.skills.fusion import fusion
from bandmate.engines.skills.storage import Store
from bandmate.engines.skills.taxonomy import Taxonomy

_SPAN_WORDS = range(1, 9)


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


class Linker:
    """Links texts to the skills of one vocabulary. Without an encoder it goes by words alone."""

    def __init__(self, taxonomy: Taxonomy, store: Store, encoder: Encoder | None) -> None:
        self._taxonomy = taxonomy
        self._evidence = SkillEvidence(taxonomy, store, encoder)
        self._aliases = Aliases(
            store, f"skills-{taxonomy.fingerprint}", [taxonomy.forms[place] for place in taxonomy.skills]
        )
        plain = "" if len(taxonomy.relation_skill) else "_plain"
        self._fusion = fusion(("model" if encoder else "lexical") + plain)
        self.version = f"{encoder.version if encoder else 'lexical'}/{taxonomy.name}-{taxonomy.fingerprint}"

    def link(self, text: str, top: int | None = None) -> Linked:
        """Return the skills of a text: those likelier than the threshold, or the first ``top`` of all.

        Sentences are read one by one, so that nothing added to a text takes from the score of a skill; a skill's
        score is that of its best sentence.
        """
        visible = visible_text(text)
        if not visible:
            return Linked("", ())
        best: dict[int, tuple[float, int]] = {}
        parts = sentence_spans(visible)
        looks: list[Look] = []
        for number, (start, end) in enumerate(parts):
            look = self._evidence.look(visible[start:end])
            looks.append(look)
            raws = self._fusion.raw(look.columns).tolist()
            for place, raw in zip(look.places.tolist(), raws, strict=True):
                if place not in best or raw > best[place][0]:
                    best[place] = (raw, number)
        order = sorted(best, key=lambda place: (-best[place][0], place))
        scores = self._fusion.calibrated(np.array([best[place][0] for place in order]))
        count = int((scores >= self._fusion.threshold).sum()) if top is None else min(top, len(order))
        chosen = [(place, best[place][1]) for place in order[:count]]
        found = self._with_spans(visible, parts, looks, chosen, scores)
        if top is not None and top > count:
            found += self._rest(set(order), top - count)
        return Linked(visible, tuple(found))

    def _with_spans(
        self,
        visible: str,
        parts: list[tuple[int, int]],
        looks: list[Look],
        chosen: list[tuple[int, int]],
        scores: npt.NDArray[np.float64],
    ) -> list[LinkedSkill]:
        numbers = {number for _, number in chosen}
        named = {number: self._aliases.found(visible[slice(*parts[number])]) for number in numbers}
        nearest = self._nearest_words(looks, chosen)
        found = []
        for rank, (place, number) in enumerate(chosen):
            span = named[number].get(place) or nearest.get(place, (0, 0))
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

    def _nearest_words(self, looks: list[Look], chosen: list[tuple[int, int]]) -> dict[int, tuple[int, int]]:
        """Return for each skill the run of words whose meaning is nearest to it, by its place in the sentence."""
        labels = self._evidence.labels
        found: dict[int, tuple[int, int]] = {}
        if labels is None:
            return found
        by_sentence: dict[int, list[int]] = {}
        for place, number in chosen:
            by_sentence.setdefault(number, []).append(place)
        for number, places in by_sentence.items():
            look = looks[number]
            if look.states is None or not len(look.states):
                continue
            nearest, runs = _nearest_runs(look.states, labels[np.array(places)])
            for place, run in zip(places, nearest, strict=True):
                start, stop = runs[run]
                found[place] = _whole_words(look.offsets, start, stop)
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


def _nearest_runs(states: Vectors, labels: Vectors) -> tuple[list[int], list[tuple[int, int]]]:
    vectors, runs = windows(states, _SPAN_WORDS)
    return (vectors @ labels.T).argmax(0).tolist(), runs


def _whole_words(offsets: tuple[tuple[int, int], ...], start: int, stop: int) -> tuple[int, int]:
    """Return the characters from piece ``start`` to before ``stop``, widened to whole words."""
    while start > 0 and offsets[start - 1][1] == offsets[start][0]:
        start -= 1
    while stop < len(offsets) and offsets[stop][0] == offsets[stop - 1][1]:
        stop += 1
    return offsets[start][0], offsets[max(stop - 1, start)][1]
