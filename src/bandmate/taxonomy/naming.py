"""Short names of concepts and groups, made from their URIs alone; they stand in addresses of pages and API."""

from __future__ import annotations

import hashlib
import re

_ESCO = re.compile(
    r"http://data\.europa\.eu/esco/(skill|occupation|isco|isced-f)/([A-Za-z0-9][A-Za-z0-9.-]{0,63})"
)
_FIELD_OF_EDUCATION = "isced-f"
_DIGITS = 32

LONGEST_ID = 64

_STEPS = re.compile(r"[SKLTA]\d*(\.\d+)*|C\d{1,4}")
"""Codes that say by their letters what they lie below: S4.5.0, K0215, C2654."""


def concept_id(uri: str) -> str:
    """Return the name of a concept or group in addresses: always the same for a URI, safe in a path.

    Of ESCO it is the last part of the URI, a UUID or a code; groups of knowledge, which ESCO borrows from the
    fields of education (ISCED-F 2013), get a K before their code, as ESCO writes it: ``K0215``. Any other URI is
    named by the first 32 digits of its SHA-256, after ``x-``, which no name of ESCO begins with.
    """
    found = _ESCO.fullmatch(uri)
    if found is None:
        return f"x-{hashlib.sha256(uri.encode('utf-8', 'surrogatepass')).hexdigest()[:_DIGITS]}"
    scheme, last = found.groups()
    return f"K{last}" if scheme == _FIELD_OF_EDUCATION else last


def is_code(name: str) -> bool:
    """Tell whether a group's name is a code that says by itself what it lies below."""
    return _STEPS.fullmatch(name) is not None


def code_above(code: str) -> str | None:
    """Return the group right above one, by its code: ``S4.5.0`` lies below ``S4.5``; None at the top or unknown.

    The ten major groups of ISCO are the top of the occupations: ``C2654``, ``C265``, ``C26``, ``C2``. A field of
    education has two digits at least: ``K0215``, ``K021``, ``K02``, ``K``.
    """
    if not is_code(code) or len(code) == 1:
        return None
    if "." in code:
        return code.rpartition(".")[0]
    shorter = code[:-1]
    if shorter == "C":
        return None
    return "K" if len(shorter) == len("K0") and shorter[0] == "K" else shorter
