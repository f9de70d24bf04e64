"""How near one skill is to another: by the groups and occupations that they share and by the words of their names.

Nearness is at most ``MOST_NEAR``: a near skill counts less than the skill itself. Two skills are near only where
the vocabulary's structure and their names both say so, or where occupations need them together: sharing a group of
four hundred skills says nothing alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from bandmate.engines.matching.words import words_of

MOST_NEAR = 0.6
_LEAST_NEAR = 0.15
_NEAREST = 8
_STRUCTURE, _NAME = 0.5, 0.5
_TOGETHER = 0.5
"""So alike in the occupations that need them, skills are near whatever their names."""
_LARGEST_GROUP = 500
"""Larger groups are left out: they are no statement, and their pairs grow with the square."""

Near = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Nearness:
    """For each skill the skills nearest to it, the nearest first; a skill without any is left out."""

    of: Mapping[str, Near] = field(default_factory=dict)

    def around(self, uri: str) -> Near:
        """Return the skills near to one, without itself."""
        return self.of.get(uri, ())


@dataclass(frozen=True, slots=True)
class SkillNode:
    """A skill as the vocabulary knows it."""

    uri: str
    label: str
    groups: tuple[str, ...] = ()
    """What stands right above it."""
    occupations: tuple[str, ...] = ()
    """Occupations that need it."""


def nearness_of(skills: Sequence[SkillNode], *, nearest: int = _NEAREST) -> Nearness:
    """Return which of these skills are near to each other; symmetric but for the cut at ``nearest``.

    With 14,000 skills it takes some seconds; keep what it returns.
    """
    groups = _rows([each.groups for each in skills])
    occupations = _rows([each.occupations for each in skills])
    names = _rows([tuple(words_of(each.label)) for each in skills])
    found: dict[str, Near] = {}
    for place, skill in enumerate(skills):
        shared = groups.cosine(place)
        together = occupations.cosine(place)
        named = names.cosine(place)
        structure = np.maximum(shared, together)
        near = np.where(structure > 0, _STRUCTURE * structure + _NAME * named, 0.0)
        # A shared group alone, without a word in common and without an occupation, says too little.
        near[(named == 0) & (together < _TOGETHER)] = 0.0
        near *= MOST_NEAR
        near[place] = 0.0
        found[skill.uri] = _nearest(near, skills, nearest)
    return Nearness({uri: near for uri, near in found.items() if near})


def _nearest(near: npt.NDArray[np.float64], skills: Sequence[SkillNode], nearest: int) -> Near:
    places = np.flatnonzero(near >= _LEAST_NEAR)
    order = sorted(places.tolist(), key=lambda place: (-near[place], skills[place].uri))[:nearest]
    return tuple((skills[place].uri, round(float(near[place]), 3)) for place in order)


class _Rows:
    """Rows of weighted features of length 1, rare features weighing more."""

    def __init__(self, rows: Sequence[Iterable[str]]) -> None:
        self._count = len(rows)
        holders: dict[str, list[int]] = {}
        for place, row in enumerate(rows):
            for feature in set(row):
                holders.setdefault(feature, []).append(place)
        used = {name: np.array(who) for name, who in holders.items() if 1 < len(who) <= _LARGEST_GROUP}
        self._holders = list(used.values())
        self._rarity = [float(np.log(1 + self._count / len(who))) for who in self._holders]
        length = np.zeros(self._count)
        # What only one skill has cannot be shared, but it makes that skill less like the others.
        for name, who in holders.items():
            rarity = float(np.log(1 + self._count / len(who)))
            length[used.get(name, np.array(who))] += rarity**2
        self._length = np.sqrt(np.maximum(length, 1e-12))
        self._features: list[list[int]] = [[] for _ in rows]
        for number, places in enumerate(self._holders):
            for place in places.tolist():
                self._features[place].append(number)

    def cosine(self, place: int) -> npt.NDArray[np.float64]:
        """Return how alike every row is to one."""
        total = np.zeros(self._count)
        for number in self._features[place]:
            total[self._holders[number]] += self._rarity[number] ** 2
        result: npt.NDArray[np.float64] = total / self._length / self._length[place]
        return result


def _rows(rows: Sequence[Iterable[str]]) -> _Rows:
    return _Rows(rows)
