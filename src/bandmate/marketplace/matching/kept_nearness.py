"""Which skills are near to each other, and which skills an occupation needs: kept as files in the home.

Reading the vocabulary takes seconds, so a task does it (``tasks``) and requests read what it wrote. Until then
only the same skill counts.
"""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import orjson

from bandmate.engines.matching import Nearness, SkillNode, nearness_of
from bandmate.engines.skills import Taxonomy

_FORM = 1
_OPTIONAL = 0.5
"""Weight of a skill that an occupation may need, beside 1 for one that it must have."""

_reading = threading.Lock()
_near: dict[Path, tuple[int, Nearness]] = {}
_occupations: dict[Path, tuple[int, Mapping[str, Mapping[str, float]]]] = {}


def kept_nearness(home: Path) -> Nearness:
    """Return the kept nearness; an empty one where none is kept yet."""
    path = _folder(home) / "nearness.json"
    with _reading:
        at = _changed(path)
        held = _near.get(path)
        if held is None or held[0] != at:
            kept = orjson.loads(path.read_bytes()) if at else {}
            of = {uri: tuple((other, near) for other, near in pairs) for uri, pairs in kept.get("of", {}).items()}
            held = _near[path] = (at, Nearness(of))
    return held[1]


def skills_of_occupation(home: Path, uri: str) -> Mapping[str, float]:
    """Return the skills that an occupation needs, with their weights; none where they are not known."""
    path = _folder(home) / "occupations.json"
    with _reading:
        at = _changed(path)
        held = _occupations.get(path)
        if held is None or held[0] != at:
            kept = orjson.loads(path.read_bytes()) if at else {}
            held = _occupations[path] = (at, kept.get("of", {}))
    return held[1].get(uri, {})


def is_kept(home: Path, fingerprint: str) -> bool:
    """Tell whether what is kept was made from this vocabulary by this program."""
    path = _folder(home) / "made_from.json"
    return path.is_file() and orjson.loads(path.read_bytes()) == _made_from(fingerprint)


def keep(home: Path, taxonomy: Taxonomy) -> Nearness:
    """Derive both from a vocabulary and keep them; readers see the old files or the new ones, never a part."""
    needs: defaultdict[str, dict[str, float]] = defaultdict(dict)
    needed_by: defaultdict[int, list[str]] = defaultdict(list)
    relations = (taxonomy.relation_occupation, taxonomy.relation_skill, taxonomy.relation_essential)
    for occupation, skill, essential in zip(*(each.tolist() for each in relations), strict=True):
        needs[taxonomy.uris[occupation]][taxonomy.uris[skill]] = 1.0 if essential else _OPTIONAL
        needed_by[skill].append(taxonomy.uris[occupation])
    nodes = [
        SkillNode(
            taxonomy.uris[place],
            taxonomy.forms[place][0],
            taxonomy.broader[place],
            tuple(needed_by.get(place, ())),
        )
        for place in taxonomy.skills.tolist()
    ]
    nearness = nearness_of(nodes)
    folder = _folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "nearness.json", {"of": nearness.of})
    _write(folder / "occupations.json", {"of": needs})
    _write(folder / "made_from.json", _made_from(taxonomy.fingerprint))
    return nearness


def _made_from(fingerprint: str) -> Mapping[str, object]:
    return {"form": _FORM, "vocabulary": fingerprint}


def _folder(home: Path) -> Path:
    return home / "matching"


def _write(path: Path, what: Mapping[str, object]) -> None:
    new = path.with_name(f".{path.name}.{os.getpid()}")
    new.write_bytes(orjson.dumps(dict(what)))
    new.replace(path)


def _changed(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
