"""What would raise it: the smallest addition to a profile that brings an opportunity into the person's first few.

Exact: each addition is tried, with everything it changes. A skill more raises every opportunity that wants it, so
the whole order is looked at again, not one score. Prices stay as they are.

Smallest means: one skill or the hours before two of them; among those the one that brings it furthest up. Skills
count at the level that is assumed where none is stated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt

from bandmate.engines.matching.pool import Pool
from bandmate.engines.matching.postings import Floats, Ints
from bandmate.engines.matching.ranking import NEVER, Mask, keys, rank_of, ties
from bandmate.engines.matching.rules import PARTS, RULES, Part, Rules
from bandmate.engines.matching.scoring import (
    Scores,
    Tenths,
    availability,
    columns,
    covered,
    had,
    points,
    score,
    spread,
)
from bandmate.engines.matching.subjects import Person

FIRST_FEW = 3
_MOST_SKILLS = 8
"""Skills of an opportunity that are tried, the weightiest first."""

_SKILLS, _AVAILABILITY = PARTS.index(Part.SKILLS), PARTS.index(Part.AVAILABILITY)


@dataclass(frozen=True, slots=True)
class Addition:
    """Something that a person could add to their profile."""

    skills: tuple[str, ...] = ()
    hours_per_week: float | None = None

    @property
    def size(self) -> int:
        """How many things it is."""
        return len(self.skills) + (self.hours_per_week is not None)


@dataclass(frozen=True, slots=True)
class Raise:
    """An addition and what it would do to one opportunity."""

    addition: Addition
    rank: int
    """Its rank in the whole list, from 1."""
    tenths: int
    """Its score, before the price."""


def with_addition(person: Person, addition: Addition) -> Person:
    """Return the person as they would be with an addition."""
    return replace(
        person,
        has={**dict.fromkeys(addition.skills), **person.has},
        hours_per_week=person.hours_per_week if addition.hours_per_week is None else addition.hours_per_week,
    )


class Raising:
    """Tries additions for one person; keeps what several opportunities of a list have in common."""

    def __init__(
        self,
        person: Person,
        pool: Pool,
        scores: Scores,
        prices: Tenths,
        *,
        seed: int,
        allowed: Mask | None = None,
        rules: Rules = RULES,
    ) -> None:
        self._person, self._pool, self._rules, self._prices = person, pool, rules, prices
        self._scores, self._total = scores, scores.total
        self._keys = keys(self._total, prices, pool, seed=seed, allowed=allowed)
        self._ties = ties(pool, seed)
        self._had = had(person, pool, rules)
        self._everything = np.arange(len(pool))
        self._hours: dict[float, Tenths] = {}
        self._sums: Floats = pool.wanted.gather(*columns(self._had))

    def smallest(self, place: int, *, first: int = FIRST_FEW) -> Raise | None:
        """Return the smallest addition that brings an opportunity into the ``first``.

        None where it is there already, may not be in the list, or nothing of one or two things suffices.
        """
        if self._keys[place] == NEVER or rank_of(self._keys, place) <= first:
            return None
        # What an addition can pass is above it now: it raises, or leaves alone.
        above = self._keys[self._keys > self._keys[place]]
        singles = self._singles(place)
        pairs = (
            Addition((*one.skills, *other.skills), one.hours_per_week or other.hours_per_week)
            for one, other in combinations(singles, 2)
        )
        for additions in (singles, pairs):
            raised = [self._tried(place, addition, above) for addition in additions]
            enough = [each for each in raised if each.rank <= first]
            if enough:
                return min(enough, key=lambda each: (each.rank, -each.tenths, each.addition.skills))
        return None

    def tried(self, place: int, addition: Addition) -> Raise:
        """Return what an addition does to one opportunity."""
        return self._tried(place, addition, self._keys)

    def _tried(self, place: int, addition: Addition, above: Ints) -> Raise:
        touched, total = self._changed(addition)
        own = np.flatnonzero(touched == place)
        tenths = int(total[own[0]]) if len(own) else int(self._total[place])
        mine = self._key(np.array([place]), np.array([tenths]))[0]
        before = self._keys[touched]
        after = np.where(before == NEVER, NEVER, self._key(touched, total))
        passed = np.count_nonzero(above > mine) - np.count_nonzero(before > mine) + np.count_nonzero(after > mine)
        return Raise(addition, 1 + int(passed), tenths)

    def _key(self, places: Ints, total: npt.NDArray[np.int64]) -> Ints:
        return ((total.astype(np.int64) - self._prices[places]) << 32) + self._ties[places]

    def _changed(self, addition: Addition) -> tuple[Ints, npt.NDArray[np.int64]]:
        """Return which opportunities an addition changes, and their scores then."""
        if addition.skills and not self._person.has:
            # With the first skill of all, the part becomes known everywhere.
            raised = score(with_addition(self._person, addition), self._pool, self._rules)
            return self._everything, raised.total.astype(np.int64)
        touched, gain = self._gain(addition.skills)
        if addition.hours_per_week is None:
            return touched, self._total[touched] + gain
        total = (self._total + self._with_hours(addition.hours_per_week)).astype(np.int64)
        total[touched] += gain
        return self._everything, total

    def _with_hours(self, hours: float) -> Tenths:
        """Return what other hours add to each score; lists often ask for the same ones."""
        if hours not in self._hours:
            free = availability(hours, self._person.available_from, self._pool, self._rules)
            now = points(*free, Part.AVAILABILITY, self._rules)
            self._hours[hours] = now - self._scores.tenths[_AVAILABILITY]
        return self._hours[hours]

    def _gain(self, skills: tuple[str, ...]) -> tuple[Ints, npt.NDArray[np.int64]]:
        """Return which opportunities more skills touch, and what they add to their scores."""
        strengths = spread(dict.fromkeys(skills, self._rules.level(None)), self._pool)
        before = self._had
        more = {number: now - before.get(number, 0) for number, now in strengths.items()}
        touched, sums = self._pool.wanted.gather_some(
            *columns({number: gained for number, gained in more.items() if gained > 0})
        )
        totals = self._pool.wanted_total[touched]
        now = points(covered(self._sums[touched] + sums, totals), totals > 0, Part.SKILLS, self._rules)
        return touched, (now - self._scores.tenths[_SKILLS][touched]).astype(np.int64)

    def _singles(self, place: int) -> list[Addition]:
        """Return single additions that could raise an opportunity, hours last."""
        row = self._pool.opportunities[place]
        enough, numbers = self._rules.level(None), self._pool.skill_numbers
        by_weight = sorted(row.wanted.items(), key=lambda item: (-item[1], item[0]))
        lacking = [
            uri
            for uri, weight in by_weight
            if weight > 0 and uri not in self._person.has and self._had.get(numbers[uri], 0) < enough
        ]
        singles = [Addition((uri,)) for uri in lacking[:_MOST_SKILLS]]
        mine, asked = self._person.hours_per_week, row.hours_per_week
        if mine is not None and asked is not None and asked > mine:
            singles.append(Addition(hours_per_week=asked))
        return singles
