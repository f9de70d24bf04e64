"""A location string into places: city, region, country.

How it decides. The string is cut into places, each place into parts ("New York", "NY"). Every part may mean
several things: Georgia is a country and a state, CA is California and Canada. Each meaning votes for its
country, and a state that fits the city votes twice; the country with most votes wins, and the other parts are
read in its light.
"""
# ruff: noqa: RUF001 - typographic dashes and quotes are what these patterns look for

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from bandmate.engines.extraction.folding import fold
from bandmate.engines.extraction.gazetteer import City, Region, country_code_of, country_name, gazetteer
from bandmate.engines.extraction.workplace import workplace_from_location


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a posting, as far as its location string tells."""

    raw: str
    """The piece of the string it was read from."""
    city: str | None
    """As written, without the words around it ("New York Office" gives "New York")."""
    region: str | None
    """State or province as written, "NY" or "Bavaria"."""
    country: str | None
    """English short name."""
    country_code: str | None
    """ISO 3166-1 alpha-2."""
    is_remote: bool
    confidence: float
    """0 to 1: how sure the country is (0 where none was found)."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a place and everything it may mean."""

    text: str
    country: str | None
    regions: tuple[Region, ...]
    cities: tuple[City, ...]

    @property
    def known(self) -> bool:
        return bool(self.country or self.regions or self.cities)


_LONGEST = 400
"""Characters of a location string that are read; longer ones are prose."""
_BETWEEN_PLACES = re.compile(r"\s*[;|•\n]+\s*|\s+/+\s+|\s+(?:or|and|oder|und|ou|et|y)\s+|\s*&\s*", re.IGNORECASE)
_SLASH = re.compile(r"\s*/\s*")
_BETWEEN_PARTS = re.compile(r"\s*[,()\[\]:·]\s*|\s+[-–—]+\s+|\s*[–—]\s*")
_HYPHEN = re.compile(r"\s*-\s*")
_NOISE = re.compile(
    r"\b(?:remote(?:ly)?|hybrid|on-?\s?site|in-?\s?office|in-?\s?person|wfh|work from (?:home|anywhere)|anywhere|"
    r"home\s?-?office|headquarter(?:s|ed)?|hq|offices?|hub|campus|metro(?:politan)?|greater|area|region|based|"
    r"only|preferred|considered|optional|available|flexible|onsite|multiple|locations?|various|virtual|nationwide|"
    r"distributed|fully|within|from|in|the|of|to|at|near|city of|plus|time\s?zones?|tele-?travail|teletrabajo|"
    r"remoto)\b",
    re.IGNORECASE,
)
_NUMBERS = re.compile(r"\b[\d#+]+\b|[()\[\]#*]")
_FACILITY = re.compile(
    r"\b(?:mall|cent(?:re|er)s?|plaza|place|square|shopping|outlets?|airport|tower|building|station|gardens?|park|"
    r"village|store|warehouse|plant|hospital|university|school|collection|market)\b",
    re.IGNORECASE,
)
_EDGES = " \t-–—,.;:/|·•*"
_CODE = re.compile(r"^[A-Z]{2,3}$")
_WORD = re.compile(r"[^\W_]+(?:[.'’][^\W_]+)*\.?")
_POSTCODE_TAIL = re.compile(r"\s+\d[\d\s-]*$")

_PLAIN_CODES = frozenset({"US", "UK"})
"""Codes that mean nothing but a country."""
_MARKET = {"US": 0.1, "GB": 0.1, "CA": 0.05, "DE": 0.05, "FR": 0.05, "AU": 0.05, "IN": 0.05}
"""Where most postings come from: tips the scales between places of one name and like size."""
_LARGE = 100
"""Thousands of inhabitants from which a city is recognised inside a phrase."""
_METROPOLIS = 500
"""The same in a list for a city called by another of its names, or by a name that a state or country has too."""


def parse_location(text: str, *, country_hint: str | None = None) -> tuple[Place, ...]:
    """The places of a location string, in its order; empty where the string is.

    ``country_hint`` is a country the posting states elsewhere, in any spelling; it decides between meanings
    that the string leaves open and stands in where the string names no country at all.
    """
    return _parse(text[:_LONGEST], country_code_of(country_hint) if country_hint else None)


@lru_cache(maxsize=8192)  # a board names the same few places in all its postings
def _parse(text: str, hint: str | None) -> tuple[Place, ...]:
    text = text.strip()
    if not text:
        return ()
    remote_everywhere = workplace_from_location(text) == "remote"
    places = [_place(piece, hint, remote=remote_everywhere) for piece in _pieces(text)]
    if any(place.country_code for place in places):
        places = [place for place in places if place.country_code or place.city]
    return tuple(dict.fromkeys(places))


