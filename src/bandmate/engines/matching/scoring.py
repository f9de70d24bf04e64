"""The score of one person for every opportunity of a pool, part by part.

Each part is a share from 0 to 1 of its points, rounded to tenths of a point as a whole number. The score is the
sum of those whole numbers: nothing is hidden by rounding. Where one side says nothing, a part is neutral, and
known to be so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from bandmate.engines.matching.pool import DAY_UNKNOWN, Pool, style_code
from bandmate.engines.matching.postings import Floats, Ints
from bandmate.engines.matching.rules import FULL, PARTS, RULES, TENTHS, Part, Rules
from bandmate.engines.matching.subjects import Person, Place

Tenths = npt.NDArray[np.int32]
Known = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Scores:
    """Points of every opportunity in tenths, by part."""

    tenths: Tenths
    """(parts, opportunities)."""
    known: Known
    """Whether both sides say something about the part; (parts, opportunities)."""

    @property
    def total(self) -> Tenths:
        """The scores: the sums of the parts."""
        total: Tenths = self.tenths.sum(0, dtype=np.int32)
        return total


def score(person: Person, pool: Pool, rules: Rules = RULES) -> Scores:
    """Score every opportunity of the pool for one person."""
    shares = {
        Part.SKILLS: _skills(person, pool, rules),
        Part.GROW: _grow(person, pool, rules),
        Part.INTEREST: _interest(person, pool, rules),
        Part.TARGET: _target(person, pool),
        Part.AVAILABILITY: availability(person.hours_per_week, person.available_from, pool, rules),
        Part.PLACE: _place(person, pool, rules),
        Part.STYLE: _style(person, pool),
    }
    tenths = np.empty((len(PARTS), len(pool)), np.int32)
    known = np.empty((len(PARTS), len(pool)), bool)
    for row, part in enumerate(PARTS):
        share, known[row] = shares[part]
        tenths[row] = points(share, known[row], part, rules)
    return Scores(tenths, known)


def points(share: Floats, known: Known, part: Part, rules: Rules) -> Tenths:
    """Return the points of shares of a part, in tenths; neutral where it is unknown."""
    given = np.rint(share * (rules.weights[part] * TENTHS)).astype(np.int32)
    result: Tenths = np.where(known, given, np.int32(rules.neutral_tenths(part)))
    return result


def had(person: Person, pool: Pool, rules: Rules) -> dict[int, int]:
    """Return by number how far a person has the pool's skills, near ones included, in parts of ``FULL``."""
    return spread({uri: rules.level(level) for uri, level in person.has.items()}, pool)


def spread(strengths: Mapping[str, int], pool: Pool) -> dict[int, int]:
    """Return for the pool's skills the greatest strength times nearness that any of ``strengths`` gives."""
    found: dict[int, int] = {}
    numbers = pool.skill_numbers
    for uri, strength in strengths.items():
        for other, near in ((uri, 1.0), *pool.nearness.around(uri)):
            number = numbers.get(other)
            if number is not None:
                found[number] = max(found.get(number, 0), round(strength * near))
    return found


def columns(values: Mapping[int, int]) -> tuple[Ints, Ints]:
    """Return numbers and values as two columns."""
    return np.fromiter(values.keys(), np.int64, len(values)), np.fromiter(values.values(), np.int64, len(values))


def covered(sums: Floats, totals: Ints) -> Floats:
    """Return sums of amount times strength as shares of what would be full."""
    share: Floats = sums / np.maximum(totals * FULL, 1)
    return share


def _skills(person: Person, pool: Pool, rules: Rules) -> tuple[Floats, Known]:
    known = (pool.wanted_total > 0) & bool(person.has)
    return covered(pool.wanted.gather(*columns(had(person, pool, rules))), pool.wanted_total), known


def _grow(person: Person, pool: Pool, rules: Rules) -> tuple[Floats, Known]:
    wants = spread(dict.fromkeys(person.wants, FULL), pool)
    enough = max(1, min(len(person.wants), rules.enough_wants)) * FULL * FULL
    share = np.minimum(1.0, pool.taught.gather(*columns(wants)) / enough)
    return share, (pool.leads_total > 0) & bool(person.wants)


