"""How well a mentor would suit a mentee, for thousands of both at once; pure.

What is known to matter: that the mentor can do what the mentee wants to learn, and that both look at work alike.
Deep likeness (values, ways of working) goes with good relationships far more than likeness of background
(Eby et al. 2013), and connection across departments is what a company hopes for. Nothing else about a person
counts: these types cannot hold a name, an age, a gender or a picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Floats = NDArray[np.float32]

WORKDAY = (9, 17)
"""Hours of a working day, by local time."""
_SLOTS = 48
"""Half hours of a day."""
_FULL_OVERLAP = 4.0
"""Common hours from which on more make no difference to an hour's talk."""


@dataclass(frozen=True, slots=True)
class FitWeights:
    """What each part counts; they add up to 1."""

    topics: float = 0.6
    outlook: float = 0.15
    hours: float = 0.15
    across: float = 0.1


FIT = FitWeights()
VERSION = 1
"""Of the weights and of how the parts are worked out; decisions name it."""


@dataclass(frozen=True, slots=True)
class Side:
    """What is known of somebody who takes part, as mentee or as mentor."""

    key: str
    skills: Mapping[str, float]
    """Of a mentee the topics wanted, each 1; of a mentor what they can teach, by how well, above 0 to 1."""
    style: Mapping[str, int]
    """Axis of working style to -1, 0 or 1."""
    interests: frozenset[str]
    languages: frozenset[str]
    """Primary subtags: ``en`` of ``en-GB``. Empty means not known, which keeps nobody apart."""
    utc_offset: float | None
    """Hours ahead of UTC on the day of the round; None where the time zone is not known."""
    department: str | None
    never: frozenset[str] = frozenset()
    """Keys of people this one must not be paired with: managers above, whoever they were paired with before."""


@dataclass(frozen=True, slots=True)
class FitParts:
    """Why a pair has its value: each part times its weight; they add up to the value."""

    topics: float
    outlook: float
    hours: float
    across: float

    @property
    def value(self) -> float:
        """Return the sum."""
        return float(sum(getattr(self, one.name) for one in fields(self)))