def _pieces(text: str) -> Iterable[str]:
    """Cut a string into the places it lists."""
    if country_code_of(text):
        return [text]
    pieces: list[str] = []
    for piece in _BETWEEN_PLACES.split(text):
        halves = [half for half in _SLASH.split(piece) if half]
        pieces.extend(halves if len(halves) > 1 and all(len(half) > 1 for half in halves) else [piece])
    return [place for piece in pieces if piece.strip(_EDGES) for place in _listed(piece)]


def _listed(piece: str) -> list[str]:
    """Split "Alabama, Florida, Texas" and "France, Belgium, Spain": commas between places of one kind."""
    parts = [part for part in piece.split(",") if part.strip()]
    if len(parts) < 2:  # noqa: PLR2004 - a list has two members
        return [piece]
    known = [_part(part) for part in parts]
    if _are_pairs(known):
        return [", ".join(pair) for pair in zip(parts[::2], parts[1::2], strict=True)]
    if _are_cities(known):
        return parts
    countries = {part.country for part in known}
    if None not in countries and len(countries) == len(parts):
        # "Luxembourg, Belgium" is a place in a country, "France, Belgium" are two
        return [piece] if len(parts) == 2 and known[0].cities else parts  # noqa: PLR2004 - a pair
    states = len(parts) > 2 and all(part.regions and not part.country for part in known)  # noqa: PLR2004 - more than city, state
    return parts if states else [piece]


def _are_pairs(known: list[_Part]) -> bool:
    """Whether cities and what holds them take turns: "San Francisco, CA, Seattle, WA"."""
    if len(known) < 4 or len(known) % 2:  # noqa: PLR2004 - two pairs
        return False
    return all(_may_hold(holder, city) for city, holder in zip(known[::2], known[1::2], strict=True)) and not any(
        holder.cities and not _CODE.match(holder.text) for holder in known[1::2]
    )


def _are_cities(known: list[_Part]) -> bool:
    """Whether all parts are large cities of which none could be the state or country of another."""
    return all(map(_is_large_city, known)) and not any(
        _may_hold(one, other) for one in known for other in known if one is not other
    )


def _is_large_city(part: _Part) -> bool:
    """Whether a part is a large city, a very large one where a state or country bears its name too."""
    shared = bool(part.country) or any(region.code for region in part.regions)
    if _CODE.match(part.text) or not part.cities:
        return False
    likeliest = part.cities[0]
    return likeliest.thousands >= (_LARGE if likeliest.own_name and not shared else _METROPOLIS)


def _may_hold(holder: _Part, part: _Part) -> bool:
    """Whether ``part`` has a meaning inside the country or the state that ``holder`` may be."""
    states = {(region.country_code, region.code) for region in holder.regions if region.code}
    return any(
        city.country_code == holder.country or (city.country_code, city.region) in states for city in part.cities
    )


def _place(raw: str, hint: str | None, *, remote: bool) -> Place:
    raw = raw.strip(_EDGES)
    parts = [part for part in _parts(raw) if part.known]
    votes = _votes(parts, hint)
    if not votes:
        return Place(raw, None, None, country_name(hint) if hint else None, hint, remote, 0.5 if hint else 0.0)
    winner = max(votes, key=votes.__getitem__)
    best = votes.pop(winner)
    rival = max(votes.values(), default=0.0)
    city, region, named = _read(parts, winner)
    confidence = _confidence(named=named, city=city, region=region, best=best, rival=rival)
    return Place(raw, city, region, country_name(winner), winner, remote, confidence)


def _confidence(*, named: bool, city: str | None, region: str | None, best: float, rival: float) -> float:
    """How sure the country is, from what carries it."""
    if named or (city and region):
        return 0.9 if best > rival else 0.7
    margin = 1.0 if not rival else min(1.0, max(0.0, best / rival - 1.0) * 5)
    return round((0.7 if city or region else 0.6) + 0.15 * margin, 2)


def _parts(raw: str) -> list[_Part]:
    """The pieces between commas, brackets and dashes, each with its meanings."""
    found: list[_Part] = []
    for piece in _BETWEEN_PARTS.split(raw):
        if not piece:
            continue
        part = _part(piece)
        if part.known or "-" not in piece:
            found.extend([part] if part.known else _inside(piece))
            continue
        for half in _HYPHEN.split(piece):
            part = _part(half)
            found.extend([part] if part.known else _inside(half))
    return found


