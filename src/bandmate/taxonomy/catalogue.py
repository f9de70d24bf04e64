"""The vocabulary that serves, ready for questions: by URI, by name in addresses, by words, up, down and across."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from bandmate.engines.skills import Taxonomy
from bandmate.engines.skills.taxonomy import OCCUPATION
from bandmate.taxonomy.hierarchy import Hierarchy, build_hierarchy
from bandmate.taxonomy.label_index import LabelIndex, Places
from bandmate.taxonomy.naming import concept_id

Kind = Literal["skill", "occupation"]
KINDS: tuple[Kind, ...] = ("skill", "occupation")

Relation = Literal["essential", "optional"]
RELATIONS: tuple[Relation, ...] = ("essential", "optional")


@dataclass(frozen=True, slots=True)
class Concept:
    """A skill or an occupation."""

    id: str
    """Its name in addresses: ``/skills/{id}``."""
    uri: str
    kind: Kind
    label: str
    alternatives: tuple[str, ...]
    description: str
    type: str
    """What the vocabulary calls it, e.g. ``knowledge``; may be empty."""
    reuse: str
    """How widely a skill is used, e.g. ``transversal``; may be empty."""
    isco: str
    """ISCO-08 group of an occupation, e.g. ``2654``; may be empty."""

    @property
    def href(self) -> str:
        """The path of its page."""
        return f"/skills/{self.id}"


@dataclass(frozen=True, slots=True)
class Match:
    """A concept of a list, and how it was found."""

    concept: Concept
    matched: str | None
    """The alternative label that fits the words best; None where its own does, or nothing was asked for."""


@dataclass(frozen=True, slots=True)
class Matches:
    """A part of what fits."""

    items: tuple[Match, ...]
    total: int


@dataclass(frozen=True, eq=False)
class Catalogue:
    """A vocabulary with what answers questions about it; never changed, shared by threads."""

    taxonomy: Taxonomy
    labels: LabelIndex
    hierarchy: Hierarchy
    place_of_uri: Mapping[str, int]
    place_of_id: Mapping[str, int]
    is_kind: Mapping[str, npt.NDArray[np.bool_]]
    related: Mapping[tuple[Kind, Relation], Mapping[int, Places]]
    """For concepts of a kind, the concepts of the other kind they have a relation with, by the alphabet."""

    @property
    def has_relations(self) -> bool:
        """Whether the vocabulary says at all which occupations need which skills."""
        return len(self.taxonomy.relation_skill) > 0

    def concept(self, place: int) -> Concept:
        """Return the concept at a place."""
        known = self.taxonomy
        uri, kind = known.uris[place], known.kinds[place]
        return Concept(
            id=concept_id(uri),
            uri=uri,
            kind="occupation" if kind == OCCUPATION else "skill",
            label=known.forms[place][0],
            alternatives=known.forms[place][1:],
            description=known.descriptions[place],
            type=known.types[place],
            reuse=known.reuse[place],
            isco=known.isco[place],
        )

    def find(
        self,
        words: str = "",
        kind: Kind | None = None,
        under: str | None = None,
        *,
        start: int = 0,
        limit: int = 20,
    ) -> Matches:
        """Return the concepts that fit, the best first; without words all of them, by the alphabet.

        Args:
            words: words of a label, each at least begun, in any order; accents and case do not matter.
            kind: only concepts of this kind.
            under: only concepts below the group of this code, at any depth; an unknown one holds nothing.
            start: how many to leave out at the beginning.
            limit: how many at most.
        """
        forms: Places | None = None
        if words.strip():
            hits = self.labels.find(words)
            places, forms = hits.places, hits.forms
        else:
            places = self.labels.alphabetical
        kept = np.ones(len(places), bool)
        if kind is not None:
            kept &= self.is_kind[kind][places]
        if under is not None:
            group = self.hierarchy.groups.get(under)
            inside = np.fromiter(group.everything if group else (), np.int32)
            kept &= np.isin(places, inside)
        fitting = np.flatnonzero(kept)
        page = fitting[start : start + limit]
        return Matches(tuple(self._match(places, forms, int(row)) for row in page), len(fitting))

    def _match(self, places: Places, forms: Places | None, row: int) -> Match:
        place = int(places[row])
        number = 0 if forms is None else int(forms[row])
        return Match(self.concept(place), self.taxonomy.forms[place][number] if number else None)

    def relations(self, place: int, relation: Relation) -> Places:
        """Return the places of what a skill is needed for, or of what an occupation needs, by the alphabet."""
        concept = self.concept(place)
        return self.related[concept.kind, relation].get(place, np.empty(0, np.int32))

    def concepts(self, places: Iterable[int]) -> tuple[Concept, ...]:
        """Return the concepts at these places, in their order."""
        return tuple(self.concept(int(place)) for place in places)


def build_catalogue(taxonomy: Taxonomy) -> Catalogue:
    """Prepare a vocabulary for questions; takes about a second for ESCO."""
    labels = LabelIndex(taxonomy.forms)
    hierarchy = build_hierarchy(taxonomy, labels.rank.tolist())
    kinds = np.array(taxonomy.kinds)
    labels.find("a")  # so that the first question of a person finds the table of words made
    return Catalogue(
        taxonomy=taxonomy,
        labels=labels,
        hierarchy=hierarchy,
        place_of_uri={uri: place for place, uri in enumerate(taxonomy.uris)},
        place_of_id={concept_id(uri): place for place, uri in enumerate(taxonomy.uris)},
        is_kind={kind: kinds == kind for kind in KINDS},
        related=_related(taxonomy, labels.rank),
    )


def _related(taxonomy: Taxonomy, rank: Places) -> dict[tuple[Kind, Relation], dict[int, Places]]:
    sides: dict[Kind, tuple[Places, Places]] = {
        "skill": (taxonomy.relation_skill, taxonomy.relation_occupation),
        "occupation": (taxonomy.relation_occupation, taxonomy.relation_skill),
    }
    found: dict[tuple[Kind, Relation], dict[int, Places]] = {}
    for kind, (ones, others) in sides.items():
        for relation in RELATIONS:
            wanted = taxonomy.relation_essential == (relation == "essential")
            found[kind, relation] = _grouped(ones[wanted], others[wanted], rank)
    return found


def _grouped(ones: Places, others: Places, rank: Places) -> dict[int, Places]:
    """Return for each of ``ones`` its ``others``, by the alphabet and each once."""
    if not len(ones):
        return {}
    order = np.lexsort((rank[others], ones))
    ones, others = ones[order], others[order]
    once = np.ones(len(ones), bool)
    once[1:] = (ones[1:] != ones[:-1]) | (others[1:] != others[:-1])
    ones, others = ones[once], others[once]
    keys, starts = np.unique(ones, return_index=True)
    return {int(key): part for key, part in zip(keys, np.split(others, starts[1:]), strict=True)}
