"""A small vocabulary of our own, laid into a home as an import would lay it."""

from __future__ import annotations

from bandmate.engines.skills.taxonomy import ESCO_ATTRIBUTION, OCCUPATION, SKILL, Concept, Taxonomy, build, store
from bandmate.kernel.config import Settings

ESCO = "http://data.europa.eu/esco"
TUNING = f"{ESCO}/skill/0a000000-0000-4000-8000-000000000001"
PIANO = f"{ESCO}/skill/0a000000-0000-4000-8000-000000000002"
HEARING = f"{ESCO}/skill/0a000000-0000-4000-8000-000000000003"
ACOUSTICS = f"{ESCO}/skill/0a000000-0000-4000-8000-000000000004"
CODING = "https://words.example/skills?name=C++ & <more>"
TUNER = f"{ESCO}/occupation/0b000000-0000-4000-8000-000000000001"
ENGINEER = f"{ESCO}/occupation/0b000000-0000-4000-8000-000000000002"

CONCEPTS = (
    Concept(
        TUNING,
        ("tune instruments", "bring instruments into tune", "Instrumente stimmen"),
        SKILL,
        "Bring the strings of an instrument to their pitch.",
        "skill/competence",
        "sector-specific",
        (f"{ESCO}/skill/S8.3.1",),
    ),
    Concept(
        PIANO, ("tune pianos", "regulate and tune grand pianos"), SKILL, "", "skill/competence", "", (TUNING,)
    ),
    Concept(HEARING, ("listen closely", "écouter"), SKILL, "Hear what is there.", "", "transversal"),
    Concept(ACOUSTICS, ("acoustics",), SKILL, "How sound moves.", "knowledge", "", (f"{ESCO}/isced-f/0533",)),
    Concept(CODING, ("C++ for <audio>", "C++"), SKILL, "<script>alert(1)</script>"),
    Concept(TUNER, ("piano tuner", "tuner of keyboards"), OCCUPATION, "Piano tuners tune pianos.", isco="7312"),
    Concept(
        ENGINEER,
        ("sound engineer", "audio engineer"),
        OCCUPATION,
        "Sound engineers shape what is heard.",
        broader=(f"{ESCO}/isco/C3521",),
        isco="3521",
    ),
)
RELATIONS = (
    (TUNER, TUNING, True),
    (TUNER, PIANO, True),
    (TUNER, HEARING, False),
    (ENGINEER, HEARING, True),
    (ENGINEER, ACOUSTICS, False),
)


def tiny(*, relations: bool = True) -> Taxonomy:
    """Return the vocabulary: five skills, two occupations, groups of three sorts."""
    return build(
        "esco",
        "0.1",
        "tests",
        list(CONCEPTS),
        relations=list(RELATIONS) if relations else [],
        attribution=ESCO_ATTRIBUTION,
    )


def many(count: int) -> Taxonomy:
    """Return a vocabulary of one occupation that needs as many skills as asked for, all alike."""
    skills = [Concept(f"{ESCO}/skill/{number:04}", (f"play part {number:04}",), SKILL) for number in range(count)]
    relations = [(TUNER, skill.uri, True) for skill in skills]
    return build("esco", "0.2", "tests", [*skills, CONCEPTS[5]], relations=relations)


def lay(settings: Settings, taxonomy: Taxonomy) -> None:
    """Have a home serve a vocabulary, as ``bandmate taxonomy import`` does."""
    store(taxonomy, settings.home / "taxonomy")
