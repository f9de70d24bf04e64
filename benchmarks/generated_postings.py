"""Generated job postings for benchmarks: the same seed gives the same postings on every machine.

The text is made of invented words whose frequencies follow Zipf's law (rank r is drawn with weight 1/r), as those
of natural language roughly do; about a hundred ranks after the first fifty are words of the trade, so that a
search for ``data engineer`` finds what it would find in life: many. One posting is about 2.8 kB of text. All names
are invented.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np

TRADE: Final = """
data engineer music product team software manager senior design sales marketing platform analyst remote customer
python audio research cloud finance growth security backend frontend mobile machine learning infrastructure
partner content artist studio label licensing royalty playlist podcast radio concert tour merchandise streaming
catalogue publishing rights legal counsel accounting payroll recruiter people operations support success
community editor writer producer composer sound video graphic brand campaign strategy insight statistics
experiment model recommendation search ranking kafka postgres kubernetes java kotlin scala swift rust golang
typescript react node testing quality release reliability network hardware firmware device embedded privacy
compliance audit risk treasury tax procurement facilities
""".split()  # noqa: SIM905 - a list of a hundred quoted words is harder to read

SENIORITY: Final = ("", "Junior ", "Senior ", "Lead ", "Staff ", "Principal ")
ROLES: Final = ("Engineer", "Manager", "Analyst", "Designer", "Producer", "Counsel", "Editor", "Researcher")
SUBJECTS: Final = (
    "Data",
    "Music",
    "Platform",
    "Product",
    "Audio",
    "Sales",
    "Marketing",
    "Security",
    "Cloud",
    "Content",
)
PROVIDERS: Final = ("lever", "greenhouse", "ashby", "workday", "smartrecruiters", "personio", "recruitee")
WORK_MODELS: Final = ("on_site", "hybrid", "remote")
EMPLOYMENT_TYPES: Final = ("full_time", "part_time", "contract", "internship")
LANGUAGES: Final = ("en", "de", "fr", "es", "sv", "ja")
STATUSES: Final = ("active", "expired", "deleted")
COUNTRIES: Final = (
    "US",
    "GB",
    "DE",
    "SE",
    "FR",
    "ES",
    "NL",
    "JP",
    "BR",
    "IN",
    "CA",
    "AU",
    "PL",
    "IT",
    "IE",
    "DK",
    "NO",
    "FI",
    "PT",
    "MX",
)

COMPANIES: Final = 4_000
CITIES: Final = 600
DEPARTMENTS: Final = 80
VOCABULARY: Final = 60_000
NOW: Final = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class GeneratedPosting:
    """One posting; ``salary_min``, ``salary_max`` are yearly, in major units, both None on two thirds of them."""

    id: str
    title: str
    company: str
    provider: str
    department: str
    country: str
    city: str
    work_model: str
    employment_type: str
    language: str
    status: str
    salary_min: float | None
    salary_max: float | None
    posted_at: datetime
    updated_at: datetime
    description: str


def generated_postings(count: int, *, seed: int = 20_261_101) -> Iterator[GeneratedPosting]:
    """``count`` postings, the first n of a longer run are those of a shorter one."""
    world = _World(np.random.default_rng(seed))
    for number in range(count):
        yield world.posting(number)


class _World:
    """The invented words, companies and cities, and how frequent each is."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random
        self._words = vocabulary(random)
        names = [word.capitalize() for word in self._words[-(COMPANIES + CITIES + DEPARTMENTS) :]]
        self._companies = names[:COMPANIES]
        self._cities = names[COMPANIES : COMPANIES + CITIES]
        self._departments = names[COMPANIES + CITIES :]
        self._word_ranks = _zipf(VOCABULARY)
        self._ranks = {size: _zipf(size) for size in (COMPANIES, CITIES, DEPARTMENTS)}

    def posting(self, number: int) -> GeneratedPosting:
        """The next posting; its values depend on all that were drawn before."""
        random = self._random
        city = self._rank(CITIES)
        posted = NOW - timedelta(seconds=int(random.integers(0, 365 * 86_400)))
        salary = 1_000.0 * float(random.integers(30, 200)) if random.random() < 1 / 3 else None
        drawn = np.searchsorted(self._word_ranks, random.random(int(random.integers(300, 460))))
        return GeneratedPosting(
            id=f"{number:08d}",
            title=f"{_pick(random, SENIORITY)}{_pick(random, SUBJECTS)} {_pick(random, ROLES)}",
            company=self._companies[self._rank(COMPANIES)],
            provider=_pick(random, PROVIDERS),
            department=self._departments[self._rank(DEPARTMENTS)],
            country=COUNTRIES[city % len(COUNTRIES)],
            city=self._cities[city],
            work_model=_pick(random, WORK_MODELS),
            employment_type=_pick(random, EMPLOYMENT_TYPES),
            language=_pick(random, LANGUAGES),
            status=_pick(random, STATUSES),
            salary_min=salary,
            salary_max=None if salary is None else salary * 1.25,
            posted_at=posted,
            updated_at=posted + (NOW - posted) * float(random.random()),
            description=" ".join([self._words[each] for each in drawn.tolist()]),
        )

    def _rank(self, size: int) -> int:
        return int(np.searchsorted(self._ranks[size], self._random.random()))


def vocabulary(random: np.random.Generator) -> list[str]:
    """60,000 distinct words, the most frequent first; ranks 51 to about 150 are words of the trade."""
    syllables = [first + second for first in "bdfgklmnprstvz" for second in ("a", "e", "i", "o", "u", "an", "or")]
    invented = dict.fromkeys(
        "".join(syllables[each] for each in random.integers(0, len(syllables), size=length))
        for length in random.choice([2, 3, 4, 5], p=[0.2, 0.4, 0.3, 0.1], size=2 * VOCABULARY).tolist()
    )
    short_first = sorted(invented, key=len)
    common, rare = short_first[:50], short_first[50:]
    random.shuffle(rare)
    return [*common, *TRADE, *rare][:VOCABULARY]


def _zipf(size: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The cumulative distribution of ranks 0 to size - 1 with weights 1, 1/2, 1/3, ..."""
    weights = 1 / np.arange(1, size + 1)
    return np.cumsum(weights / weights.sum())


def _pick(random: np.random.Generator, choices: tuple[str, ...]) -> str:
    """Earlier choices are more frequent: the square of an even draw."""
    return choices[int(random.random() ** 2 * len(choices))]
