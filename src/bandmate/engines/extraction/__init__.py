"""Text to facts with evidence: salary, location, work model, employment type, language, HTML to text.

All functions are pure and safe on hostile input: linear time, no exceptions for any string.
"""

from __future__ import annotations

from bandmate.engines.extraction.employment import (
    EmploymentFinding,
    find_employment_type,
    normalise_employment_type,
)
from bandmate.engines.extraction.gazetteer import country_code_of, country_name
from bandmate.engines.extraction.html import sanitise, to_text
from bandmate.engines.extraction.language import detect_language
from bandmate.engines.extraction.location import Place, parse_location
from bandmate.engines.extraction.salary import SalaryFinding, find_salary, parse_period
from bandmate.engines.extraction.workplace import WorkplaceFinding, find_workplace, workplace_from_location

EXTRACTION_VERSION = 2
"""Raised whenever the same text may give another result, so that stored facts know which rules they come from."""

__all__ = [
    "EXTRACTION_VERSION",
    "EmploymentFinding",
    "Place",
    "SalaryFinding",
    "WorkplaceFinding",
    "country_code_of",
    "country_name",
    "detect_language",
    "find_employment_type",
    "find_salary",
    "find_workplace",
    "normalise_employment_type",
    "parse_location",
    "parse_period",
    "sanitise",
    "to_text",
    "workplace_from_location",
]
