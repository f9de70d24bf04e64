"""Greenhouse: text escaped once, employer's own fields, pay per jurisdiction."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from bandmate.postings.providers import (
    PROVIDERS,
    Fault,
    RawPosting,
    StatedLocation,
    StatedPosting,
    StatedSalary,
)


def read(**fields: Any) -> tuple[StatedPosting, tuple[Fault, ...]]:
    """State one posting of Greenhouse with these fields beside an id and a title."""
    native = {"id": "k", "title": "Tuner", **fields}
    return PROVIDERS["greenhouse"].state(RawPosting("k", "/0", native))


def facts(**fields: Any) -> StatedPosting:
    """State one posting that must have no fault."""
    stated, faults = read(**fields)
    assert faults == ()
    return stated


def salary(low: str | None, high: str | None, currency: str | None, period: str | None) -> tuple[object, ...]:
    """Put the comparable parts of a range in one tuple."""
    return (low and Decimal(low), high and Decimal(high), currency, period)


def parts(found: StatedSalary | None) -> tuple[object, ...] | None:
    """Return the comparable parts of a stated range."""
    return None if found is None else (found.minimum, found.maximum, found.currency, found.period)


def test_greenhouses_content_is_unescaped_exactly_once() -> None:
    """What still looks escaped afterwards is the text's own: a second pass would corrupt it."""
    content = "&lt;p&gt;R&amp;amp;B &amp;lt;live&amp;gt; &quot;now&quot;&lt;/p&gt;"
    assert facts(content=content).description_html == '<p>R&amp;B &lt;live&gt; "now"</p>'


def test_greenhouses_facts() -> None:
    """Names, dates with their offsets, the first named department, and the employer's own plain fields."""
    stated = facts(
        company_name=" Low Tide ",
        location={"name": "Leeds | York"},
        offices=[{"id": 1, "name": "HQ", "location": "Leeds"}],
        departments=[{"name": None}, {"name": "Sound"}],
        metadata=[
            {"name": "Location Type", "value": "On-Site", "value_type": "single_select"},
            {"name": "Employment Type", "value": "Regular"},
            {"name": "Tags", "value": ["a"]},
            {"name": "Level", "value": None},
        ],
        requisition_id="R-7",
        language="en",
        absolute_url="https://lowtide.example/jobs?gh_jid=7",
        first_published="2026-02-09T05:10:54-05:00",
        updated_at="2026-08-04T09:51:42-04:00",
        application_deadline="2026-09-01",
    )
    assert (stated.company, stated.department, stated.language) == ("Low Tide", "Sound", "en")
    assert stated.locations == (StatedLocation("Leeds | York"),)
    assert (stated.workplace_type, stated.workplace_raw, stated.employment_type) == (
        "on_site",
        "On-Site",
        "Regular",
    )
    assert stated.requisition_id == "R-7"
    assert stated.posted_at == datetime(2026, 2, 9, 10, 10, 54, tzinfo=UTC)
    assert stated.updated_at == datetime(2026, 8, 4, 13, 51, 42, tzinfo=UTC)
    assert stated.valid_through == datetime(2026, 9, 1, 23, 59, 59, 999_999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stands", "means"), [("TBD", None), ("See Opening ID", None), ("R 1", "R 1"), (4189, "4189")]
)
def test_greenhouses_placeholder_requisitions_are_none(stands: object, means: str | None) -> None:
    """Place holders would join postings that have nothing in common."""
    assert facts(requisition_id=stands).requisition_id == means


@pytest.mark.parametrize(
    ("title", "low", "high", "currency", "period"),
    [
        ("Annual Salary Range", 8_000_000, 9_000_000, "USD", "year"),
        ("Hourly pay", 5_000_000, 6_000_000, "USD", "hour"),
        ("Monthly base", 300_000, 400_000, "EUR", "month"),
        (None, 1_700, 1_850, "USD", "hour"),
        ("Zone A", 12_000_000, 15_000_000, "CAD", "year"),
        ("Zone A", 300_000, 400_000, "USD", None),
        ("Zone A", 150_000, 200_000, "JPY", None),
    ],
)
def test_greenhouses_pay_period(title: str | None, low: int, high: int, currency: str, period: str | None) -> None:
    """The title says it; else the magnitude, where the currency makes that safe."""
    pay = {"min_cents": low, "max_cents": high, "currency_type": currency, "title": title}
    stated = facts(pay_input_ranges=[pay])
    assert parts(stated.salary) == (Decimal(low) / 100, Decimal(high) / 100, currency, period)


def test_greenhouses_ranges_of_two_currencies_are_never_merged() -> None:
    """The headline encloses the first currency's ranges; all are kept."""
    ranges = [
        {"min_cents": 10_000_000, "max_cents": 12_000_000, "currency_type": "USD", "title": "NY"},
        {"min_cents": 9_000_000, "max_cents": 11_000_000, "currency_type": "GBP", "title": "London"},
        {"min_cents": 8_000_000, "max_cents": 0, "currency_type": "USD", "title": "Ohio"},
    ]
    stated = facts(pay_input_ranges=ranges)
    assert parts(stated.salary) == salary("80000", "120000", "USD", "year")
    assert [s.currency for s in stated.salaries] == ["USD", "GBP", "USD"]
    assert stated.salary is not None
    assert stated.salary.raw == "NY: 100000 - 120000 USD; Ohio: 80000 USD"