class Fit:
    """The values of all pairs of two sides, worked out block by block."""

    def __init__(self, mentees: Sequence[Side], mentors: Sequence[Side]) -> None:
        self.mentees = tuple(mentees)
        self.mentors = tuple(mentors)

    def values(self, start: int, stop: int) -> Floats:
        """Return the values of the mentees from ``start`` to before ``stop`` with all mentors; 0 for never.

        Shape (mentees, mentors).
        """
        found = np.zeros((stop - start, len(self.mentors)), np.float32)
        if not found.size:
            return found
        topics, outlook, hours, across, allowed = self._columns(start, stop)
        found += FIT.topics * topics + FIT.outlook * outlook + FIT.hours * hours + FIT.across * across
        # Without any common topic there is nothing to meet for.
        found[~allowed | (topics <= 0)] = 0
        return found

    def parts(self, mentee: int, mentor: int) -> FitParts:
        """Return why two have their value."""
        topics, outlook, hours, across, _ = self._columns(mentee, mentee + 1)
        return FitParts(
            topics=FIT.topics * float(topics[0, mentor]),
            outlook=FIT.outlook * float(outlook[0, mentor]),
            hours=FIT.hours * float(hours[0, mentor]),
            across=FIT.across * float(across[0, mentor]),
        )

    def crosses(self, mentee: NDArray[np.int64], mentor: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell of pairs of places whether they connect two departments; unknown ones count as the same."""
        one, other = self._departments(self.mentees)[mentee], self._departments(self.mentors)[mentor]
        crossing: NDArray[np.bool_] = (one != other) & (one >= 0) & (other >= 0)
        return crossing

    def _columns(self, start: int, stop: int) -> tuple[Floats, Floats, Floats, Floats, NDArray[np.bool_]]:
        some = self.mentees[start:stop]
        style = _likeness(self._styles(some), self._styles(self.mentors))
        outlook = (style + self._common_interests(start, stop)) / np.float32(2)
        here, there = self._departments(some)[:, None], self._departments(self.mentors)[None, :]
        across = ((here != there) & (here >= 0) & (there >= 0)).astype(np.float32)
        return self._topics(start, stop), outlook, self._overlap(some), across, self._allowed(some)

    def _topics(self, start: int, stop: int) -> Floats:
        """Return how much of what each mentee wants to learn each mentor can teach, 0 to 1."""
        wanted = self._skill_table(self.mentees[start:stop])
        share = np.maximum(np.asarray(wanted.sum(axis=1)).reshape(-1, 1), 1)
        return np.asarray((wanted @ self._taught.T).todense() / share, np.float32)

    @cached_property
    def _taught(self) -> csr_array:
        return self._skill_table(self.mentors)

    @cached_property
    def _skill_places(self) -> dict[str, int]:
        known = sorted({skill for one in (*self.mentees, *self.mentors) for skill in one.skills})
        return {skill: place for place, skill in enumerate(known)}

    def _skill_table(self, some: Sequence[Side]) -> csr_array:
        rows = [row for row, one in enumerate(some) for _ in one.skills]
        columns = [self._skill_places[skill] for one in some for skill in one.skills]
        values = [value for one in some for value in one.skills.values()]
        return csr_array((values, (rows, columns)), shape=(len(some), max(len(self._skill_places), 1)))

    @cached_property
    def _axes(self) -> tuple[str, ...]:
        return tuple(sorted({axis for one in (*self.mentees, *self.mentors) for axis in one.style}))

    def _styles(self, some: Sequence[Side]) -> Floats:
        return np.array([[one.style.get(axis, 0) for axis in self._axes] for one in some], np.float32).reshape(
            len(some), len(self._axes)
        )

    def _common_interests(self, start: int, stop: int) -> Floats:
        """Return common interests over those of whoever has fewer; a half where one names none."""
        ours, theirs = self._interests(self.mentees[start:stop]), self._interests(self.mentors)
        common = np.asarray((ours @ theirs.T).todense(), np.float32)
        fewer = np.minimum(
            np.asarray(ours.sum(axis=1)).reshape(-1, 1), np.asarray(theirs.sum(axis=1)).reshape(1, -1)
        )
        return np.where(fewer > 0, common / np.maximum(fewer, 1), 0.5).astype(np.float32)

    def _interests(self, some: Sequence[Side]) -> csr_array:
        places = self._interest_places
        rows = [row for row, one in enumerate(some) for _ in one.interests]
        columns = [places[interest] for one in some for interest in one.interests]
        return csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(some), max(len(places), 1)))

    @cached_property
    def _interest_places(self) -> dict[str, int]:
        known = sorted({interest for one in (*self.mentees, *self.mentors) for interest in one.interests})
        return {interest: place for place, interest in enumerate(known)}

    def _overlap(self, some: Sequence[Side]) -> Floats:
        """Return the share of an ample common part of the working day, 0 to 1; a half where a zone is unknown."""
        ours = np.array([one.utc_offset if one.utc_offset is not None else np.nan for one in some])
        theirs = np.array([one.utc_offset if one.utc_offset is not None else np.nan for one in self.mentors])
        apart = np.abs(ours[:, None] - theirs[None, :]) % 24
        apart = np.minimum(apart, 24 - apart)
        common = np.maximum(WORKDAY[1] - WORKDAY[0] - apart, 0)
        return np.where(np.isnan(common), 0.5, np.minimum(common / _FULL_OVERLAP, 1)).astype(np.float32)

    def _departments(self, some: Sequence[Side]) -> NDArray[np.int64]:
        places = self._department_places
        return np.array([places.get(one.department or "", -1) for one in some], np.int64)

    @cached_property
    def _department_places(self) -> dict[str, int]:
        known = sorted({one.department for one in (*self.mentees, *self.mentors) if one.department})
        return {department: place for place, department in enumerate(known)}

    def _allowed(self, some: Sequence[Side]) -> NDArray[np.bool_]:
        """Tell who may be paired: with a common language, not with oneself, not with whom one must not."""
        allowed = self._speak(some)
        places = {one.key: place for place, one in enumerate(self.mentors)}
        for row, one in enumerate(some):
            for key in (one.key, *one.never):
                if key in places:
                    allowed[row, places[key]] = False
        kept_off = {one.key: row for row, one in enumerate(some)}
        for column, one in enumerate(self.mentors):
            for key in one.never:
                if key in kept_off:
                    allowed[kept_off[key], column] = False
        return allowed

    def _speak(self, some: Sequence[Side]) -> NDArray[np.bool_]:
        known = sorted({language for one in (*self.mentees, *self.mentors) for language in one.languages})
        places = {language: place for place, language in enumerate(known)}

        def table(side: Sequence[Side]) -> Floats:
            spoken = np.zeros((len(side), max(len(known), 1)), np.float32)
            for row, one in enumerate(side):
                spoken[row, [places[language] for language in one.languages]] = 1
                if not one.languages:
                    spoken[row] = 1
            return spoken

        common: NDArray[np.bool_] = (table(some) @ table(self.mentors).T) > 0
        return common if known else np.ones_like(common)


def _likeness(one: Floats, other: Floats) -> Floats:
    """Return 1 for the same way of working, 0 for the opposite in everything, a half where nothing is said."""
    if not one.shape[1]:
        return np.full((len(one), len(other)), 0.5, np.float32)
    axes = one.shape[1]
    agreement: Floats = ((one @ other.T / axes + 1) / 2).astype(np.float32)
    return agreement
