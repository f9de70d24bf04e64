"""What stands in a job title beside the job: who may apply, where, numbers, how senior.

Nothing is guessed: only what is written in a form that has one meaning is split off, and a title never gets
empty by it.
"""
# ruff: noqa: RUF001 - typographic dashes and quotes are what these patterns look for

from __future__ import annotations

import re
from dataclasses import dataclass

from bandmate.engines.skills.cleaning import visible_text

LONGEST = 300
"""Characters of a title that are read."""


@dataclass(frozen=True, slots=True)
class Title:
    """A title in its parts."""

    core: str
    """What the job is."""
    seniority: str
    """``intern``, ``junior``, ``senior``, ``lead``, ``principal``, ``head`` or empty."""
    noise: tuple[str, ...]
    """What else was split off, as it was written."""


_LETTER = r"(?:[mwfdxhivakn]|div(?:ers)?|all|gn|male|female|divers[e]?|any|other|homme|femme|hombre|mujer)"
_GENDERS = re.compile(
    rf"[(\[{{]\s*(?:{_LETTER}\s*[/|,.\-:*]+\s*){{1,3}}{_LETTER}\s*\*?\s*[)\]}}]"
    r"|[(\[]\s*(?:all genders?|gn|any gender|alle geschlechter|tous genres|m/w|w/m|f/m|m/f)\s*\*?\s*[)\]]"
    rf"|(?<![\w/])(?:[mwfhdx]\s?[/|]\s?){{1,3}}[mwfhdx](?![\w/])",
    re.IGNORECASE,
)
_BENDED = re.compile(
    r"(?<=\w)(?:[*:_](?:in(?:nen)?)|/-?in(?:nen)?|\((?:in|e|a|ne|euse|trice)\)|·e|/-frau|/-a)\b(?!\w)",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"[(\[#]?\s*\b(?:job|req(?:uisition)?|ref(?:erence)?|id|vacancy|position|posting|stellen?-?(?:nr|id)|kennziffer)"
    r"[.:#\s\-]*(?:id|no|nr|number|code)?[.:#\s\-]*[A-Z]{0,5}[-_/]?\d[\w/-]*\s*[)\]]?"
    r"|[(\[]?\s*#\s?\d{2,}[\w-]*\s*[)\]]?|\b(?:R|REQ|JR|JOB)[-_]?\d{4,}\b"
    r"|[(\[]\s*\d{4,}\s*[)\]]|(?<=\s)[-–|]\s*\d{4,}\s*$",
    re.IGNORECASE,
)
_REMOTE = r"(?:remote|hybrid|on-?site|home ?office|wfh|télétravail|teletrabajo|remoto|telework)"
_WHOLLY = r"(?:(?:100\s?%|fully|full|partly|partially)[\s-]*)?"
_WHERE = re.compile(
    rf"[(\[]\s*{_WHOLLY}{_REMOTE}[^()\[\]]{{0,40}}[)\]]"
    rf"|(?:(?<=\s)[-–—|,/:]|^)\s*{_WHOLLY}{_REMOTE}(?:\s*[-–,/(][^|]{{0,40}})?\s*$"
    r"|^(?:100\s?%\s*)?remote\s*[-–—|:]?\s+(?!sensing|control|operat|access|pilot|monitor|support)(?=\S)"
    r"|\s+(?:100\s?%\s*)?remote\s*$",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"[(\[]?\s*\b(?:full[\s-]?time|part[\s-]?time|vollzeit|teilzeit|temps plein|temps partiel|permanent"
    r"|fixed[\s-]term|cdi|cdd|\d{1,3}\s?%\s?[-–]\s?\d{1,3}\s?%|\d{2,3}\s?%)(?!\w)\s*[)\]]?",
    re.IGNORECASE,
)
_NAME = r"[A-Z][\w.'’-]+(?:\s[A-Z][\w.'’-]+){0,2}"
_PLACE = re.compile(
    rf"\s+[-–—|]\s+{_NAME},\s*(?:[A-Z]{{2,3}}|{_NAME})\s*$|[(\[]\s*{_NAME},\s*[A-Z]{{2,3}}\s*[)\]]"
)
_SENIORITY = (
    (
        "intern",
        re.compile(
            r"\b(?:internship|intern|praktikant|praktikum|stagiaire|werkstudent|working student|trainee)\b",
            re.IGNORECASE,
        ),
    ),
    ("junior", re.compile(r"\b(?:junior|jr\.?|entry[\s-]level|graduate(?=\s\w))(?!\w)", re.IGNORECASE)),
    ("senior", re.compile(r"\b(?:senior|sr\.?|experienced|snr\.?)(?!\w)", re.IGNORECASE)),
    (
        "principal",
        re.compile(
            r"\b(?:principal|staff|distinguished)(?=\s+\w+\s*(?:engineer|scientist|developer|designer|architect|analyst|researcher)?)",
            re.IGNORECASE,
        ),
    ),
    ("lead", re.compile(r"\b(?:lead|leading)\b|\bteam\s?lead(?:er)?\b", re.IGNORECASE)),
    ("head", re.compile(r"\bhead(?=\s+of\b)", re.IGNORECASE)),
)
_CUT_SENIORITY = {"junior", "senior"}
"""Seniorities that are a grade, not part of the job: "lead" and "head of" change what is done."""
_LEVEL = re.compile(r"(?:(?<=\s)|^)(?:I{1,3}|IV|V|level\s?\d|L\d|[1-5])\s*$")
_EDGES = " \t-–—|,;:/*•·"


def split_title(text: str) -> Title:
    """Return a title in its parts; what is invisible counts for nothing."""
    whole = visible_text(text[: LONGEST * 4])[:LONGEST].strip(_EDGES)
    core = whole
    noise: list[str] = []
    for pattern in (_GENDERS, _NUMBER, _WHERE, _TIME, _PLACE):
        core = _without(core, pattern, noise)
    core = _without(core, _BENDED, [])
    seniority = next((name for name, pattern in _SENIORITY if pattern.search(core)), "")
    for name, pattern in _SENIORITY:
        if name in _CUT_SENIORITY:
            core = _without(core, pattern, noise)
    core = _without(core, _LEVEL, noise)
    return Title(core or whole, seniority, tuple(noise))


def _without(core: str, pattern: re.Pattern[str], noise: list[str]) -> str:
    found = [one.group().strip(_EDGES + "()[]") for one in pattern.finditer(core)]
    left = " ".join(pattern.sub(" ", core).split()).strip(_EDGES)
    if not found or not any(letter.isalpha() for letter in left):
        return core
    noise += [one for one in found if one]
    return left
