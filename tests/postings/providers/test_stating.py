"""Elements to facts: each provider's own vocabulary and traps, and fields that are not what they should be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bandmate.postings.providers import (
    PROVIDERS,
    BadPosting,
    Fault,
    RawPosting,
    StatedPosting,
)

TITLES = {"lever": "text", "greenhouse": "title", "ashby": "title"}


def read(name: str, **fields: Any) -> tuple[StatedPosting, tuple[Fault, ...]]:
    """State one posting with these fields beside an id and a title."""
    native = {"id": "k", TITLES[name]: "Tuner", **fields}
    return PROVIDERS[name].state(RawPosting("k", "/0", native))


def facts(name: str, **fields: Any) -> StatedPosting:
    """State one posting that must have no fault."""
    stated, faults = read(name, **fields)
    assert faults == ()
    return stated


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize(
    ("title", "says"),
    [(None, "is null"), ("", "is blank"), (" \u00a0", "is blank"), (7, "is a number"), ({}, "object")],
)
def test_a_posting_without_a_usable_title_is_bad(name: str, title: object, says: str) -> None:
    """It raises with a fatal fault that points at the title."""
    with pytest.raises(BadPosting, match=says) as caught:
        read(name, **{TITLES[name]: title})
    assert caught.value.fault.pointer == f"/0/{TITLES[name]}"
    assert (caught.value.fault.fatal, caught.value.fault.key) == (True, "k")


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_missing_title_is_called_missing(name: str) -> None:
    """Absent is told from null."""
    with pytest.raises(BadPosting, match="is missing"):
        PROVIDERS[name].state(RawPosting("k", "/0", {"id": "k"}))


@pytest.mark.parametrize("name", PROVIDERS)
def test_titles_are_trimmed_and_folded(name: str) -> None:
    """Outer spaces and inner runs of white space, also non-breaking ones, are layout."""
    assert facts(name, **{TITLES[name]: "  Piano\u00a0 Tuner\n(Night) "}).title == "Piano Tuner (Night)"


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_bare_posting_states_nothing_else(name: str) -> None:
    """Missing optional fields are no fault."""
    stated = facts(name)
    assert (stated.locations, stated.salaries, stated.salary, stated.description_html) == ((), (), None, "")
    assert (stated.posted_at, stated.workplace_type, stated.is_remote_stated, stated.source_url) == (None,) * 4


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("junk", [7, 1.5, True, "junk", [1, None, "x", [], {}], {"a": [], "min": [], "name": 3}])
def test_junk_in_every_field_costs_fields_only(name: str, junk: object) -> None:
    """Whatever type a field has, the posting survives, and what is dropped is reported with its pointer."""
    names = (
        "categories country createdAt description descriptionPlain opening lists additional hostedUrl applyUrl"
        " workplaceType salaryRange salaryDescription location offices departments metadata content language"
        " company_name requisition_id first_published updated_at application_deadline absolute_url"
        " pay_input_ranges"
        " department team employmentType secondaryLocations address isRemote publishedAt jobUrl descriptionHtml"
        " compensation shouldDisplayCompensationOnJobPostings"
    )
    stated, faults = read(name, **dict.fromkeys(names.split(), junk))
    assert stated.title == "Tuner"
    assert faults
    assert all(fault.pointer.startswith("/0/") and fault.key == "k" and not fault.fatal for fault in faults)


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("lever", "createdAt", 10**18),
        ("lever", "createdAt", -1),
        ("lever", "createdAt", float("1e300")),
        ("lever", "createdAt", 1_777_659_953),
        ("greenhouse", "first_published", "2026-13-45"),
        ("greenhouse", "first_published", "2026-02-30T10:00:00-05:00"),
        ("greenhouse", "updated_at", "0001-01-01T00:00:00+14:00"),
        ("ashby", "publishedAt", "9999-12-31T23:59:59-14:00"),
        ("ashby", "publishedAt", "yesterday"),
    ],
)
def test_an_impossible_date_is_dropped_and_reported(name: str, field: str, value: object) -> None:
    """Seconds taken for milliseconds, the thirteenth month, years out of range: the field is empty, not wrong."""
    stated, faults = read(name, **{field: value})
    assert (stated.posted_at, stated.updated_at) == (None, None)
    assert [fault.pointer for fault in faults] == [f"/0/{field}"]
    assert "no possible date" in faults[0].what


def test_an_instant_without_a_zone_is_dropped_and_reported() -> None:
    """It could be off by a day; guessing UTC would be a statement nobody made."""
    stated, faults = read("ashby", publishedAt="2026-05-01T18:25:53")
    assert stated.posted_at is None
    assert "no time zone" in faults[0].what


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "//host/x", "https://", "http://["])
def test_a_link_that_is_no_web_address_is_dropped(link: str) -> None:
    """A page prints these as links: only http and https get through."""
    stated, faults = read("lever", hostedUrl=link)
    assert stated.source_url is None
    assert faults[0].pointer == "/0/hostedUrl"


def test_an_endless_title_is_cut_and_told() -> None:
    """A title of 240,000 characters is cut to what a list can show, with a fault; the native payload keeps it."""
    provider = PROVIDERS["lever"]
    endless = {"id": "a", "text": "Sound " * 40_000, "hostedUrl": "https://jobs.lever.co/halfnote/a"}
    (raw,) = provider.split(json.dumps([endless]).encode()).postings
    stated, faults = provider.state(raw)
    assert len(stated.title) == 1_000
    assert [fault.pointer for fault in faults] == ["/0/text"]
    assert len(raw.native["text"]) == 240_000
