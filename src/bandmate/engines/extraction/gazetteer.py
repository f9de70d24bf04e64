"""The places of the world: what a name may mean. Data: GeoNames, ISO 3166, CLDR (see data/README.md)."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from bandmate.engines.extraction.folding import fold


@dataclass(frozen=True, slots=True)
class City:
    """One meaning of a city's name."""

    country_code: str
    """ISO 3166-1 alpha-2."""
    region: str
    """Postal code of the state or province in the United States, Canada, Australia and Brazil; else empty."""
    thousands: int
    """Inhabitants in thousands, at least 1."""
    own_name: bool
    """False where the name is one of its other names (another language, a nickname)."""


@dataclass(frozen=True, slots=True)
class Region:
    """One meaning of the name of a first-level division."""

    country_code: str
    code: str
    """The code people write after a city ("TX"), empty where there is none in daily use."""


class Gazetteer:
    """Look-ups by folded name (see :func:`bandmate.engines.extraction.folding.fold`)."""

    __slots__ = ("_cities", "_regions", "codes_by_country_name", "country_names", "region_codes")

    def __init__(self, data: str) -> None:
        """``data``: four tables parted by empty lines, as ``scripts/build_gazetteer.py`` writes them."""
        countries, names, regions, cities = (_table(section) for section in data.split("\n\n"))
        self.country_names = countries
        """English name by ISO code."""
        self.codes_by_country_name = names
        """ISO code by folded name in any of some thirty languages, and by folded alpha-3 code."""
        self._regions = regions
        self._cities = cities
        self.region_codes: dict[str, list[str]] = {}
        """Countries by the code of a division: ``"WA"`` is a state of the US and of Australia."""
        for places in regions.values():
            for place in places.split(" "):
                country, _, code = place.partition(".")
                if code:
                    self.region_codes.setdefault(code, []).append(country)

    def regions(self, key: str) -> tuple[Region, ...]:
        """What the folded name may mean as a first-level division."""
        found = self._regions.get(key)
        return tuple(Region(*place.split(".")) for place in found.split(" ")) if found else ()

    def cities(self, key: str) -> tuple[City, ...]:
        """What the folded name may mean as a city, the most likely first."""
        found = self._cities.get(key)
        return tuple(map(_city, found.split(" "))) if found else ()


@cache
def gazetteer() -> Gazetteer:
    """The packaged gazetteer, read on first use (about 0.15 s, then kept)."""
    packed = files("bandmate.engines.extraction").joinpath("data/gazetteer.txt.gz").read_bytes()
    return Gazetteer(gzip.decompress(packed).decode())


@lru_cache(maxsize=1024)
def country_name(code: str) -> str:
    """English short name of an ISO 3166-1 alpha-2 code; an unknown code comes back as it is."""
    return gazetteer().country_names.get(code.upper(), code)


@lru_cache(maxsize=8192)
def country_code_of(text: str) -> str | None:
    """ISO 3166-1 alpha-2 code of a country, given by its name in any common language or by a code; else None."""
    places = gazetteer()
    key = fold(text)
    if len(key) == 2 and key.isascii() and key.upper() in places.country_names:  # noqa: PLR2004 - alpha-2
        return key.upper()
    return places.codes_by_country_name.get(key)


def _table(section: str) -> dict[str, str]:
    return {key: value for key, _, value in (line.partition("\t") for line in section.split("\n"))}


def _city(place: str) -> City:
    country, region, size = place.split(".")
    return City(country, region, int(size.rstrip("~")), own_name=not size.endswith("~"))
