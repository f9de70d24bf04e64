"""What facts are called on pages: the words for codes, fields and verdicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from bandmate.engines.extraction import country_name
from bandmate.kernel.languages import dressed, language, later, locale_of
from bandmate.kernel.languages import gettext as _
from bandmate.postings.domain.lifecycle import Status, Verdict

WORK_MODELS: Mapping[str, str] = {
    "remote": later("Remote"),
    "hybrid": later("Hybrid"),
    "on_site": later("On site"),
}
EMPLOYMENT: Mapping[str, str] = {
    "full_time": later("Full time"),
    "part_time": later("Part time"),
    "contract": later("Contract"),
    "internship": later("Internship"),
    "temporary": later("Temporary"),
}
STATUSES: Mapping[str, str] = {
    Status.ACTIVE: later("Open"),
    Status.EXPIRED: later("Past its deadline"),
    Status.DELETED: later("Closed"),
}
VERDICTS: Mapping[str, tuple[str, str, str]] = {
    Verdict.COMPLETE: (
        later("Complete"),
        "good",
        later("The whole listing was read: whoever is not in it was absent."),
    ),
    Verdict.PARTIAL: (
        later("Partial"),
        "warn",
        later("Part of the listing was read: who is in it was seen, who is not in it is not counted as absent."),
    ),
    Verdict.EMPTY: (
        later("Empty"),
        "warn",
        later("The board answered without any posting. Broken boards do so too, so nothing is concluded from it."),
    ),
    Verdict.FAILED: (later("Failed"), "bad", later("No usable answer came: nothing is concluded from it.")),
}
"""Name, kind of badge and meaning of what a run proves; in English, to be translated where they are shown."""

FACETS: Mapping[str, str] = {
    "work_model": later("Work model"),
    "employment_type": later("Employment"),
    "company": later("Company"),
    "occupation": later("Occupation"),
    "skill": later("Skills"),
    "country": later("Country"),
    "city": later("City"),
    "department": later("Department"),
    "team": later("Team"),
    "region": later("Region"),
    "language": later("Language"),
    "provider": later("Provider"),
}
"""The filters with counted values, in the order in which they stand on the page."""

CODED = frozenset({"work_model", "employment_type", "country", "language", "status"})
"""Fields whose values have words of ours or of the CLDR; the values of others are data and stay as they are."""

_INITIALISMS = {"id": "ID", "url": "URL"}


def value_label(field: str, value: str) -> str:
    """Return what a value of a filter is called: ``on_site`` is On site, ``DE`` Germany; else the value itself."""
    return _LABELS[field](value) if field in _LABELS else value


def language_name(code: str) -> str:
    """Return the name of a language by its ISO 639-1 code; the code itself where there is none."""
    return dressed(_language_name(code, locale_of(language())), language())


@lru_cache(maxsize=512)
def _language_name(code: str, locale: Locale) -> str:
    try:
        return Locale.parse(code).get_language_name(locale) or code
    except (UnknownLocaleError, ValueError):
        return code


def country_label(code: str) -> str:
    """Return the name of a country by its ISO 3166-1 code; the code itself where there is none."""
    locale = locale_of(language())
    known = country_name(code) if locale.language == "en" else locale.territories.get(code)
    return dressed(known or code, language())


def within(label: str) -> str:
    """Return a label as it stands within a sentence: English drops its capital, other languages keep their own."""
    return label.lower() if locale_of(language()).language == "en" else label


def field_label(name: str) -> str:
    """Return a record's key as a heading: ``source_posted_at`` is Source Posted At, ``job_id`` Job ID."""
    return " ".join(_INITIALISMS.get(word, word.capitalize()) for word in name.split("_"))


def sentence_case(name: str) -> str:
    """Return a code as words: ``work_model`` is Work model."""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


_LABELS: Mapping[str, Callable[[str], str]] = {
    "work_model": lambda value: _(WORK_MODELS.get(value, sentence_case(value))),
    "employment_type": lambda value: _(EMPLOYMENT.get(value, sentence_case(value))),
    "country": country_label,
    "language": language_name,
    "provider": str.capitalize,
    "status": lambda value: _(STATUSES.get(value, value)),
}
