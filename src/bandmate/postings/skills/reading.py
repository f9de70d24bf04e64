"""One posting to its skills and its occupation, with the words that say so; pure, given a reader of texts.

A description is read line by line: a line is a paragraph or an item of a list, so no sentence runs from one item
into the next, and the paragraphs that a company puts under all of its postings are read once. Because a skill's
score is that of its best sentence, the parts together say what the whole says.

The linker says what a sentence may be about. A posting is about a job, so it is asked for more where nothing is
named: "Benefits" is a heading and no task, and a company's pension scheme no skill of its piano tuner.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bandmate.engines.skills import SURE_ENOUGH, Linked, LinkedSkill, Occupation, Title

READING = 1
"""Version of the rules in this module; raised with each change to what they find."""

OCCUPATION_SURE = SURE_ENOUGH
"""Score from which on an occupation is said; below it we rather say none (docs/search.md has the measurement)."""

MEANING_SURE = 0.3
"""Score from which on a skill counts of which no name stands there; of named ones the linker's own threshold."""

LONGEST_HEADING = 6
"""Words of a line without a full stop that no item of a list begins with: what follows it is meant, not it."""

MOST_SKILLS = 60
"""Skills that are kept of a posting, the surest; real postings have a fifth of that."""
MOST_LINES = 400
"""Lines that are read; real postings have a quarter of that."""
LONGEST = 50_000
"""Characters that are read; a long posting has 15,000."""
REMEMBERED_LINES = 20_000
_ENDS = frozenset(".!;,…。！")  # noqa: RUF001 - full width
_TEAM_FOLLOWS = re.compile(r", | [-–—|/:] | \(")  # noqa: RUF001 - dashes as boards write them
_FEWEST_LETTERS = 2
"""A line with fewer names nothing; "Go" and "R&D" have two."""


class Reader(Protocol):
    """What reads texts and titles: ``taxonomy.SkillReader``, or a stand-in."""

    @property
    def version(self) -> str:
        """Name of model and vocabulary."""
        ...

    def skills(self, text: str) -> Linked:
        """Return the skills of a text, best first."""
        ...

    def occupations(self, title: str) -> tuple[Title, list[Occupation]]:
        """Return a title in its parts, and occupations that it may mean, best first."""
        ...


class Where(StrEnum):
    """In which part of a posting words stand."""

    TITLE = "title"
    DESCRIPTION = "description"


@dataclass(frozen=True, slots=True)
class FoundSkill:
    """A skill that a posting speaks of."""

    uri: str
    label: str
    score: float
    """How often skills with such evidence were right, 0 to 1."""
    named: bool
    """Whether one of its names stands there, or only its meaning."""
    where: Where
    start: int | None
    """Characters of the title or the plain description; None where the words do not stand there as they are."""
    end: int | None
    quote: str
    """The words that say so; empty where no single words do."""


@dataclass(frozen=True, slots=True)
class FoundOccupation:
    """The occupation that a title means."""

    uri: str
    label: str
    score: float
    """How often the nearest occupation was right at such a score, 0 to 1."""


@dataclass(frozen=True, slots=True)
class PostingReading:
    """What a posting says to one version of model and vocabulary."""

    version: str
    normalized_title: str | None
    """The title without grade, gender marks, places and numbers."""
    seniority: str | None
    occupation: FoundOccupation | None
    skills: tuple[FoundSkill, ...]
    """Best first."""


