"""How well a mentor would suit a mentee, for thousands of both at once; pure.

What is known to matter: that the mentor can do what the mentee wants to learn, and that both look at work alike.
Deep likeness (values, ways of working) goes with good relationships far more than likeness of background
(Eby et al. 2013), and connection across departments is what a company hopes for. Nothing else about a person
counts: these types cannot hold a name, an age, a gender or a picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float32]

BLOCK = 1_024
"""Mentees whose values are worked out together."""
WORKDAY = (9, 17)
"""Hours of a working day, by local time."""
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


@dataclass(frozen=True, slots=True)
class _Table:
    """One side as numbers, a row for each person."""

    skills: csr_array
    styles: Floats
    interests: csr_array
    languages: Floats
    offsets: NDArray[np.float64]
    departments: NDArray[np.int64]

    def some(self, start: int, stop: int) -> _Table:
        """Return the rows from ``start`` to before ``stop``."""
        return _Table(**{one.name: getattr(self, one.name)[start:stop] for one in fields(self)})


class Fit:
    """The values of all pairs of two sides, worked out block by block."""

    def __init__(self, mentees: Sequence[Side], mentors: Sequence[Side]) -> None:
        self.mentees, self.mentors = tuple(mentees), tuple(mentors)
        everybody = (*self.mentees, *self.mentors)
        known = {
            "skills": _places(skill for one in everybody for skill in one.skills),
            "styles": _places(axis for one in everybody for axis in one.style),
            "interests": _places(interest for one in everybody for interest in one.interests),
            "languages": _places(language for one in everybody for language in one.languages),
            "departments": _places(one.department for one in everybody if one.department),
        }
        self._ours, self._theirs = _table(self.mentees, known), _table(self.mentors, known)

    def values(self, start: int, stop: int) -> Floats:
        """Return the values of the mentees from ``start`` to before ``stop`` with all mentors; 0 for never.

        Shape (mentees, mentors).
        """
        topics, outlook, hours, across = self._columns(start, stop)
        found: Floats = FIT.topics * topics + FIT.outlook * outlook + FIT.hours * hours + FIT.across * across
        # Without any common topic there is nothing to meet for.
        found[~self._allowed(start, stop) | (topics <= 0)] = 0
        return found.astype(np.float32)

    def parts(self, mentee: NDArray[np.int64], mentor: NDArray[np.int64]) -> list[FitParts]:
        """Return why pairs of places have their values, in the order given."""
        found: list[FitParts | None] = [None] * len(mentee)
        for start in range(0, len(self.mentees), BLOCK):
            here = np.flatnonzero((mentee >= start) & (mentee < start + BLOCK))
            if len(here):
                columns = self._columns(start, start + BLOCK)
                chosen = [column[mentee[here] - start, mentor[here]].tolist() for column in columns]
                for place, *shares in zip(here.tolist(), *chosen, strict=True):
                    found[place] = FitParts(*(w * share for w, share in zip(astuple(FIT), shares, strict=True)))
        return [one for one in found if one is not None]

    def crosses(self, mentee: NDArray[np.int64], mentor: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell of pairs of places whether they connect two departments; unknown ones count as the same."""
        one, other = self._ours.departments[mentee], self._theirs.departments[mentor]
        crossing: NDArray[np.bool_] = (one != other) & (one >= 0) & (other >= 0)
        return crossing

    def _columns(self, start: int, stop: int) -> tuple[Floats, Floats, Floats, Floats]:
        """Return topics, outlook, hours and across of some mentees with all mentors, each 0 to 1."""
        ours, theirs = self._ours.some(start, stop), self._theirs
        outlook = (_likeness(ours.styles, theirs.styles) + _common_interests(ours, theirs)) / 2
        here, there = ours.departments[:, None], theirs.departments[None, :]
        across = (here != there) & (here >= 0) & (there >= 0)
        columns = _taught(ours, theirs), outlook, _common_hours(ours, theirs), across
        topics, outlook, hours, crossing = (np.asarray(column, np.float32) for column in columns)
        return topics, outlook, hours, crossing

    def _allowed(self, start: int, stop: int) -> NDArray[np.bool_]:
        """Tell who may be paired: with a common language, not with oneself, not with whom one must not."""
        allowed: NDArray[np.bool_] = (self._ours.languages[start:stop] @ self._theirs.languages.T) > 0
        mentors = self._mentor_places
        for row, one in enumerate(self.mentees[start:stop]):
            for key in (one.key, *one.never):
                if key in mentors:
                    allowed[row, mentors[key]] = False
        mentees = {one.key: row for row, one in enumerate(self.mentees[start:stop])}
        for column in self._choosy:
            for key in self.mentors[column].never:
                if key in mentees:
                    allowed[mentees[key], column] = False
        return allowed

    @cached_property
    def _mentor_places(self) -> dict[str, int]:
        return {one.key: place for place, one in enumerate(self.mentors)}

    @cached_property
    def _choosy(self) -> list[int]:
        return [place for place, one in enumerate(self.mentors) if one.never]


