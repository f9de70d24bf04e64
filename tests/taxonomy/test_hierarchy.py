"""What lies above and below what, also where a vocabulary goes in circles."""

from __future__ import annotations

from tests.taxonomy.tiny import ESCO, tiny

from bandmate.engines.skills.taxonomy import SKILL, Concept, build
from bandmate.taxonomy.catalogue import build_catalogue

CATALOGUE = build_catalogue(tiny())


def labels(places: object) -> list[str]:
    """Return preferred labels, ordered."""
    return sorted(CATALOGUE.taxonomy.forms[place][0] for place in places)  # type: ignore[attr-defined] # any places


def test_groups_hold_all_below_them() -> None:
    """Also what lies below their concepts, and what their own groups hold."""
    groups = CATALOGUE.hierarchy.groups
    assert labels(groups["S8.3.1"].places) == ["tune instruments"]
    assert labels(groups["S"].everything) == ["tune instruments", "tune pianos"]
    assert [group.id for group in CATALOGUE.hierarchy.path("S8.3.1")] == ["S", "S8", "S8.3", "S8.3.1"]


def test_an_occupation_without_a_group_stands_in_that_of_isco() -> None:
    """ISCO-08 says it where nothing is said to be above it."""
    assert labels(CATALOGUE.hierarchy.groups["C7"].everything) == ["piano tuner"]


def test_the_top_has_skills_before_occupations() -> None:
    """Pillars of skills in their order, then ISCO's major groups."""
    assert [group.id for group in CATALOGUE.hierarchy.top] == ["S", "K", "C3", "C7"]


def test_a_circle_comes_to_its_end() -> None:
    """Two concepts above each other, and one above itself, are walked once."""
    uris = [f"{ESCO}/skill/{name}" for name in ("aa", "bb", "cc")]
    concepts = [
        Concept(uris[0], ("aa",), SKILL, broader=(uris[1], f"{ESCO}/skill/S1")),
        Concept(uris[1], ("bb",), SKILL, broader=(uris[0],)),
        Concept(uris[2], ("cc",), SKILL, broader=(uris[2],)),
    ]
    hierarchy = build_catalogue(build("esco", "", "circle", concepts)).hierarchy
    assert hierarchy.groups["S1"].everything == {0, 1}
    assert hierarchy.broader[2] == ()
