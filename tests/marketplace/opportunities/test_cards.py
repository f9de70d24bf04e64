"""What a card says of an opportunity."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from bandmate.marketplace.opportunities.pages.cards import place_of
from bandmate.marketplace.opportunities.pages.words import countries


@pytest.mark.parametrize(
    ("location", "country", "said"),
    [
        ("Stockholm", "SE", "Stockholm, Sweden"),
        ("Singapore", "SG", "Singapore"),
        ("Remote, United Kingdom", "GB", "Remote, United Kingdom"),
        ("Georgia, Tbilisi", "GE", "Georgia, Tbilisi, Georgia"),
        (None, "SE", "Sweden"),
        ("Lund", None, "Lund"),
        (None, None, ""),
    ],
)
def test_a_country_is_named_once(location: str | None, country: str | None, said: str) -> None:
    """A place that is its country, or ends in it, is not followed by it again."""
    each: Any = SimpleNamespace(location=location, country=country)
    assert place_of(each) == said


def test_countries_are_those_of_the_standard_by_name() -> None:
    """A form offers ISO 3166-1 alpha-2 alone: no unions and no parts of countries that the names come with."""
    offered = dict(countries())
    assert (offered["SE"], offered["HR"]) == ("Sweden", "Croatia")
    assert not {"EU", "EZ", "UN", "ZZ", "XA", "150"} & set(offered)
    assert list(offered).index("CI") < list(offered).index("HR") < list(offered).index("SE")
