"""What lies above and below what: concepts below concepts, and groups that are no concepts themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bandmate.engines.skills import Taxonomy
from bandmate.engines.skills.taxonomy import OCCUPATION, Heading
from bandmate.taxonomy.naming import code_above, concept_id, is_code

_PILLARS = "SKLTAC"
"""Skills, knowledge, languages, transversal skills, attitudes; then ISCO's occupations."""


@dataclass(frozen=True, slots=True)
class Group:
    """Concepts under one heading."""

    id: str
    """Its code in ESCO, or its name as ``naming.concept_id`` gives it."""
    kinds: frozenset[str]
    """Whether it holds skills, occupations or both."""
    label: str
    """As the vocabulary calls it; empty where it does not say."""
    above: str | None
    groups: tuple[str, ...]
    """Groups right below, by their codes."""
    places: tuple[int, ...]
    """Concepts right below, by the alphabet."""
    everything: frozenset[int]
    """Concepts below it at any depth."""


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """A vocabulary from above to below."""

    groups: Mapping[str, Group]
    narrower: Mapping[int, tuple[int, ...]]
    """Concepts right below a concept, by the alphabet."""
    broader: Sequence[tuple[int, ...]]
    """Concepts right above each."""
    groups_of: Sequence[tuple[str, ...]]
    """Groups right above each."""

    @property
    def top(self) -> tuple[Group, ...]:
        """The groups that lie in no other, those of skills first."""
        roots = (group for group in self.groups.values() if group.above is None)
        return tuple(sorted(roots, key=lambda group: (group.kinds == {OCCUPATION}, _order(group.id))))

    def path(self, group_id: str) -> tuple[Group, ...]:
        """Return a group with all above it, the top one first."""
        found: list[Group] = []
        group = self.groups.get(group_id)
        while group is not None:
            found.append(group)
            group = self.groups.get(group.above) if group.above else None
        return tuple(reversed(found))

    def below(self, group: Group) -> tuple[Group, ...]:
        """Return the groups right below one, by their codes."""
        return tuple(self.groups[code] for code in group.groups)


def build_hierarchy(taxonomy: Taxonomy, rank: Sequence[int]) -> Hierarchy:
    """Order a vocabulary; ``rank`` says where each concept stands in the alphabet.

    What a concept names as broader and is no concept of the vocabulary is a group. An occupation that names none
    is put into its ISCO group. Groups lie below each other as the vocabulary says, else as their codes say.
    """
    places = {uri: place for place, uri in enumerate(taxonomy.uris)}
    broader: list[tuple[int, ...]] = []
    groups_of: list[tuple[str, ...]] = []
    narrower: dict[int, list[int]] = {}
    members: dict[str, list[int]] = {}
    for place, above in enumerate(taxonomy.broader):
        parents = tuple(places[uri] for uri in above if uri in places and places[uri] != place)
        codes = tuple(dict.fromkeys(concept_id(uri) for uri in above if uri not in places))
        if not parents and not codes and taxonomy.kinds[place] == OCCUPATION and taxonomy.isco[place]:
            codes = (concept_id(f"http://data.europa.eu/esco/isco/C{taxonomy.isco[place]}"),)
        broader.append(parents)
        groups_of.append(codes)
        for parent in parents:
            narrower.setdefault(parent, []).append(place)
        for code in codes:
            members.setdefault(code, []).append(place)
    ordered = {place: tuple(sorted(below, key=rank.__getitem__)) for place, below in narrower.items()}
    return Hierarchy(_groups(taxonomy, members, ordered, rank), ordered, broader, groups_of)


def _groups(
    taxonomy: Taxonomy,
    members: Mapping[str, Sequence[int]],
    narrower: Mapping[int, Sequence[int]],
    rank: Sequence[int],
) -> dict[str, Group]:
    below: dict[str, set[str]] = {}
    headings = {concept_id(one.uri): one for one in taxonomy.headings}
    everything = {code: _with_all_below(places, narrower) for code, places in members.items()}
    for code in members:
        for inner, above in pairwise(_way_up(code, headings)):
            below.setdefault(above, set()).add(inner)
            everything.setdefault(above, set()).update(everything[code])
    return {
        code: Group(
            id=code,
            kinds=frozenset(taxonomy.kinds[place] for place in everything[code]),
            label=headings[code].label if code in headings else "",
            above=next(iter(_way_up(code, headings)[1:]), None),
            groups=tuple(sorted(below.get(code, ()), key=_order)),
            places=tuple(sorted(members.get(code, ()), key=rank.__getitem__)),
            everything=frozenset(everything[code]),
        )
        for code in everything
    }


def _way_up(code: str, headings: Mapping[str, Heading]) -> list[str]:
    """Return a group and all above it; one that would come a second time ends the way."""
    found = [code]
    while True:
        stated = headings[found[-1]].broader if found[-1] in headings else ()
        above = concept_id(stated[0]) if stated else code_above(found[-1])
        if above is None or above in found:
            return found
        found.append(above)


def _with_all_below(places: Sequence[int], narrower: Mapping[int, Sequence[int]]) -> set[int]:
    """Return places and all below them; those seen are not followed again, so a circle comes to its end."""
    found, layer = set(places), set(places)
    while layer:
        layer = {one for place in layer for one in narrower.get(place, ())} - found
        found |= layer
    return found


def _order(code: str) -> tuple[int, list[int], str]:
    """Order codes as people count, ``S1.2`` before ``S1.11``, pillar by pillar; other groups come last."""
    if not is_code(code):
        return len(_PILLARS), [], code
    numbers = [int(part) for part in code[1:].split(".") if part]
    return _PILLARS.index(code[0]), numbers, code
