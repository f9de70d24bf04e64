"""What the vocabulary's own words, and groups without a name, are called for people."""

from __future__ import annotations

from dataclasses import dataclass

from bandmate.engines.skills.vocabulary import ESCO
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.web.formats import counted
from bandmate.taxonomy.catalogue import Catalogue, Concept
from bandmate.taxonomy.group_names import TOP, packaged_names
from bandmate.taxonomy.hierarchy import Group

_KINDS = {"skill": later("Skill"), "occupation": later("Occupation")}
_TYPES = {"skill/competence": later("Skill or competence"), "knowledge": later("Knowledge")}
_REUSE = {
    "transversal": later("Transversal: of use in nearly all work"),
    "cross-sector": later("Cross-sector: of use in several sectors"),
    "sector-specific": later("Sector-specific: of use in one sector"),
    "occupation-specific": later("Occupation-specific: of use in one occupation or a few"),
}


@dataclass(frozen=True, slots=True)
class GroupName:
    """What a group is called."""

    text: str
    verbatim: bool
    """Whether it is data of the vocabulary, which nobody translates."""


def kind_label(kind: str) -> str:
    """Return what one of a kind is called."""
    return _(_KINDS[kind])


def type_label(concept: Concept) -> str:
    """Return what the vocabulary calls a skill, in words where they are known; empty where it says nothing."""
    return _(_TYPES[concept.type]) if concept.type in _TYPES else concept.type


def reuse_label(concept: Concept) -> str:
    """Return how widely a skill is used; empty where the vocabulary does not say."""
    return _(_REUSE[concept.reuse]) if concept.reuse in _REUSE else concept.reuse


def group_name(catalogue: Catalogue, group: Group) -> GroupName:
    """Return the name of a group; one that nothing here names is called by its code, else by what is in it."""
    if group.id in TOP:
        return GroupName(_(TOP[group.id]), verbatim=False)
    named = group.label or packaged_names().get(group.id)
    if named:
        return GroupName(named, verbatim=True)
    if group.id.startswith("C"):
        return GroupName(_("ISCO-08 group {code}").format(code=group.id[1:]), verbatim=False)
    if group.id[:1] in {"S", "K", "L", "T", "A"}:
        return GroupName(_("Group {code}").format(code=group.id), verbatim=False)
    first, others = catalogue.taxonomy.forms[group.places[0]][0], len(group.everything) - 1
    if not others:
        return GroupName(_("Group of “{first}”").format(first=first), verbatim=False)
    named = counted("Group of “{first}” and {count} more", "Group of “{first}” and {count} more", others)
    return GroupName(named.format(first=first), verbatim=False)


def vocabulary_label(catalogue: Catalogue) -> str:
    """Return name and version of the vocabulary as people write them."""
    known = catalogue.taxonomy
    return " ".join(filter(None, (known.name.upper() if known.name == ESCO else known.name, known.version)))
