"""A vocabulary of one's own, from a CSV file.

Columns, found by their names in the first line, in any order: ``label`` (needed; also ``preferredLabel``),
``uri`` (also ``conceptUri``; made from the label where absent), ``alternatives`` (also ``altLabels``; parted by
``|`` or line breaks), ``description``, ``kind`` (``skill`` or ``occupation``; skill where absent), ``broader``
(URIs, parted by ``|``), ``isco``, ``essential`` and ``optional`` (of an occupation: URIs or labels of its skills,
parted by ``|``).
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from urllib.parse import quote

from bandmate.engines.skills.errors import InvalidTaxonomy
from bandmate.engines.skills.taxonomy import OCCUPATION, SKILL, Concept, Taxonomy, build, distinct_forms

_OTHER_NAMES = {"preferredlabel": "label", "concepturi": "uri", "altlabels": "alternatives"}
_PARTED = re.compile(r"[|\n]")
_NAME = re.compile(r"[^a-z0-9]+")


def read_csv(path: Path) -> Taxonomy:
    """Read a vocabulary; its name is that of the file in small letters.

    Raises:
        InvalidTaxonomy: It is no UTF-8 text, has no column ``label``, or a row that cannot be used; says
        which.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidTaxonomy(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8.") from error
    name = _NAME.sub("-", path.stem.casefold()).strip("-") or "custom"
    if name == "esco":
        raise InvalidTaxonomy(f"{path} would replace ESCO; give the file another name.")
    reader = csv.DictReader(io.StringIO(text, newline=""))
    columns = {one: one.strip().casefold() for one in reader.fieldnames or ()}
    columns = {one: _OTHER_NAMES.get(name, name) for one, name in columns.items()}
    if "label" not in columns.values():
        raise InvalidTaxonomy(f"{path} has no column called label; its first line must name the columns.")
    concepts: list[Concept] = []
    wanted: list[tuple[str, str, bool]] = []
    try:
        for row in reader:
            given = {columns[one]: value or "" for one, value in row.items() if one in columns}
            concept = _concept(given, name, f"{path}, line {reader.line_num}")
            if concept is None:
                continue
            concepts.append(concept)
            for column in ("essential", "optional"):
                wanted += [(concept.uri, skill, column == "essential") for skill in _parts(given.get(column, ""))]
    except csv.Error as error:
        raise InvalidTaxonomy(f"{path}, line {reader.line_num}: {error}.") from error
    by_label = {form.casefold(): one.uri for one in concepts if one.kind == SKILL for form in one.forms[:1]}
    relations = [(one, by_label.get(skill.casefold(), skill), essential) for one, skill, essential in wanted]
    return build(name, "", path.name, concepts, relations=relations)


def _concept(given: dict[str, str], name: str, where: str) -> Concept | None:
    forms = distinct_forms(given["label"], *_parts(given.get("alternatives", "")))
    if not any(value.strip() for value in given.values()):
        return None
    if not given["label"].strip():
        raise InvalidTaxonomy(f"{where}: the label is empty.")
    kind = given.get("kind", "").strip().casefold() or SKILL
    if kind not in {SKILL, OCCUPATION}:
        raise InvalidTaxonomy(f"{where}: the kind is {kind!r}; it can be skill or occupation.")
    return Concept(
        uri=given.get("uri", "").strip() or f"urn:bandmate:{name}:{kind}:{quote(forms[0].casefold(), safe='')}",
        forms=forms,
        kind=kind,
        description=" ".join(given.get("description", "").split()),
        broader=_parts(given.get("broader", "")),
        isco=given.get("isco", "").strip(),
    )


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in _PARTED.split(cell) if part.strip())
