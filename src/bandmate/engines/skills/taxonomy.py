"""A vocabulary of skills and occupations in columns: what it holds, how it lies on disk.

A stored vocabulary is a folder of two Parquet files and a manifest. Folders are named after their content
and never changed; a small pointer file ``NAME.json`` beside them says which one is meant, and is replaced at
once.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from bandmate.engines.skills.errors import InvalidTaxonomy

SKILL = "skill"
OCCUPATION = "occupation"

ESCO_ATTRIBUTION = "This service uses the ESCO classification of the European Commission."
"""Asked for by the terms of reuse (Commission Decision 2011/833/EU)."""

_CONCEPTS = "concepts.parquet"
_RELATIONS = "relations.parquet"
_HEADINGS = "headings.parquet"
_MANIFEST = "manifest.json"
_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Heading:
    """A group of concepts that is no concept itself."""

    uri: str
    label: str
    broader: tuple[str, ...] = ()
    """URIs of the groups right above."""


@dataclass(frozen=True, eq=False)
class Taxonomy:
    """Concepts in columns of equal length; a concept is meant by its place in them.

    ``forms`` holds the preferred label first, then the alternative ones, stripped and each once.
    """

    name: str
    version: str
    source: str
    attribution: str
    uris: tuple[str, ...]
    forms: tuple[tuple[str, ...], ...]
    descriptions: tuple[str, ...]
    kinds: tuple[str, ...]
    """``skill`` or ``occupation``."""
    types: tuple[str, ...]
    """What the source calls it, e.g. ``knowledge`` or ``skill/competence``; may be empty."""
    reuse: tuple[str, ...]
    """How widely a skill is used, e.g. ``transversal``; may be empty."""
    broader: tuple[tuple[str, ...], ...]
    """URIs of the concepts or groups right above."""
    isco: tuple[str, ...]
    """ISCO-08 group of an occupation, e.g. ``2654``; empty where unknown."""
    relation_occupation: npt.NDArray[np.int32]
    relation_skill: npt.NDArray[np.int32]
    relation_essential: npt.NDArray[np.bool_]
    headings: tuple[Heading, ...] = ()
    """Groups by which the source orders its concepts, where it says so; ranks do not depend on them."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The preferred labels."""
        return tuple(forms[0] for forms in self.forms)

    @cached_property
    def skills(self) -> npt.NDArray[np.int32]:
        """Places of the skills."""
        return self._places(SKILL)

    @cached_property
    def occupations(self) -> npt.NDArray[np.int32]:
        """Places of the occupations."""
        return self._places(OCCUPATION)

    @cached_property
    def fingerprint(self) -> str:
        """Digest of everything that ranks depend on; names what is derived from it."""
        digest = hashlib.sha256()
        for column in (self.uris, self.forms, self.descriptions, self.kinds, self.reuse, self.broader):
            digest.update(json.dumps(column).encode())
        for numbers in (self.relation_occupation, self.relation_skill, self.relation_essential):
            digest.update(numbers.tobytes())
        return digest.hexdigest()[:16]

    def __len__(self) -> int:
        return len(self.uris)

    def _places(self, kind: str) -> npt.NDArray[np.int32]:
        return np.flatnonzero(np.array([one == kind for one in self.kinds], bool)).astype(np.int32)


@dataclass(frozen=True, slots=True)
class Concept:
    """One row of a vocabulary that is being built."""

    uri: str
    forms: tuple[str, ...]
    kind: str
    description: str = ""
    type: str = ""
    reuse: str = ""
    broader: tuple[str, ...] = ()
    isco: str = ""


def build(
    name: str,
    version: str,
    source: str,
    concepts: list[Concept],
    *,
    relations: list[tuple[str, str, bool]] | None = None,
    attribution: str = "",
    headings: Iterable[Heading] = (),
) -> Taxonomy:
    """Put concepts into columns; a relation is an occupation, a skill and whether it is essential.

    Raises:
        InvalidTaxonomy: There are none, or two share a URI.
    """
    if not concepts:
        raise InvalidTaxonomy(f"{source} holds no concepts.")
    places = {concept.uri: place for place, concept in enumerate(concepts)}
    if len(places) != len(concepts):
        raise InvalidTaxonomy(f"{source} holds two concepts with the same URI.")
    known = [
        (places[occupation], places[skill], essential)
        for occupation, skill, essential in relations or []
        if occupation in places and skill in places
    ]
    return Taxonomy(
        name=name,
        version=version,
        source=source,
        attribution=attribution,
        uris=tuple(concept.uri for concept in concepts),
        forms=tuple(concept.forms for concept in concepts),
        descriptions=tuple(concept.description for concept in concepts),
        kinds=tuple(concept.kind for concept in concepts),
        types=tuple(concept.type for concept in concepts),
        reuse=tuple(concept.reuse for concept in concepts),
        broader=tuple(concept.broader for concept in concepts),
        isco=tuple(concept.isco for concept in concepts),
        relation_occupation=np.array([one[0] for one in known], np.int32),
        relation_skill=np.array([one[1] for one in known], np.int32),
        relation_essential=np.array([one[2] for one in known], bool),
        headings=tuple(headings),
    )


