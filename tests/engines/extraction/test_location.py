"""A location string into places."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.engines.extraction import country_code_of, country_name, parse_location
from bandmate.engines.extraction.folding import fold

ONE_PLACE = [
    ("New York, NY", "New York", "NY", "US"),
    ("New York Office", "New York", None, "US"),
    ("USA - New York NY", "New York", "NY", "US"),
    ("US-CA-San Francisco", "San Francisco", "CA", "US"),
    ("Jersey City, NJ 07302", "Jersey City", "NJ", "US"),
    ("Denver, Colorado, United States of America", "Denver", "Colorado", "US"),
    ("Foster City, CA (Hybrid) In office M,W,F", "Foster City", "CA", "US"),
    ("Brooklyn, New York", "Brooklyn", "New York", "US"),
    ("Atlanta, Georgia", "Atlanta", "Georgia", "US"),
    ("Tbilisi, Georgia", "Tbilisi", None, "GE"),
    ("Paris, TX", "Paris", "TX", "US"),
    ("Paris", "Paris", None, "FR"),
    ("London, ON", "London", "ON", "CA"),
    ("Toronto, CA", "Toronto", None, "CA"),
    ("Darmstadt, DE", "Darmstadt", None, "DE"),
    ("Dover, DE", "Dover", "DE", "US"),
    ("Cambridge, MA", "Cambridge", "MA", "US"),
    ("Cambridge, UK", "Cambridge", None, "GB"),
    ("München, Deutschland", "München", None, "DE"),
    ("São Paulo, SP", "São Paulo", "SP", "BR"),
    ("Bengaluru, Karnataka, India", "Bengaluru", "Karnataka", "IN"),
    ("India-Karnataka", None, "Karnataka", "IN"),
    ("GBR-London", "London", None, "GB"),
    ("東京", "東京", None, "JP"),
    ("Mexico City, Mexico", "Mexico City", None, "MX"),
    ("Singapore, Singapore", "Singapore", None, "SG"),
    ("Remote - US", None, None, "US"),
    ("Trinidad and Tobago", None, None, "TT"),
    ("Neo Gulf Canada Square", None, None, "CA"),
]


@pytest.mark.parametrize(("text", "city", "region", "code"), ONE_PLACE, ids=[row[0] for row in ONE_PLACE])
def test_reads_one_place(text: str, city: str | None, region: str | None, code: str) -> None:
    """City and region come as written, the country as its code and English name."""
    (place,) = parse_location(text)
    assert (place.city, place.region, place.country_code) == (city, region, code)
    assert place.country == country_name(code)


def test_is_sure_where_city_and_state_agree() -> None:
    """City and state that fit give a confidence of 0.9."""
    (place,) = parse_location("New York, NY")
    assert place.confidence == 0.9


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Berlin | Munich", ["DE", "DE"]),
        ("London; New York, NY", ["GB", "US"]),
        ("Remote / San Francisco / New York", ["US", "US"]),
        ("Remote (US or Canada)", ["US", "CA"]),
        ("Anywhere in France, Belgium, Spain", ["FR", "BE", "ES"]),
        ("Alabama, Florida, Texas", ["US", "US", "US"]),
        ("Kyiv, Lviv, Odesa", ["UA", "UA", "UA"]),
        ("Lisbon/Porto", ["PT", "PT"]),
        ("New York, San Francisco", ["US", "US"]),
        ("London, Singapore, New York", ["GB", "SG", "US"]),
        ("San Francisco, CA, Seattle, WA", ["US", "US"]),
        ("London, UK, Berlin, Germany", ["GB", "DE"]),
        ("New York City or Remote (US)", ["US", "US"]),
    ],
)
def test_reads_several_places(text: str, codes: list[str]) -> None:
    """A string that lists places gives each of them, in its order."""
    assert [place.country_code for place in parse_location(text)] == codes


@pytest.mark.parametrize(
    ("text", "city", "region"),
    [
        ("New York, New York", "New York", "New York"),
        ("London, Ontario", "London", "Ontario"),
        ("Vancouver, Washington", "Vancouver", "Washington"),
        ("Toronto, Ontario, Canada", "Toronto", "Ontario"),
    ],
)
def test_keeps_a_city_and_its_state_together(text: str, city: str, region: str) -> None:
    """A name that can hold the city beside it is no second city."""
    assert [(place.city, place.region) for place in parse_location(text)] == [(city, region)]


@pytest.mark.parametrize(
    "text", ["EMEA", "Remote", "2 Locations", "Headquarters", "Worldwide", "Bundesweit", "Mars Base 7"]
)
def test_names_no_country_where_none_is_meant(text: str) -> None:
    """Continents, roll-ups and words that are no place give no country and no confidence."""
    assert [(place.country_code, place.confidence) for place in parse_location(text)] == [(None, 0.0)]


@pytest.mark.parametrize("hint", ["USA", "US", "United States", "Estados Unidos", "アメリカ合衆国"])
def test_takes_a_hint_in_any_spelling(hint: str) -> None:
    """A country stated elsewhere stands in where the string names none."""
    (place,) = parse_location("Headquarters", country_hint=hint)
    assert (place.country_code, place.confidence) == ("US", 0.5)


def test_lets_a_hint_decide_between_namesakes() -> None:
    """A hint picks among places of one name but does not overrule what the string says."""
    assert parse_location("San Mateo", country_hint="PH")[0].country_code == "PH"
    assert parse_location("Berlin, Germany", country_hint="US")[0].country_code == "DE"


@pytest.mark.parametrize(("text", "remote"), [("Remote - US", True), ("Berlin (Hybrid)", False), ("Oslo", False)])
def test_knows_remote_from_hybrid(text: str, remote: bool) -> None:
    """Only remote is remote; hybrid is not."""
    assert parse_location(text)[0].is_remote is remote


def test_gives_nothing_for_an_empty_string() -> None:
    """No text, no place."""
    assert parse_location(" \n ") == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("USA", "US"),
        ("us", "US"),
        ("Deutschland", "DE"),
        ("Türkiye", "TR"),
        ("U.K.", "GB"),
        ("DEU", "DE"),
        ("Narnia", None),
    ],
)
def test_knows_countries_by_many_names(text: str, code: str | None) -> None:
    """Names in many languages, alpha-2 and alpha-3 codes lead to one code."""
    assert country_code_of(text) == code


@given(st.text(max_size=60))
def test_never_fails(text: str) -> None:
    """Any string gives places with a known or no country and a confidence between 0 and 1."""
    for place in parse_location(text):
        assert 0 <= place.confidence <= 1
        assert (place.country is None) == (place.country_code is None)


@given(st.text(max_size=30))
def test_folding_is_idempotent(text: str) -> None:
    """A folded name stays as it is."""
    assert fold(fold(text)) == fold(text)


def test_reads_only_the_beginning_of_prose() -> None:
    """A megabyte in the place of a location takes a moment."""
    began = time.process_time()
    parse_location("London, " * 125_000)
    assert time.process_time() - began < 1
