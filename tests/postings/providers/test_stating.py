"""Elements to facts: each provider's own vocabulary and traps, and fields that are not what they should be."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import pytest

from bandmate.postings.providers import (
    PROVIDERS,
    BadPosting,
    Fault,
    RawPosting,
    StatedLocation,
    StatedPosting,
    StatedSalary,
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


def salary(low: str | None, high: str | None, currency: str | None, period: str | None) -> tuple[object, ...]:
    """Put the comparable parts of a range in one tuple."""
    return (low and Decimal(low), high and Decimal(high), currency, period)


def parts(found: StatedSalary | None) -> tuple[object, ...] | None:
    """Return the comparable parts of a stated range."""
    return None if found is None else (found.minimum, found.maximum, found.currency, found.period)


# Every provider


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


# Lever


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
        "lever",
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
    assert facts("lever", opening="<p>A</p>", descriptionBody="<p>B</p>").description_html == "<p>A</p><p>B</p>"
    assert (
        facts("lever", descriptionPlain="R&B\nband\n\n1 < 2").description_html
        == "<p>R&amp;B<br>band</p><p>1 &lt; 2</p>"
    )


def test_levers_locations_start_with_the_primary_one_each_once() -> None:
    """The country belongs to the primary location; `allLocations` repeats it."""
    stated = facts(
        "lever",
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
    stated = facts("lever", workplaceType=word)
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
    stated = facts("lever", salaryRange={"min": 20, "max": 30.5, "currency": "usd", "interval": interval})
    assert parts(stated.salary) == salary("20", "30.5", "USD", period)
    assert stated.salary is not None
    assert stated.salary.raw == f"20 - 30.5 USD {interval}"


def test_a_zero_bound_is_unset() -> None:
    """Both zero is no pay; one zero is an open range."""
    assert facts("lever", salaryRange={"min": 0, "max": 0, "currency": "DZD", "interval": "x"}).salary is None
    assert parts(facts("lever", salaryRange={"min": 0, "max": 9, "currency": "EUR"}).salary) == salary(
        None, "9", "EUR", None
    )


@pytest.mark.parametrize("bad", ["a lot", -5, True, "NaN", 1e30, [1]])
def test_an_amount_that_is_none_is_dropped_and_reported(bad: object) -> None:
    """The other bound stays."""
    stated, faults = read("lever", salaryRange={"min": bad, "max": 9, "currency": "EUR", "interval": "1-hour"})
    assert parts(stated.salary) == salary(None, "9", "EUR", "hour")
    assert [fault.pointer for fault in faults] == ["/0/salaryRange/min"]


def test_exchanged_bounds_are_put_right_and_reported() -> None:
    """A minimum above the maximum is a slip of the pen."""
    stated, faults = read("lever", salaryRange={"min": 9, "max": 5, "currency": "EUR"})
    assert parts(stated.salary) == salary("5", "9", "EUR", None)
    assert "exchanged" in faults[0].what


# Greenhouse


def test_greenhouses_content_is_unescaped_exactly_once() -> None:
    """What still looks escaped afterwards is the text's own: a second pass would corrupt it."""
    content = "&lt;p&gt;R&amp;amp;B &amp;lt;live&amp;gt; &quot;now&quot;&lt;/p&gt;"
    assert facts("greenhouse", content=content).description_html == '<p>R&amp;B &lt;live&gt; "now"</p>'


def test_greenhouses_facts() -> None:
    """Names, dates with their offsets, the first named department, and the employer's own plain fields."""
    stated = facts(
        "greenhouse",
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
    assert facts("greenhouse", requisition_id=stands).requisition_id == means


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
    stated = facts("greenhouse", pay_input_ranges=[pay])
    assert parts(stated.salary) == (Decimal(low) / 100, Decimal(high) / 100, currency, period)


def test_greenhouses_ranges_of_two_currencies_are_never_merged() -> None:
    """The headline encloses the first currency's ranges; all are kept."""
    ranges = [
        {"min_cents": 10_000_000, "max_cents": 12_000_000, "currency_type": "USD", "title": "NY"},
        {"min_cents": 9_000_000, "max_cents": 11_000_000, "currency_type": "GBP", "title": "London"},
        {"min_cents": 8_000_000, "max_cents": 0, "currency_type": "USD", "title": "Ohio"},
    ]
    stated = facts("greenhouse", pay_input_ranges=ranges)
    assert parts(stated.salary) == salary("80000", "120000", "USD", "year")
    assert [s.currency for s in stated.salaries] == ["USD", "GBP", "USD"]
    assert stated.salary is not None
    assert stated.salary.raw == "NY: 100000 - 120000 USD; Ohio: 80000 USD"


# Ashby


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
        "ashby",
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
        "ashby",
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
    stated = facts("ashby", compensation={"summaryComponents": [component(10, 20.5, interval=interval)]})
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
    stated = facts("ashby", workplaceType=word, isRemote=flag)
    assert (stated.workplace_type, stated.is_remote_stated) == (workplace, remote)


def test_ashbys_addresses_are_read_in_both_shapes() -> None:
    """Wrapped in `postalAddress` or bare; a location without text is named by its parts; each once."""
    stated = facts(
        "ashby",
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
        "ashby",
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
