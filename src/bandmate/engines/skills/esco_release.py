"""Official ESCO releases: the English classification and the relations, zipped or unpacked.

A release is published as two zips, "ESCO dataset - v1.1.0 - classification - en - csv.zip" and the same without
a language, which holds the relations. They are told apart by what is in them, so that renamed files work
too.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bandmate.engines.skills.errors import InvalidTaxonomy
from bandmate.engines.skills.taxonomy import (
    ESCO_ATTRIBUTION,
    OCCUPATION,
    SKILL,
    Concept,
    Heading,
    Taxonomy,
    build,
    distinct_forms,
)

_SKILLS = "skills_en.csv"
_OCCUPATIONS = "occupations_en.csv"
_OCCUPATION_SKILLS = "occupationSkillRelations.csv"
_BROADER_SKILLS = "broaderRelationsSkillPillar.csv"
_BROADER_OCCUPATIONS = "broaderRelationsOccPillar.csv"
_SKILL_GROUPS = "skillGroups_en.csv"
_ISCO_GROUPS = "ISCOGroups_en.csv"
_CLASSIFICATION = (_SKILLS, _OCCUPATIONS)
_RELATIONS = (_OCCUPATION_SKILLS, _BROADER_SKILLS)
_VERSION = re.compile(r"v?(\d+\.\d+(?:\.\d+)?)(?!\d)")
_LARGEST = 500_000_000
"""Bytes of one table after unpacking; the largest of ESCO 1.2 has 30 million."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One zip or folder, and the tables in it by their name."""

    path: Path
    tables: dict[str, str]
    version: str


def holds_release(path: Path) -> bool:
    """Say whether ``path`` is a zip, or a folder with zips or tables of ESCO in it."""
    return bool(_parts(path)) if path.exists() else False


def read_release(path: Path, release: str | None = None) -> Taxonomy:
    """Read one zip of a pair, a folder of zips (newest complete release) or an unpacked folder.

    Raises:
        InvalidTaxonomy: No complete release is there, or not the one that is asked for.
    """
    parts = _parts(path)
    versions = sorted({part.version for part in parts}, key=_order, reverse=True)
    if path.is_file():
        versions = [_part(path).version]
    if release is not None:
        wanted = release.removeprefix("v")
        if wanted not in versions:
            there = ", ".join(version or "of unknown version" for version in versions) or "none"
            raise InvalidTaxonomy(f"{path} holds no ESCO release {wanted}; there: {there}.")
        versions = [wanted]
    for version in versions:
        of_version = [part for part in parts if part.version == version]
        tables = {name: (part, inner) for part in of_version for name, inner in part.tables.items()}
        if all(name in tables for name in _CLASSIFICATION + _RELATIONS):
            return _read(path, version or "unknown", tables)
    raise InvalidTaxonomy(
        f"{path} holds no complete ESCO release: the English classification ({_SKILLS}, {_OCCUPATIONS}) and the "
        f"relations ({_OCCUPATION_SKILLS}, {_BROADER_SKILLS}) of the same version are needed."
    )


def _parts(path: Path) -> list[_Part]:
    folder = path if path.is_dir() else path.parent
    found = [_part(one) for one in sorted(folder.rglob("*.zip")) if zipfile.is_zipfile(one)]
    folders = {table.parent for table in folder.rglob("*.csv")} if path.is_dir() else set()
    for place in sorted(folders):
        tables = {table.name: table.name for table in place.glob("*.csv")}
        found.append(_Part(place, tables, _version(str(place))))
    return [part for part in found if any(name in part.tables for name in _CLASSIFICATION + _RELATIONS)]


def _part(path: Path) -> _Part:
    try:
        with zipfile.ZipFile(path) as opened:
            tables = {PurePosixPath(name).name: name for name in opened.namelist()}
    except zipfile.BadZipFile as error:
        raise InvalidTaxonomy(f"{path} is not a zip file.") from error
    return _Part(path, tables, _version(path.name))


def _version(name: str) -> str:
    found = _VERSION.findall(name)
    return found[-1] if found else ""


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split(".")) if version else ()


def _read(path: Path, version: str, tables: dict[str, tuple[_Part, str]]) -> Taxonomy:
    broader: dict[str, list[str]] = {}
    for name in (_BROADER_SKILLS, _BROADER_OCCUPATIONS):
        for row in _rows(tables, name):
            broader.setdefault(row["conceptUri"], []).append(row["broaderUri"])
    concepts = [_concept(row, SKILL, broader) for row in _rows(tables, _SKILLS)]
    concepts += [_concept(row, OCCUPATION, broader) for row in _rows(tables, _OCCUPATIONS)]
    headings = [
        Heading(row["conceptUri"], label, tuple(dict.fromkeys(broader.get(row["conceptUri"], ()))))
        for name in (_SKILL_GROUPS, _ISCO_GROUPS)
        for row in _rows(tables, name)
        if (label := " ".join(row["preferredLabel"].split()))
    ]
    relations = [
        (row["occupationUri"], row["skillUri"], row["relationType"] == "essential")
        for row in _rows(tables, _OCCUPATION_SKILLS)
    ]
    return build(
        "esco",
        version,
        str(path.name),
        [concept for concept in concepts if concept.forms],
        relations=relations,
        attribution=ESCO_ATTRIBUTION,
        headings=headings,
    )


def _concept(row: dict[str, str], kind: str, broader: dict[str, list[str]]) -> Concept:
    return Concept(
        uri=row["conceptUri"],
        forms=distinct_forms(row["preferredLabel"], *(row.get("altLabels") or "").split("\n")),
        kind=kind,
        description=" ".join((row.get("description") or "").split()),
        type=row.get("skillType") or "",
        reuse=row.get("reuseLevel") or "",
        broader=tuple(dict.fromkeys(broader.get(row["conceptUri"], ()))),
        isco=(row.get("iscoGroup") or "").strip(),
    )


def _rows(tables: dict[str, tuple[_Part, str]], name: str) -> Iterator[dict[str, str]]:
    if name not in tables:
        return
    part, inner = tables[name]
    try:
        if part.path.is_dir():
            content = (part.path / inner).read_bytes()
        else:
            with zipfile.ZipFile(part.path) as opened:
                if opened.getinfo(inner).file_size > _LARGEST:
                    raise InvalidTaxonomy(f"{inner} in {part.path} is larger than a table of ESCO can be.")
                content = opened.read(inner)
        text = content.decode("utf-8-sig")
        yield from csv.DictReader(io.StringIO(text, newline=""))
    except (UnicodeDecodeError, zipfile.BadZipFile, csv.Error, KeyError) as error:
        raise InvalidTaxonomy(f"{name} in {part.path} cannot be read: {error}") from error
