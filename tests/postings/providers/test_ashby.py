"""Ashby: pay among other components, the remote box, addresses in two shapes."""

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
    """State one posting of Ashby with these fields beside an id and a title."""
    native = {"id": "k", "title": "Tuner", **fields}
    return PROVIDERS["ashby"].state(RawPosting("k", "/0", native))


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


def component(low: float | None, high: float | None, **changes: Any) -> dict[str, Any]:
    """Write a pay component in Ashby's shape."""
    base = {
        "compensationType": "Salary",
        "interval": "1 YEAR",
        "currencyCode": "USD",
        "minValue": low,
        "maxValue": high,
    }
    return {**base, **changes}


def test_ashbys_pay_comes_from_salary_components_only() -> None:
    """Equity, bonus and commission are no salary; the summary leads, the provider's own words are kept."""
    stated = facts(
        compensation={
            "compensationTierSummary": "$151K - $231K • Offers Equity",
            "scrapeableCompensationSalarySummary": "$151K - $231K",
            "summaryComponents": [component(9, 9, compensationType="Bonus"), component(151_000, 231_000)],
            "compensationTiers": [
                {
                    "components": [
                        component(168_000, 231_000, summary="SF"),
                        component(1, 2, compensationType="Commission"),
                    ]
                },
                {"components": [component(151_000, 207_000, summary="TX")]},
            ],
        },
    )
    assert parts(stated.salary) == salary("151000", "231000", "USD", "year")
    assert stated.salary is not None
    assert stated.salary.raw == "$151K - $231K"
    assert [(s.raw, s.minimum) for s in stated.salaries] == [("SF", Decimal(168_000)), ("TX", Decimal(151_000))]


def test_ashbys_hidden_pay_is_not_published() -> None:
    """Some answers carry pay that the employer chose not to show."""
    stated = facts(
        shouldDisplayCompensationOnJobPostings=False,
        compensation={"summaryComponents": [component(1, 2)], "compensationTiers": []},
    )
    assert (stated.salary, stated.salaries) == (None, ())


@pytest.mark.parametrize(
    ("interval", "period"),
    [
        ("1 YEAR", "year"),
        ("1 MONTH", "month"),
        ("1 WEEK", "week"),
        ("1 DAY", "day"),
        ("1 HOUR", "hour"),
        ("2 WEEK", None),
        ("1 TIME", None),
        ("NONE", None),
        ("hourly", "hour"),
        ("annually", "year"),
    ],
)
def test_ashbys_pay_intervals(interval: str, period: str | None) -> None:
    """A multiple has no plain period; older answers use bare adverbs."""
    stated = facts(compensation={"summaryComponents": [component(10, 20.5, interval=interval)]})
    assert parts(stated.salary) == salary("10", "20.5", "USD", period)


@pytest.mark.parametrize(
    ("word", "flag", "workplace", "remote"),
    [
        ("Hybrid", True, "hybrid", False),
        ("Remote", False, "remote", True),
        ("OnSite", True, "on_site", False),
        (None, True, None, True),
        (None, False, None, False),
        (None, None, None, None),
    ],
)
def test_ashbys_workplace_type_outranks_its_remote_box(
    word: str | None, flag: bool | None, workplace: str | None, remote: bool | None
) -> None:
    """`isRemote` is true for hybrid roles too, so alone it is only a statement, not a workplace type."""
    stated = facts(workplaceType=word, isRemote=flag)
    assert (stated.workplace_type, stated.is_remote_stated) == (workplace, remote)


def test_ashbys_addresses_are_read_in_both_shapes() -> None:
    """Wrapped in `postalAddress` or bare; a location without text is named by its parts; each once."""
    stated = facts(
        location="Brooklyn, New York",
        address={
            "postalAddress": {"addressLocality": "Brooklyn", "addressRegion": "New York", "addressCountry": "USA"}
        },
        secondaryLocations=[
            {"location": "Toronto", "address": {"addressLocality": "Toronto", "addressCountry": "Canada"}},
            {"location": "brooklyn, new york", "address": None},
            {
                "location": " ",
                "address": {"postalAddress": {"addressLocality": "Lyon", "addressCountry": "France"}},
            },
        ],
    )
    assert stated.locations == (
        StatedLocation("Brooklyn, New York", "Brooklyn", "New York", "USA"),
        StatedLocation("Toronto", "Toronto", None, "Canada"),
        StatedLocation("Lyon, France", "Lyon", None, "France"),
    )
    assert stated.location_text == "Brooklyn, New York"


def test_ashbys_plain_facts() -> None:
    """Raw words stay raw, the time becomes UTC."""
    stated = facts(
        department="Live",
        team="Stage",
        employmentType="FullTime",
        publishedAt="2025-08-15T18:26:15.978+02:00",
        descriptionHtml="<p>Load in</p>",
        descriptionPlain="Load in",
        jobUrl="https://jobs.ashbyhq.com/lowtide/k",
        applyUrl="https://jobs.ashbyhq.com/lowtide/k/application",
    )
    assert (stated.department, stated.team, stated.employment_type) == ("Live", "Stage", "FullTime")
    assert stated.posted_at == datetime(2025, 8, 15, 16, 26, 15, 978_000, tzinfo=UTC)
    assert (stated.description_html, stated.apply_url) == ("<p>Load in</p>", f"{stated.source_url}/application")
