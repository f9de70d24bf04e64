"""What the templates of the vocabulary are given: rows, links and sentences, made from the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from bandmate.kernel.languages import gettext as _
from bandmate.taxonomy.catalogue import Catalogue, Concept, Kind, Match, Relation
from bandmate.taxonomy.hierarchy import Group
from bandmate.taxonomy.label_index import words_of
from bandmate.taxonomy.naming import is_code
from bandmate.taxonomy.words import GroupName, group_name, kind_label, reuse_label, type_label, vocabulary_label

SHOWN = 12
"""How many of a list a concept's own page shows."""


@dataclass(frozen=True, slots=True)
class VocabularyView:
    """The vocabulary in a line."""

    label: str
    attribution: str
    skills: int
    occupations: int
    href: str = "/skills"


@dataclass(frozen=True, slots=True)
class GroupLink:
    """A group to go to."""

    name: GroupName
    href: str
    code: str
    """Empty where it says nothing to people."""
    size: int


@dataclass(frozen=True, slots=True)
class Walk:
    """Where one stands among the groups, and where one can go."""

    path: tuple[GroupLink, ...]
    """The groups above, the top one first."""
    named: tuple[GroupLink, ...]
    """The groups right below, else those at the top, in the order of their codes."""
    others: tuple[GroupLink, ...]
    """Those that nothing here names, the largest first."""


@dataclass(frozen=True, slots=True)
class ShortList:
    """The beginning of one of a concept's lists."""

    name: str
    title: str
    concepts: tuple[Concept, ...]
    total: int
    href: str
    """All of it."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something known of a concept."""

    name: str
    value: str
    verbatim: bool = False
    """Whether the value is data, which nobody translates."""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What could be meant by the letters typed."""

    label: str
    note: str


def vocabulary_view(catalogue: Catalogue) -> VocabularyView:
    """Return name, size and attribution of the vocabulary."""
    known = catalogue.taxonomy
    return VocabularyView(
        vocabulary_label(catalogue), known.attribution, len(known.skills), len(known.occupations)
    )


def kind_links(chosen: Kind | None) -> list[tuple[str, str, bool]]:
    """Return the kinds to choose from as label, value and whether it is chosen."""
    return [
        (_("All"), "", chosen is None),
        (_("Skills"), "skill", chosen == "skill"),
        (_("Occupations"), "occupation", chosen == "occupation"),
    ]


def group_href(code: str, kind: Kind | None = None, words: str = "") -> str:
    """Return the address of a group's list, narrowed down to a kind and to words."""
    pairs = {"q": words, "under": code, "kind": kind or ""}
    return "/skills?" + urlencode({name: value for name, value in pairs.items() if value}, errors="replace")


def walk(catalogue: Catalogue, group: Group | None, kind: Kind | None = None, words: str = "") -> Walk:
    """Return where one stands and where one can go: groups of the kind, asked for the same words."""
    hierarchy = catalogue.hierarchy
    path = hierarchy.path(group.id)[:-1] if group else ()
    below = hierarchy.below(group) if group else hierarchy.top
    links = [_group_link(catalogue, one, kind, words) for one in below if kind is None or kind in one.kinds]
    named = tuple(link for link in links if link.code or link.name.verbatim)
    others = sorted((link for link in links if link not in named), key=lambda link: -link.size)
    return Walk(tuple(_group_link(catalogue, one, kind, words) for one in path), named, tuple(others))


def _group_link(catalogue: Catalogue, group: Group, kind: Kind | None = None, words: str = "") -> GroupLink:
    code = group.id.removeprefix("C") if is_code(group.id) else ""
    name = group_name(catalogue, group)
    return GroupLink(name, group_href(group.id, kind, words), code, len(group.everything))


def above(catalogue: Catalogue, place: int) -> tuple[tuple[Concept, ...], tuple[tuple[GroupLink, ...], ...]]:
    """Return the concepts right above one, and the groups it lies in, each with all above it."""
    hierarchy = catalogue.hierarchy
    paths = tuple(
        tuple(_group_link(catalogue, group) for group in hierarchy.path(code))
        for code in hierarchy.groups_of[place]
    )
    return catalogue.concepts(hierarchy.broader[place]), paths


def list_title(concept: Concept, name: str) -> str:
    """Return what one of a concept's lists is called."""
    is_skill = concept.kind == "skill"
    return {
        "essential": _("Occupations that cannot do without it") if is_skill else _("Skills it cannot do without"),
        "optional": _("Occupations where it is of use") if is_skill else _("Skills of use in it"),
        "narrower": _("More special skills") if is_skill else _("More special occupations"),
    }[name]


def short_list(catalogue: Catalogue, place: int, name: str) -> ShortList:
    """Return the beginning of one of a concept's lists: a relation's, or of what is right below it."""
    concept = catalogue.concept(place)
    relations: dict[str, Relation] = {"essential": "essential", "optional": "optional"}
    if name in relations:
        every = tuple(int(one) for one in catalogue.relations(place, relations[name]))
    else:
        every = catalogue.hierarchy.narrower.get(place, ())
    href = f"{concept.href}?list={name}"
    return ShortList(name, list_title(concept, name), catalogue.concepts(every[:SHOWN]), len(every), href)


def no_relations(catalogue: Catalogue, place: int) -> str:
    """Return why a concept has no relation with one of the other kind; empty where it has some."""
    if not catalogue.has_relations:
        return _(
            "{vocabulary} does not say which occupations need which skills. An official release does; read it "
            "in with “bandmate taxonomy import”."
        ).format(vocabulary=vocabulary_label(catalogue))
    if any(len(catalogue.relations(place, relation)) for relation in ("essential", "optional")):
        return ""
    if catalogue.concept(place).kind == "skill":
        return _("The vocabulary names no occupation that needs this skill.")
    return _("The vocabulary names no skill that this occupation needs.")


def jobs_link(concept: Concept) -> tuple[str, str]:
    """Return the link to the postings that speak of a concept: what it says, and its address."""
    query = urlencode([(concept.kind, concept.uri)])
    words = _("Open jobs that ask for it") if concept.kind == "skill" else _("Open jobs of this occupation")
    return words, f"/jobs?{query}"


def facts(catalogue: Catalogue, place: int) -> list[Fact]:
    """Return what is known of a concept; what is unknown is left out."""
    concept = catalogue.concept(place)
    isco = f"C{concept.isco}"
    rows = [
        Fact(_("Kind"), kind_label(concept.kind)),
        Fact(_("Sort of skill"), type_label(concept)),
        Fact(_("Reuse"), reuse_label(concept)),
        Fact(
            _("ISCO-08 group"),
            concept.isco,
            verbatim=True,
            href=group_href(isco) if isco in catalogue.hierarchy.groups else "",
        ),
        Fact(_("Vocabulary"), vocabulary_label(catalogue), verbatim=True),
        Fact(_("URI"), concept.uri, verbatim=True),
    ]
    return [row for row in rows if row.value]


def suggestions(catalogue: Catalogue, words: str, kind: Kind | None, limit: int) -> list[Suggestion]:
    """Return what could be meant, the best first; nothing for nothing."""
    if not words_of(words):
        return []
    return [
        Suggestion(match.concept.label, match_note(match))
        for match in catalogue.find(words, kind, limit=limit).items
    ]


def match_note(match: Match) -> str:
    """Return what tells a hit from its like: its kind, and the other label by which it was found."""
    kind = kind_label(match.concept.kind)
    if match.matched is None:
        return kind
    return _("{kind}, also called “{label}”").format(kind=kind, label=match.matched)
