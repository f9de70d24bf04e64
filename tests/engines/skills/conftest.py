"""A small fictional vocabulary in the shape of an official release, with and without the model."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from bandmate.engines.skills import Encoder, Linker, Occupations, Store, Taxonomy, open_encoder
from bandmate.engines.skills.esco_release import read_release

SKILLS = {
    "write songs": ("compose songs", "song writing"),
    "repair guitars\u00a0": ("mend guitars", "guitar repair"),
    "mix live sound": ("live mixing", "operate a sound desk"),
    "Java (computer programming)": ("Java", "Java 17"),
    "use spreadsheets": ("Excel", "use spreadsheets software"),
    "manage budgets": ("budget management", "control budgets"),
    "work in teams": ("teamwork", "team work"),
    "lead a team": ("team leadership", "supervise a team"),
    "negotiate contracts": ("contract negotiation",),
    "speak in public": ("public speaking",),
    "plan tours": ("tour planning", "schedule tours"),
    "teach music": ("give music lessons",),
}
OCCUPATIONS = {
    "sound engineer": (("live sound technician", "audio engineer"), ("mix live sound", "work in teams")),
    "guitar maker": (("luthier", "guitar builder"), ("repair guitars\u00a0",)),
    "software developer": (("programmer", "Java developer"), ("Java (computer programming)", "work in teams")),
    "tour manager": (("road manager",), ("plan tours", "manage budgets", "negotiate contracts")),
    "music teacher": (("music tutor",), ("teach music", "speak in public")),
}


def release(folder: Path, version: str, *, relations: bool = True) -> Path:
    """Write the two zips of a release under names as the official ones have them."""
    uris = {label: f"http://data.europa.eu/esco/skill/{number}" for number, label in enumerate(SKILLS)}
    jobs = {label: f"http://data.europa.eu/esco/occupation/{number}" for number, label in enumerate(OCCUPATIONS)}
    skills = [
        {
            "conceptUri": uris[label], "skillType": "skill/competence", "reuseLevel": "cross-sector",
            "preferredLabel": label, "altLabels": "\n".join(others), "description": f"To {label}, done well.",
        }
        for label, others in SKILLS.items()
    ]  # fmt: skip
    occupations = [
        {
            "conceptUri": jobs[label], "iscoGroup": "2654", "preferredLabel": label,
            "altLabels": "\n".join(others), "description": f"{label.capitalize()}s do this all day.",
        }
        for label, (others, _) in OCCUPATIONS.items()
    ]  # fmt: skip
    needed = [
        {"occupationUri": jobs[label], "relationType": "essential", "skillUri": uris[skill]}
        for label, (_, wanted) in OCCUPATIONS.items()
        for skill in wanted
    ]
    broader = [{"conceptUri": uri, "broaderUri": "http://data.europa.eu/esco/skill/S1"} for uri in uris.values()]
    write_zip(
        folder / f"ESCO dataset - v{version} - classification - en - csv.zip",
        {"skills_en.csv": skills, "occupations_en.csv": occupations},
    )
    if relations:
        write_zip(
            folder / f"ESCO dataset - v{version} - classification -  - csv.zip",
            {"occupationSkillRelations.csv": needed, "broaderRelationsSkillPillar.csv": broader},
        )
    return folder


def write_zip(path: Path, tables: Mapping[str, Sequence[Mapping[str, str]]]) -> None:
    """Write tables into a zip."""
    with zipfile.ZipFile(path, "w") as opened:
        for name, rows in tables.items():
            text = io.StringIO()
            writer = csv.DictWriter(text, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
            opened.writestr(name, text.getvalue())


@pytest.fixture(scope="session")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Taxonomy:
    """The fictional release, read."""
    return read_release(release(tmp_path_factory.mktemp("release"), "9.1.0"))


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A folder for what is derived."""
    return Store(tmp_path_factory.mktemp("derived"))


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The packaged model."""
    opened = open_encoder(None, lambda _: None)
    if opened is None:
        pytest.skip("the packages of requirements/models.txt are not installed")
    return opened


@pytest.fixture(scope="session")
def linker(vocabulary: Taxonomy, store: Store, encoder: Encoder) -> Linker:
    """A linker with all kinds of evidence."""
    return Linker(vocabulary, store, encoder)


@pytest.fixture(scope="session")
def plain_linker(vocabulary: Taxonomy, store: Store) -> Linker:
    """A linker that goes by words alone."""
    return Linker(vocabulary, store, None)


@pytest.fixture(scope="session")
def occupations(vocabulary: Taxonomy, store: Store, encoder: Encoder) -> Occupations:
    """The fictional occupations."""
    return Occupations(vocabulary, store, encoder)
