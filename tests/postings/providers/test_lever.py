"""Lever: the seed posting, the whole text once, its words for places of work and pay."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
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
    """State one posting of Lever with these fields beside an id and a title."""
    native = {"id": "k", "text": "Tuner", **fields}
    return PROVIDERS["lever"].state(RawPosting("k", "/0", native))


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


def test_the_seed_posting_states_what_its_page_shows(shared: Any) -> None:
    """The golden Lever posting gives the stated facts of the golden record."""
    folder = shared / "postings" / "seed"
    job = orjson.loads((folder / "expected.json").read_bytes())["job"]
    lever = PROVIDERS["lever"]
    raw = next(
        raw
        for raw in lever.split((folder / job["raw_payload_uri"]).read_bytes()).postings
        if raw.key == job["provider_job_key"]
    )
    stated, faults = lever.state(raw)
    assert faults == ()
    for field in ("title", "location_text", "department", "team", "employment_type", "workplace_type"):
        assert getattr(stated, field) == job[field], field
    assert (stated.source_url, stated.apply_url) == (job["source_url"], job["apply_url"])
    assert stated.posted_at == datetime(2026, 5, 1, 18, 25, 53, 765_000, tzinfo=UTC)
    assert stated.locations == (StatedLocation("New York, NY", country="US"),)
    assert (stated.workplace_raw, stated.is_remote_stated, stated.salary) == ("onsite", False, None)


def test_levers_text_is_description_lists_pay_and_additional_once() -> None:
    """The opening stands in the description already; headings are kept; bare items get their list."""
    html = facts(
        opening="<div>Hello</div>",
        descriptionBody="<div>Body</div>",
        description="<div>Hello</div><div>Body</div>",
        lists=[
            {"text": "What & how", "content": "<li>Tune</li>"},
            {"text": "", "content": "<ul><li>Listen</li></ul>"},
        ],
        salaryDescription="<p>Pay</p>",
        additional="<p>Equal</p>",
        additionalPlain="Equal",
    ).description_html
    assert html.split("\n") == [
        "<div>Hello</div><div>Body</div>",
        "<h3>What &amp; how</h3>",
        "<ul><li>Tune</li></ul>",
        "<ul><li>Listen</li></ul>",
        "<p>Pay</p>",
        "<p>Equal</p>",
    ]


def test_levers_text_falls_back_to_its_parts_and_its_plain_form() -> None:
    """Without `description` the opening and the body are joined; without HTML the plain text is escaped."""
    assert facts(opening="<p>A</p>", descriptionBody="<p>B</p>").description_html == "<p>A</p><p>B</p>"
    assert facts(descriptionPlain="R&B\nband\n\n1 < 2").description_html == "<p>R&amp;B<br>band</p><p>1 &lt; 2</p>"


def test_levers_locations_start_with_the_primary_one_each_once() -> None:
    """The country belongs to the primary location; `allLocations` repeats it."""
    stated = facts(
        country="DZ",
        categories={"location": " Algiers ", "allLocations": ["Oran", "algiers", "Oran", " "]},
    )
    assert stated.locations == (StatedLocation("Algiers", country="DZ"), StatedLocation("Oran"))
    assert stated.location_text == "Algiers"


@pytest.mark.parametrize(
    ("word", "workplace", "remote"),
    [
        ("onsite", "on_site", False),
        ("on-site", "on_site", False),
        ("hybrid", "hybrid", False),
        ("remote", "remote", True),
        ("unspecified", None, None),
        ("on the moon", None, None),
    ],
)
def test_levers_workplace_words(word: str, workplace: str | None, remote: bool | None) -> None:
    """Documentation and wire spell it differently; hybrid is not remote; unknown words are kept raw only."""
    stated = facts(workplaceType=word)
    assert (stated.workplace_type, stated.is_remote_stated, stated.workplace_raw) == (workplace, remote, word)


@pytest.mark.parametrize(
    ("interval", "period"),
    [
        ("per-year-salary", "year"),
        ("per-month-salary", "month"),
        ("per-week-salary", "week"),
        ("per-day-wage", "day"),
        ("per-hour-wage", "hour"),
        ("1-year", "year"),
        ("1-hour", "hour"),
        ("one-time", None),
        ("2-week", None),
        ("bi-week-salary", None),
    ],
)
def test_levers_pay_intervals(interval: str, period: str | None) -> None:
    """The spellings seen on the wire; whatever is no plain period has none."""
    stated = facts(salaryRange={"min": 20, "max": 30.5, "currency": "usd", "interval": interval})
    assert parts(stated.salary) == salary("20", "30.5", "USD", period)
    assert stated.salary is not None
    assert stated.salary.raw == f"20 - 30.5 USD {interval}"


def test_a_zero_bound_is_unset() -> None:
    """Both zero is no pay; one zero is an open range."""
    assert facts(salaryRange={"min": 0, "max": 0, "currency": "DZD", "interval": "x"}).salary is None
    assert parts(facts(salaryRange={"min": 0, "max": 9, "currency": "EUR"}).salary) == salary(
        None, "9", "EUR", None
    )


@pytest.mark.parametrize("bad", ["a lot", -5, True, "NaN", 1e30, [1]])
def test_an_amount_that_is_none_is_dropped_and_reported(bad: object) -> None:
    """The other bound stays."""
    stated, faults = read(salaryRange={"min": bad, "max": 9, "currency": "EUR", "interval": "1-hour"})
    assert parts(stated.salary) == salary(None, "9", "EUR", "hour")
    assert [fault.pointer for fault in faults] == ["/0/salaryRange/min"]


def test_exchanged_bounds_are_put_right_and_reported() -> None:
    """A minimum above the maximum is a slip of the pen."""
    stated, faults = read(salaryRange={"min": 9, "max": 5, "currency": "EUR"})
    assert parts(stated.salary) == salary("5", "9", "EUR", None)
    assert "exchanged" in faults[0].what