class PostingReader:
    """Reads postings by one reader and remembers lines; for one thread."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.version = f"{reader.version}/{READING}"
        self._remembered: OrderedDict[str, Linked] = OrderedDict()

    def read(self, title: str, description: str, shared: Container[str] = frozenset()) -> PostingReading:
        """Return what a posting says.

        Args:
            title: as the board states it.
            description: plain text; spans count its characters.
            shared: lines that stand under many postings of the board: they tell of the company, so they count
                only where they name a skill.
        """
        parts, occupations = self.reader.occupations(title)
        return PostingReading(
            version=self.version,
            normalized_title=parts.core or None,
            seniority=parts.seniority or None,
            occupation=self._occupation(title, occupations),
            skills=self._skills(title, description[:LONGEST], shared),
        )

    def _occupation(self, title: str, of_whole: Sequence[Occupation]) -> FoundOccupation | None:
        """Return what the title means as a whole or before the team that follows, whichever is surer.

        "Backend Engineer, Ledger" is a backend engineer; the ledger is where.
        """
        head = _TEAM_FOLLOWS.split(title, maxsplit=1)[0]
        of_head = self.reader.occupations(head)[1] if head != title else ()
        found = [one for one in (_surest(of_whole), _surest(of_head)) if one is not None]
        return max(found, key=lambda one: one.score, default=None)

    def _skills(self, title: str, description: str, shared: Container[str]) -> tuple[FoundSkill, ...]:
        best: dict[str, FoundSkill] = {}
        sources = [(Where.TITLE, 0, title), *((Where.DESCRIPTION, at, line) for at, line in _lines(description))]
        for where, at, line in sources:
            linked = self._linked(line)
            only_named = where is Where.DESCRIPTION and (line in shared or _is_heading(line))
            for skill in linked.skills:
                if not skill.named and (only_named or skill.score < MEANING_SURE):
                    continue
                if skill.uri not in best or skill.score > best[skill.uri].score:
                    best[skill.uri] = _found(skill, linked.text, where, at, line)
        # The order of equals must not depend on anything but what was found: the same again is no change.
        return tuple(sorted(best.values(), key=lambda one: (-one.score, one.uri))[:MOST_SKILLS])

    def _linked(self, line: str) -> Linked:
        """Return the skills of a line; the lines read last are remembered."""
        linked = self._remembered.pop(line, None)
        if linked is None:
            linked = self.reader.skills(line)
            if len(self._remembered) >= REMEMBERED_LINES:
                self._remembered.popitem(last=False)
        self._remembered[line] = linked
        return linked


def _surest(occupations: Sequence[Occupation]) -> FoundOccupation | None:
    if not occupations or occupations[0].score < OCCUPATION_SURE:
        return None
    first = occupations[0]
    return FoundOccupation(first.uri, first.label, first.score)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the distinct lines of a text that can name something, each with where it begins."""
    start = 0
    seen: set[str] = set()
    for line in text.split("\n"):
        if line not in seen and sum(map(str.isalpha, line)) >= _FEWEST_LETTERS:
            seen.add(line)
            yield start, line
            if len(seen) == MOST_LINES:
                return
        start += len(line) + 1


def _is_heading(line: str) -> bool:
    words = line.split()
    return len(words) <= LONGEST_HEADING and words[0][0].isalnum() and line.rstrip()[-1] not in _ENDS


def _found(skill: LinkedSkill, visible: str, where: Where, at: int, line: str) -> FoundSkill:
    span = span_in(line, visible, skill.start, skill.end)
    return FoundSkill(
        uri=skill.uri,
        label=skill.label,
        score=skill.score,
        named=skill.named,
        where=where,
        start=None if span is None else at + span[0],
        end=None if span is None else at + span[1],
        quote=visible[skill.start : skill.end],
    )


def span_in(line: str, visible: str, start: int, end: int) -> tuple[int, int] | None:
    """Return where a span of the visible text stands in the line that it was made from.

    What is visible is the line with invisible characters left out and white space put together, so its letters
    stand in the line in the same order. None for an empty span, and where they do not: markup or entities that
    somebody wrote into the text.
    """
    if start >= end:
        return None
    if line == visible:
        return start, end
    places: list[int] = []
    place = 0
    for letter in visible[:end]:
        while place < len(line) and line[place] != letter and not (letter == " " and line[place].isspace()):
            place += 1
        if place == len(line):
            return None
        places.append(place)
        place += 1
    return places[start], places[end - 1] + 1