def _interest(person: Person, pool: Pool, rules: Rules) -> tuple[Floats, Known]:
    groups = [group for group in person.interests if group]
    if not groups:
        return np.zeros(len(pool)), np.zeros(len(pool), bool)
    weights: dict[int, int] = {}
    for group in groups:
        for word in group:
            number = pool.word_numbers.get(word)
            if number is not None:
                weights[number] = weights.get(number, 0) + round(FULL / len(group))
    enough = min(float(len(groups)), rules.enough_interests) * FULL
    share = np.minimum(1.0, pool.words.gather(*columns(weights)) / enough)
    return share, np.ones(len(pool), bool)


def _target(person: Person, pool: Pool) -> tuple[Floats, Known]:
    strongest = max(person.target.values(), default=0.0)
    if strongest > 0:
        strengths = {uri: round(weight / strongest * FULL) for uri, weight in person.target.items()}
        near = pool.leads.gather(*columns(spread(strengths, pool)))
        return covered(near, pool.leads_total), pool.leads_total > 0
    words = person.target_words
    if not words:
        return np.zeros(len(pool)), np.zeros(len(pool), bool)
    found = {pool.word_numbers[word]: 1 for word in words if word in pool.word_numbers}
    return pool.words.gather(*columns(found)) / len(words), np.ones(len(pool), bool)


def availability(
    hours: float | None, free_from: date | None, pool: Pool, rules: Rules = RULES
) -> tuple[Floats, Known]:
    """Return whether hours and dates suffice: the lesser of the two that are known."""
    share, known = np.ones(len(pool)), np.zeros(len(pool), bool)
    if hours is not None:
        asked = ~np.isnan(pool.hours) & (pool.hours > 0)
        needed = np.where(asked, pool.hours, 1.0)
        enough = np.minimum(max(hours, 0.0), needed) / needed
        share, known = np.where(asked, enough, share), asked
    if free_from is not None:
        day = free_from.toordinal()
        begins = pool.starts != DAY_UNKNOWN
        late = np.clip((day - pool.starts.astype(np.float64)) / rules.late_days, 0.0, 1.0)
        over = (pool.ends != DAY_UNKNOWN) & (day > pool.ends)
        share = np.minimum(share, np.where(begins, 1 - late, 1.0))
        share, known = np.where(over, 0.0, share), known | begins | over
    return share, known


def _place(person: Person, pool: Pool, rules: Rules) -> tuple[Floats, Known]:
    judged = [place_share(person.place, place, model, rules) for place, model in pool.places]
    shares = np.array([0.0 if share is None else share for share in judged])
    knowns = np.array([share is not None for share in judged], bool)
    return shares[pool.place], knowns[pool.place]


def place_share(mine: Place, theirs: Place, model: str | None, rules: Rules = RULES) -> float | None:
    """Return how well two places go together under a work model; None where nothing is known.

    On site and hybrid the place decides, remote the working hours in common, else half and half.
    """
    near = _near_place(mine, theirs, model if model in ("on_site", "hybrid") else "", rules)
    overlap = overlap_hours(mine, theirs, rules)
    together = None if overlap is None else min(1.0, overlap / rules.enough_overlap)
    if model in ("on_site", "hybrid"):
        return near
    if model == "remote":
        return together
    stated = [share for share in (near, together) if share is not None]
    return sum(stated) / len(stated) if stated else None


def overlap_hours(mine: Place, theirs: Place, rules: Rules = RULES) -> float | None:
    """Return how many hours of a working day two places have in common; None where one is unknown."""
    if mine.utc_offset is None or theirs.utc_offset is None:
        return None
    apart = abs(mine.utc_offset - theirs.utc_offset) % (24 * 60)
    return max(0.0, rules.working_hours - min(apart, 24 * 60 - apart) / 60)


def _near_place(mine: Place, theirs: Place, model: str, rules: Rules) -> float | None:
    if mine.location and theirs.location and mine.location.casefold() == theirs.location.casefold():
        return 1.0
    if mine.country and theirs.country:
        if mine.country.upper() != theirs.country.upper():
            return rules.elsewhere[model]
        # The same country; without both towns it is not said whether it is another one.
        return rules.same_country[model] if mine.location and theirs.location else None
    return None


def _style(person: Person, pool: Pool) -> tuple[Floats, Known]:
    mine = style_code(person.style)
    shares, knowns = np.zeros(len(pool.styles)), np.zeros(len(pool.styles), bool)
    for number, theirs in enumerate(pool.styles):
        apart = [abs(a - b) for a, b in zip(mine, theirs, strict=True) if a is not None and b is not None]
        if apart:
            shares[number], knowns[number] = 1 - sum(apart) / (2 * len(apart)), True
    return shares[pool.style], knowns[pool.style]
