"""From somebody's own words to a concept of the vocabulary, where one is surely meant; else the words stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bandmate.kernel.config import Settings
from bandmate.marketplace.profiles.domain import LONGEST_SKILL, own_uri, plain
from bandmate.taxonomy import Concept, Kind, VocabularyAbsent, concept_named, find_concepts

_BRACKETS = re.compile(r"\s*\([^)]*\)")
_SEPARATORS = re.compile(r"[,;\n]")


@dataclass(frozen=True, slots=True)
class Named:
    """A skill as a person calls it, and what it is."""

    uri: str
    label: str
    own_words: str


def name_skill(settings: Settings, words: str) -> Named:
    """Return the skill that words mean: the concept called so, or nearly so, else the words themselves.

    Nearly so is a concept whose label is the words and something in brackets, or the only one whose label holds
    all the words; anything less sure would put words into people's mouths.

    Raises:
        InvalidInput: when the words are too long.
    """
    said = plain(words, LONGEST_SKILL, "skill")
    found = _concept(settings, said)
    return Named(found.uri, found.label, said) if found else Named(own_uri(said), said, said)


def name_skills(settings: Settings, written: str) -> tuple[Named, ...]:
    """Return the skills of a line or lines of words, separated by commas; each once.

    Raises:
        InvalidInput: when one is too long.
    """
    named = (name_skill(settings, part) for part in _SEPARATORS.split(written) if part.strip())
    return tuple({each.uri: each for each in named}.values())


def suggestions(settings: Settings, words: str, kind: Kind, limit: int = 6) -> Sequence[Concept]:
    """Return concepts that words may mean, the best first; none where there is no vocabulary."""
    try:
        return find_concepts(settings, words, kind, limit)
    except VocabularyAbsent:
        return ()


def occupation_named(settings: Settings, words: str) -> Concept | None:
    """Return the occupation that is called exactly so, or None."""
    try:
        return concept_named(settings, words, "occupation")
    except VocabularyAbsent:
        return None


def _concept(settings: Settings, said: str) -> Concept | None:
    if not said:
        return None
    try:
        exact = concept_named(settings, said, "skill")
    except VocabularyAbsent:
        return None
    if exact is not None:
        return exact
    near = suggestions(settings, said, "skill", limit=2)
    if near and (len(near) == 1 or _is_called(near[0], said)):
        return near[0]
    return None


def _is_called(concept: Concept, said: str) -> bool:
    forms: Iterable[str] = (concept.label, *concept.alternatives)
    return any(_BRACKETS.sub("", form).casefold() == said.casefold() for form in forms)