def distinct_forms(*labels: str) -> tuple[str, ...]:
    """Return labels without superfluous white space, each once whatever its case.

    Official labels carry trailing and non-breaking spaces ("plan ", "handle knives ").
    """
    found: dict[str, str] = {}
    for label in labels:
        clean = " ".join(label.split())
        if clean:
            found.setdefault(clean.casefold(), clean)
    return tuple(found.values())


def store(taxonomy: Taxonomy, folder: Path) -> Path:
    """Write a vocabulary below ``folder``, let its name point to it, and return where it lies.

    Doing it twice changes nothing. Readers see the old one or the new one, never a part.
    """
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"{taxonomy.name}-{taxonomy.fingerprint}"
    if not (place / _MANIFEST).is_file():
        beside = folder / f".{place.name}.{os.getpid()}"
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir()
        _write(taxonomy, beside)
        shutil.rmtree(place, ignore_errors=True)
        beside.rename(place)
    pointer = folder / f"{taxonomy.name}.json"
    new = folder / f".{pointer.name}.{os.getpid()}"
    new.write_text(json.dumps({"folder": place.name}) + "\n", encoding="utf-8")
    new.replace(pointer)
    return place


def stored(folder: Path, name: str) -> Path | None:
    """Return where the vocabulary called ``name`` lies below ``folder``, or None."""
    pointer = folder / f"{name}.json"
    try:
        place: Path = folder / json.loads(pointer.read_text(encoding="utf-8"))["folder"]
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidTaxonomy(f"{pointer} is damaged; import the vocabulary again.") from error
    return place


def load(place: Path) -> Taxonomy:
    """Read a stored vocabulary.

    Raises:
        InvalidTaxonomy: It is damaged, or of a format this program does not know.
    """
    try:
        manifest: dict[str, Any] = json.loads((place / _MANIFEST).read_text(encoding="utf-8"))
        if manifest["format"] != _FORMAT:
            raise InvalidTaxonomy(f"{place} was written by another version; import the vocabulary again.")
        concepts = pq.read_table(place / _CONCEPTS, memory_map=True)
        relations = pq.read_table(place / _RELATIONS, memory_map=True)
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise InvalidTaxonomy(f"{place} is damaged; import the vocabulary again. ({error})") from error
    column = {name: tuple(concepts.column(name).to_pylist()) for name in concepts.column_names}
    return Taxonomy(
        name=manifest["name"],
        version=manifest["version"],
        source=manifest["source"],
        attribution=manifest["attribution"],
        uris=column["uri"],
        forms=tuple(tuple(forms) for forms in column["forms"]),
        descriptions=column["description"],
        kinds=column["kind"],
        types=column["type"],
        reuse=column["reuse"],
        broader=tuple(tuple(broader) for broader in column["broader"]),
        isco=column["isco"],
        relation_occupation=relations.column("occupation").to_numpy(),
        relation_skill=relations.column("skill").to_numpy(),
        relation_essential=relations.column("essential").to_numpy(),
        headings=_load_headings(place / _HEADINGS),
    )


def _load_headings(path: Path) -> tuple[Heading, ...]:
    if not path.is_file():  # stored before headings were kept
        return ()
    rows = pq.read_table(path).to_pylist()
    return tuple(Heading(row["uri"], row["label"], tuple(row["broader"])) for row in rows)


def _write(taxonomy: Taxonomy, folder: Path) -> None:
    words = pa.list_(pa.string())
    headings = pa.table(
        {
            "uri": pa.array([one.uri for one in taxonomy.headings], pa.string()),
            "label": pa.array([one.label for one in taxonomy.headings], pa.string()),
            "broader": pa.array([list(one.broader) for one in taxonomy.headings], words),
        }
    )
    pq.write_table(headings, folder / _HEADINGS)
    concepts = pa.table(
        {
            "uri": pa.array(taxonomy.uris, pa.string()),
            "forms": pa.array([list(forms) for forms in taxonomy.forms], words),
            "description": pa.array(taxonomy.descriptions, pa.string()),
            "kind": pa.array(taxonomy.kinds, pa.string()),
            "type": pa.array(taxonomy.types, pa.string()),
            "reuse": pa.array(taxonomy.reuse, pa.string()),
            "broader": pa.array([list(broader) for broader in taxonomy.broader], words),
            "isco": pa.array(taxonomy.isco, pa.string()),
        }
    )
    pq.write_table(concepts, folder / _CONCEPTS)
    relations = pa.table(
        {
            "occupation": pa.array(taxonomy.relation_occupation, pa.int32()),
            "skill": pa.array(taxonomy.relation_skill, pa.int32()),
            "essential": pa.array(taxonomy.relation_essential, pa.bool_()),
        }
    )
    pq.write_table(relations, folder / _RELATIONS)
    manifest = {
        "format": _FORMAT,
        "name": taxonomy.name,
        "version": taxonomy.version,
        "source": taxonomy.source,
        "attribution": taxonomy.attribution,
        "fingerprint": taxonomy.fingerprint,
        "concepts": len(taxonomy),
    }
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
