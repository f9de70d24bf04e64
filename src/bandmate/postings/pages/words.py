"""What facts are called on pages: the words for codes, fields and verdicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from bandmate.engines.extraction import country_name
from bandmate.postings.domain.lifecycle import Status, Verdict

WORK_MODELS: Mapping[str, str] = {"remote": "Remote", "hybrid": "Hybrid", "on_site": "On site"}
EMPLOYMENT: Mapping[str, str] = {
    "full_time": "Full time",
    "part_time": "Part time",
    "contract": "Contract",
    "internship": "Internship",
    "temporary": "Temporary",
}
STATUSES: Mapping[str, str] = {
    Status.ACTIVE: "Open",
    Status.EXPIRED: "Past its deadline",
    Status.DELETED: "Closed",
}
VERDICTS: Mapping[str, tuple[str, str, str]] = {
    Verdict.COMPLETE: ("Complete", "good", "The whole listing was read: whoever is not in it was absent."),
    Verdict.PARTIAL: (
        "Partial",
        "warn",
        "Part of the listing was read: who is in it was seen, who is not in it is not counted as absent.",
    ),
    Verdict.EMPTY: (
        "Empty",
        "warn",
        "The board answered without any posting. Broken boards do so too, so nothing is concluded from it.",
    ),
    Verdict.FAILED: ("Failed", "bad", "No usable answer came: nothing is concluded from it."),
}
"""Name, kind of badge and meaning of what a run proves."""

FACETS: Mapping[str, str] = {
    "work_model": "Work model",
    "employment_type": "Employment",
    "company": "Company",
    "country": "Country",
    "city": "City",
    "department": "Department",
    "team": "Team",
    "region": "Region",
    "language": "Language",
    "provider": "Provider",
}
"""The filters with counted values, in the order in which they stand on the page."""

_INITIALISMS = {"id": "ID", "url": "URL"}


def value_label(field: str, value: str) -> str:
    """Return what a value of a filter is called: ``on_site`` is On site, ``DE`` Germany; else the value itself."""
    return _LABELS[field](value) if field in _LABELS else value


@lru_cache(maxsize=512)
def language_name(code: str) -> str:
    """Return the English name of a language by its ISO 639-1 code; the code itself where there is none."""
    try:
        return Locale.parse(code).get_language_name("en") or code
    except (UnknownLocaleError, ValueError):
        return code


def field_label(name: str) -> str:
    """Return a record's key as a heading: ``source_posted_at`` is Source Posted At, ``job_id`` Job ID."""
    return " ".join(_INITIALISMS.get(word, word.capitalize()) for word in name.split("_"))


def sentence_case(name: str) -> str:
    """Return a code as words: ``work_model`` is Work model."""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


_LABELS: Mapping[str, Callable[[str], str]] = {
    "work_model": lambda value: WORK_MODELS.get(value, sentence_case(value)),
    "employment_type": lambda value: EMPLOYMENT.get(value, sentence_case(value)),
    "country": lambda value: country_name(value) or value,
    "language": language_name,
    "provider": str.capitalize,
    "status": lambda value: STATUSES.get(value, value),
}


def joined(names: list[str], last: str = "or") -> str:
    """Write names one after the other: ``Berlin``, ``Berlin or Paris``, ``Berlin, Paris or Rome``."""
    if len(names) < 2:  # noqa: PLR2004 - one name stands alone
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"
