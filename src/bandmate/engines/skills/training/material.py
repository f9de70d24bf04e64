"""What the encoder learns from: pairs of texts that mean the same, and sentences with their skills.

Sources: names, descriptions and relations of the vocabulary (ESCO: Commission Decision 2011/833/EU) and, where
a path is given, the training split of SkillSkape (MIT; synthetic sentences with their skills). Never a
benchmark's query.
"""

from __future__ import annotations

import ast
import csv
import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from bandmate.engines.skills.errors import InvalidTaxonomy
from bandmate.engines.skills.taxonomy import Taxonomy

_OPENINGS = (
    "{}",
    "{}",
    "Experience with {}",
    "Knowledge of {}",
    "You will {}",
    "Strong knowledge of {}",
    "Ability to {}",
    "{} is a plus",
    "Responsible for {}.",
    "Proven experience in {}",
    "Good understanding of {}",
    "Your tasks include {}",
)
_JOINTS = (", ", " ", " and ", " or ", " / ", "; ")
_GRADES = ("Senior ", "Junior ", "Lead ")


@dataclass(frozen=True, slots=True)
class Pairs:
    """Texts, what each should come near to, and whose they are (two of one owner are no contrast)."""

    texts: list[str]
    targets: list[str]
    owners: list[int]


@dataclass(frozen=True, slots=True)
class Sentences:
    """Sentences, a skill of each, a near miss of each, and all skills of each."""

    texts: list[str]
    skills: list[int]
    misses: list[int]
    true: list[frozenset[int]]


class Material:
    """Draws batches; the same random numbers draw the same."""

    def __init__(self, taxonomy: Taxonomy, tagged: list[tuple[str, frozenset[int]]], seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - draws examples, no secrets
        self._taxonomy = taxonomy
        self._tagged = tagged
        self._skills = [int(place) for place in taxonomy.skills]
        self._occupations = [int(place) for place in taxonomy.occupations]
        self._needed: dict[int, list[int]] = defaultdict(list)
        relations = zip(taxonomy.relation_occupation.tolist(), taxonomy.relation_skill.tolist(), strict=True)
        for occupation, skill in relations:
            self._needed[occupation].append(skill)
        self._siblings: dict[str, list[int]] = defaultdict(list)
        for place in self._occupations:
            self._siblings[taxonomy.isco[place]].append(place)
        self._groups: dict[str, list[int]] = defaultdict(list)
        for place in self._skills:
            for group in taxonomy.broader[place]:
                self._groups[group].append(place)

    def occupations(self, count: int) -> Pairs:
        """Draw names of occupations with another name, the description or some skills of theirs.

        Half of the occupations come in pairs of one ISCO group, which are hard to tell apart.
        """
        texts, targets = [], []
        owners = self._drawn_occupations(count)
        for place in owners:
            forms = self._taxonomy.forms[place]
            kind = self._random.random()
            name = self._random.choice(forms)
            if kind < 2 / 3 and len(forms) > 1:
                name, target = self._random.sample(forms, 2)
            elif kind < 5 / 6 or not self._needed.get(place):
                target = self._taxonomy.descriptions[place].split(". ")[0] or forms[0]
            else:
                needed = self._needed[place]
                chosen = self._random.sample(needed, min(6, len(needed)))
                target = ", ".join(self._taxonomy.forms[skill][0] for skill in chosen)
            texts.append(self._graded(name))
            targets.append(target)
        return Pairs(texts, targets, owners)

    def _drawn_occupations(self, count: int) -> list[int]:
        owners = dict.fromkeys(self._random.sample(self._occupations, count - count // 4))
        for place in list(owners):
            beside = [one for one in self._siblings[self._taxonomy.isco[place]] if one not in owners]
            if beside and len(owners) < count:
                owners[self._random.choice(beside)] = None
        return list(owners)

    def names(self, count: int) -> Pairs:
        """Draw other names and descriptions of skills with the preferred label; near misses follow the labels."""
        texts = []
        owners = self._random.sample(self._skills, count)
        for place in owners:
            forms, told = self._taxonomy.forms[place], self._taxonomy.descriptions[place]
            if len(forms) > 1 and self._random.random() < 1 / 2:
                texts.append(self._random.choice(forms[1:]))
            else:
                texts.append((told if self._random.random() < 1 / 2 else told.split(". ")[0]) or forms[0])
        misses = [self._miss(place, frozenset({place})) for place in owners]
        return Pairs(texts, [self.label(place) for place in owners + misses], owners)

    def sentences(self, count: int) -> Sentences:
        """Draw sentences with one of their skills and a near miss."""
        texts, skills, misses, true = [], [], [], []
        for _ in range(count):
            if self._tagged and self._random.random() < 3 / 5:
                text, known = self._random.choice(self._tagged)
            else:
                text, known = self._made_up()
            chosen = self._random.choice(sorted(known))
            texts.append(text)
            skills.append(chosen)
            misses.append(self._miss(chosen, known))
            true.append(known)
        return Sentences(texts, skills, misses, true)

    def label(self, place: int) -> str:
        """Return the preferred label of a concept."""
        return self._taxonomy.forms[place][0]

    def _made_up(self) -> tuple[str, frozenset[int]]:
        """Compose a requirement of one to four skills, mostly of one occupation."""
        pool = self._skills
        if self._needed and self._random.random() < 4 / 5:
            pool = self._needed[self._random.choice(self._occupations)] or pool
        chosen = [self._random.choice(pool) for _ in range(self._random.choice((1, 1, 2, 2, 3, 4)))]
        parts = [self._random.choice(self._taxonomy.forms[place]) for place in chosen]
        text = self._random.choice(_OPENINGS).format(self._random.choice(_JOINTS).join(parts))
        return text, frozenset(chosen)

    def _miss(self, place: int, known: frozenset[int]) -> int:
        for _ in range(4):
            groups = self._taxonomy.broader[place]
            candidate = self._random.choice(self._groups[self._random.choice(groups)] if groups else self._skills)
            if candidate not in known:
                return candidate
        return self._random.choice(self._skills)

    def _graded(self, name: str) -> str:
        kind = self._random.random()
        if kind < 1 / 10:
            name = name.title()
        return self._random.choice(_GRADES) + name if self._random.random() < 1 / 20 else name


def read_tagged(path: Path, taxonomy: Taxonomy) -> list[tuple[str, frozenset[int]]]:
    """Read tagged sentences from a CSV with the columns ``sentence`` and ``skills`` (a list).

    Raises:
        InvalidTaxonomy: The file has no such columns.
    """
    places = {taxonomy.forms[place][0]: int(place) for place in taxonomy.skills}
    found: dict[str, set[int]] = {}
    with path.open(encoding="utf-8", newline="") as opened:
        for row in csv.DictReader(opened):
            if "sentence" not in row or "skills" not in row:
                raise InvalidTaxonomy(f"{path} needs the columns sentence and skills.")
            try:
                named = [str(one).strip() for one in ast.literal_eval(row["skills"])]
            except (ValueError, SyntaxError, TypeError) as error:
                raise InvalidTaxonomy(f"{path}: {row['skills'][:80]!r} is no list of skills.") from error
            known = {places[one] for one in named if one in places}
            found.setdefault(" ".join(row["sentence"].split()), set()).update(known)
    return [(text, frozenset(known)) for text, known in found.items() if known]
