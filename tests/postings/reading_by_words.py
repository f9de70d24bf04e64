"""A reader of texts for tests: it knows a handful of words, and a version that tests choose."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bandmate.engines.skills import Linked, LinkedSkill, Occupation, Title, split_title
from bandmate.engines.skills.cleaning import visible_text

SKILL = "http://data.example/skill/"
OCCUPATION = "http://data.example/occupation/"

WORDS: Mapping[str, str] = {
    "ears": "listen closely",
    "hand": "steady work",
    "piano": "tune pianos",
    "tour": "work on tour",
    "records": "mix records",
    "label": "run a label",
}
"""Words of the test boards, and the skills that they name."""

TITLES: Mapping[str, str] = {
    "sound engineer": "sound engineer",
    "piano": "piano technician",
    "manager": "music manager",
}


@dataclass
class WordReader:
    """Finds skills by single words, and occupations by words of the title."""

    version: str = "words/test-1"
    words: Mapping[str, str] = field(default_factory=lambda: WORDS)
    titles: Mapping[str, str] = field(default_factory=lambda: TITLES)
    named: bool = True
    """Whether the words are names of the skills, or only mean them."""
    score: float = 0.95
    read: list[str] = field(default_factory=list)
    """The texts that it was given, in order."""

    def skills(self, text: str) -> Linked:
        """Return the skills whose word stands in a text; surer the earlier the word."""
        self.read.append(text)
        visible = visible_text(text)
        found = []
        for word, label in self.words.items():
            if hit := re.search(rf"\b{re.escape(word)}\b", visible, re.IGNORECASE):
                score = round(self.score - 0.01 * hit.start() / max(len(visible), 1), 4)
                found.append(LinkedSkill(skill_uri(label), label, score, *hit.span(), named=self.named))
        return Linked(visible, tuple(found))

    def occupations(self, title: str) -> tuple[Title, list[Occupation]]:
        """Return the first occupation whose words the title holds; an unsure one where it holds none."""
        parts = split_title(title)
        for words, label in self.titles.items():
            if words in parts.core.lower():
                return parts, [Occupation(occupation_uri(label), label, 0.9, "")]
        return parts, [Occupation(occupation_uri("someone"), "someone", 0.01, "")]


def skill_uri(label: str) -> str:
    """Return the address of a skill in the made-up vocabulary."""
    return SKILL + label.replace(" ", "-")


def occupation_uri(label: str) -> str:
    """Return the address of an occupation in the made-up vocabulary."""
    return OCCUPATION + label.replace(" ", "-")