def _places(names: Iterable[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate(sorted(set(names)))}


def _table(side: Sequence[Side], known: Mapping[str, Mapping[str, int]]) -> _Table:
    skills = [one.skills for one in side]
    interests = [dict.fromkeys(one.interests, 1.0) for one in side]
    # Who names no language may be paired with anybody.
    languages = [dict.fromkeys(one.languages or known["languages"] or ("",), 1.0) for one in side]
    spoken = known["languages"] or {"": 0}
    return _Table(
        skills=_sparse(skills, known["skills"]),
        styles=_sparse([one.style for one in side], known["styles"]).toarray().astype(np.float32),
        interests=_sparse(interests, known["interests"]),
        languages=_sparse(languages, spoken).toarray().astype(np.float32),
        offsets=np.array([np.nan if one.utc_offset is None else one.utc_offset for one in side], np.float64),
        departments=np.array([known["departments"].get(one.department or "", -1) for one in side], np.int64),
    )


def _sparse(rows: Sequence[Mapping[str, float]], places: Mapping[str, int]) -> csr_array:
    # It takes a while to load, which every command of the program would pay.
    from scipy.sparse import csr_array  # noqa: PLC0415 - see above

    at = [row for row, one in enumerate(rows) for _ in one]
    columns = [places[name] for one in rows for name in one]
    values = [float(value) for one in rows for value in one.values()]
    return csr_array((values, (at, columns)), shape=(len(rows), max(len(places), 1)))


def _taught(ours: _Table, theirs: _Table) -> NDArray[Any]:
    """Return how much of what each mentee wants to learn each mentor can teach."""
    wanted = np.asarray(ours.skills.sum(axis=1)).reshape(-1, 1)
    taught: NDArray[Any] = (ours.skills @ theirs.skills.T).toarray() / np.maximum(wanted, 1)
    return taught


def _likeness(one: Floats, other: Floats) -> NDArray[Any]:
    """Return 1 for the same way of working, 0 for the opposite in everything, a half where nothing is said."""
    likeness: NDArray[Any] = (one @ other.T / one.shape[1] + 1) / 2
    return likeness


def _common_interests(ours: _Table, theirs: _Table) -> NDArray[Any]:
    """Return common interests over those of whoever has fewer; a half where one names none."""
    common = (ours.interests @ theirs.interests.T).toarray()
    one, other = (np.asarray(side.interests.sum(axis=1)) for side in (ours, theirs))
    fewer = np.minimum(one.reshape(-1, 1), other.reshape(1, -1))
    return np.where(fewer > 0, common / np.maximum(fewer, 1), 0.5)


def _common_hours(ours: _Table, theirs: _Table) -> NDArray[Any]:
    """Return the share of an ample common part of the working day; a half where a time zone is unknown."""
    apart = np.abs(ours.offsets[:, None] - theirs.offsets[None, :]) % 24
    common = np.maximum(WORKDAY[1] - WORKDAY[0] - np.minimum(apart, 24 - apart), 0)
    return np.where(np.isnan(common), 0.5, np.minimum(common / _FULL_OVERLAP, 1))
