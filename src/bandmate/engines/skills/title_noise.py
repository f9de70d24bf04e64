"""What stands in a job title beside the job: who may apply, where, numbers, how senior, what it is not.

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
    r"|[(\[]\s*(?:all genders?(?: welcome)?|gn|any gender|alle geschlechter|tous genres|m/w|w/m|f/m|m/f)"
    r"\s*\*?\s*[)\]]"
    rf"|(?<![\w/])(?:[mwfhdx]\s?[/|]\s?){{1,3}}[mwfhdx](?![\w/])",
    re.IGNORECASE,
)
_FEMALE = r"in(?:nen)?|e|a|ne|euse|trice|ère|rice|ess|frau"
_BENDED = re.compile(
    rf"(?<=\w{{4}})(?:[*:_]in(?:nen)?\b|/-?(?:{_FEMALE})\b|\((?:{_FEMALE})\)|·(?:{_FEMALE})\b)(?!\w)",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"[(\[#]?\s*\b(?:job|req(?:uisition)?|ref(?:erence)?|id|vacancy|position|posting|stellen?-?(?:nr|id)|kennziffer)"
    r"[.:#\s\-]*(?:id|no|nr|number|code)?[.:#\s\-]*[A-Z]{0,5}[-_/]?\d[\w/-]*\s*[)\]]?"
    r"|[(\[]?\s*#\s?\d{2,}[\w-]*\s*[)\]]?|\b(?:R|REQ|JR|JOB)[-_]?\d{4,}\b"
    r"|[(\[]\s*\d{4,}\s*[)\]]|(?<=\s)[-–|]\s*\d{4,}\s*$",
    re.IGNORECASE,
)
_OTHER_THAN_A_PLACE = r"(?!\s+(?:sensing|control|operat|access|pilot|monitor|support|vehicle|cloud))"
_REMOTE = (
    r"(?:(?:remote|hybrid|on-?site|home ?office|wfh|télétravail|teletrabajo|remoto|telework)\b"
    rf"{_OTHER_THAN_A_PLACE}|リモート可?|在宅(?:勤務)?|远程|遠端|재택(?:근무)?)"
)
_WHOLLY = r"(?:(?:100\s?%|fully|full|partly|partially)[\s-]*)?"
_WHERE = re.compile(
    rf"[(\[](?:[^()\[\]]{{0,30}}[\s,/])?\s*{_WHOLLY}{_REMOTE}[^()\[\]]{{0,40}}[)\]]"
    rf"|(?:(?<=\s)[-–—|/:]|[,|]|^)\s*{_WHOLLY}{_REMOTE}(?:\s*[-–,/(][^|]{{0,40}})?\s*(?:(?=\|)|$)"
    rf"|^(?:100\s?%\s*)?remote\b{_OTHER_THAN_A_PLACE}\s*[-–—|:]?\s+(?=\S)"
    r"|\s+(?:100\s?%\s*)?remote\s*$",
    re.IGNORECASE,
)
_PAY = re.compile(
    r"(?:(?<=\s)[-–—|,(]|\()\s*[€$£]\s?\d[\d.,\s]*k?(?:\s?[-–]\s?[€$£]?\s?\d[\d.,]*k?)?[^|()]{0,12}\)?\s*$",
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
    (
        "junior",
        re.compile(
            r"\b(?:junior|jr\.?|entry[\s-]level|graduate(?=\s\w))(?!\w)|初[级級]|ジュニア|주니어", re.IGNORECASE
        ),
    ),
    (
        "senior",
        re.compile(
            r"\b(?:mid[\s-]+)?(?:senior(?!\s+(?:living|care|citizen|hous))|sr\.?|experienced|snr\.?)(?!\w)|高[级級]|[资資]深|シニア|시니어",
            re.IGNORECASE,
        ),
    ),
    (
        "principal",
        re.compile(
            r"\b(?:principal(?=\s+\w)|(?:staff|distinguished)(?=\s+(?:\w+\s+){0,2}"
            r"(?:engineer|scientist|developer|designer|architect|programmer|researcher)))",
            re.IGNORECASE,
        ),
    ),
    ("lead", re.compile(r"\b(?:lead|leading)\b|\bteam\s?lead(?:er)?\b", re.IGNORECASE)),
    ("head", re.compile(r"\bhead(?=\s+of\b)", re.IGNORECASE)),
)
_CUT_SENIORITY = {"junior", "senior"}
"""Seniorities that are a grade, not part of the job: "lead" and "head of" change what is done."""
_LEVEL = re.compile(
    r"(?:(?<=\s)|^)(?:I{1,3}|IV|V|[Ll]evel\s?\d|L\d|[1-5])\s*$|[(\[]\s*(?:I{1,3}|IV|V|[Ll]evel\s?\d)\s*[)\]]"
)
_EXCEPTED = re.compile(
    r"[\s,(]+(?:except|excluding|other than)\s.+$"
    r"|[\s,(]+(?:not elsewhere classified|n\.?e\.?c\.?|all other|not otherwise specified)\s*\)?\s*$",
    re.IGNORECASE,
)
"""What a title of a classification says it is not ("Cooks, except bakers"): read as words, it would draw near."""
_NARROW = str.maketrans("（）［］｜／", "()[]|/")
_EMPTY = re.compile(r"[(\[]\s*[)\]]")
_EDGES = " \t-–—|,;:/*•·"


def split_title(text: str) -> Title:
    """Return a title in its parts; what is invisible counts for nothing."""
    whole = visible_text(text[: LONGEST * 4])[:LONGEST].translate(_NARROW).strip(_EDGES)
    core = whole
    noise: list[str] = []
    for pattern in (_GENDERS, _NUMBER, _PAY, _WHERE, _TIME, _PLACE):
        core = _without(core, pattern, noise)
    core = _without(core, _BENDED, [])
    seniority = next((name for name, pattern in _SENIORITY if pattern.search(core)), "")
    for name, pattern in _SENIORITY:
        if name in _CUT_SENIORITY:
            core = _without(core, pattern, noise)
    core = _without(core, _LEVEL, noise)
    core = _without(core, _EXCEPTED, noise)
    return Title(core or whole, seniority, tuple(noise))


def _without(core: str, pattern: re.Pattern[str], noise: list[str]) -> str:
    found = [one.group().strip(_EDGES + "()[]") for one in pattern.finditer(core)]
    left = " ".join(_EMPTY.sub(" ", pattern.sub(" ", core)).split()).strip(_EDGES)
    if not found or not any(letter.isalpha() for letter in left):
        return core
    noise += [one for one in found if one]
    return left