def _part(piece: str) -> _Part:
    """Everything a piece may mean as a whole, first as it stands, then without the words around a name."""
    plain = piece.strip(_EDGES)
    part = _meanings(plain)
    if part.known:
        return part
    bare = " ".join(_NUMBERS.sub(" ", _NOISE.sub(" ", plain)).split()).strip(_EDGES)
    return _meanings(bare) if bare and bare != plain else part


def _meanings(name: str) -> _Part:
    places = gazetteer()
    key = fold(name)
    if not key:
        return _Part(name, None, (), ())
    if _CODE.match(name):
        country = country_code_of(name)
        regions = tuple(Region(code, name) for code in places.region_codes.get(name, ()))
        return _Part(name, country, regions, places.cities(key))
    country = places.codes_by_country_name.get(key) if len(key) > 3 or "." in name else None  # noqa: PLR2004
    return _Part(name, country, places.regions(key), places.cities(key))


def _inside(piece: str) -> list[_Part]:
    """Names inside a phrase ("Toronto Office Remote", "USA New York NY"): longest first, from the left."""
    words = [word.group() for word in _WORD.finditer(_NOISE.sub(" ", piece))][:12]
    facility = bool(_FACILITY.search(piece))
    found: list[_Part] = []
    start = 0
    while start < len(words):
        for size in range(min(4, len(words) - start), 0, -1):
            part = _meanings(" ".join(words[start : start + size]))
            if facility and len(part.text) <= 3:  # noqa: PLR2004 - a code in a building's name is no country
                part = _Part(part.text, None, (), ())
            elif facility or not part.text[:1].isupper():
                part = _Part(part.text, part.country, (), ())
            elif part.cities and part.cities[0].thousands < _LARGE:
                part = _Part(part.text, part.country, part.regions, ())
            if part.known:
                found.append(part)
                start += size
                break
        else:
            start += 1
    return found


def _votes(parts: list[_Part], hint: str | None) -> dict[str, float]:
    """The votes of all parts by country."""
    votes: dict[str, float] = {}
    states = {(region.country_code, region.code) for part in parts for region in part.regions if region.code}
    for part in parts:
        for country, weight in _votes_of(part, states if len(parts) > 1 else set()).items():
            votes[country] = votes.get(country, 0.0) + weight
    if hint in votes:
        votes[hint] += 2.0
    return votes


def _votes_of(part: _Part, states: set[tuple[str, str]]) -> dict[str, float]:
    """A country's name counts 3, a state 2, a code 1.5, a city 1 to 1.6 by size and 1 more in its stated state."""
    votes: dict[str, float] = {}
    is_code = bool(_CODE.match(part.text))
    if part.country:
        votes[part.country] = 1.5 if is_code and len(part.text) < 3 and part.text not in _PLAIN_CODES else 3.0  # noqa: PLR2004 - alpha-2
        if not is_code and any(region.code for region in part.regions):
            votes[part.country] = 1.9  # Georgia: the state is meant unless a Georgian city stands beside it
    for region in part.regions:
        weight = 1.5 if is_code else 2.0 if region.code else 1.2
        votes[region.country_code] = max(votes.get(region.country_code, 0.0), weight)
    for city in part.cities:
        weight = (
            0.8 + math.log10(city.thousands + 1) / 6 + 0.3 * city.own_name + _MARKET.get(city.country_code, 0.0)
        )
        if (city.country_code, city.region) in states and city.region != part.text:
            weight += 1.0
        votes[city.country_code] = max(votes.get(city.country_code, 0.0), weight)
    return votes


def _read(parts: list[_Part], winner: str) -> tuple[str | None, str | None, bool]:
    """(city, region, whether the country is named) in the light of the winning country."""
    city: str | None = None
    region: str | None = None
    named = False
    for part in parts:
        is_city = any(meaning.country_code == winner for meaning in part.cities)
        is_region = any(meaning.country_code == winner for meaning in part.regions)
        is_state = is_region and (_CODE.match(part.text) or _names_a_city(parts, part, winner))
        if is_city and city is None and not is_state:
            city = part.text
        elif part.country == winner:
            named = True
        elif is_region and region is None:
            region = part.text
    return city, region, named or any(part.country == winner for part in parts)


def _names_a_city(parts: list[_Part], this: _Part, winner: str) -> bool:
    """Whether another part is the city, so that this one can be its state ("Brooklyn, New York")."""
    return any(
        part is not this and not part.regions and any(meaning.country_code == winner for meaning in part.cities)
        for part in parts
    )
