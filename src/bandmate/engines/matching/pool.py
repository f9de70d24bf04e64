"""The opportunities that can be matched, laid out for scoring all of them at once for one person.

A pool never changes; build a new one when opportunities do. 100,000 opportunities take seconds to lay out, a few
hundred take milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from bandmate.engines.matching.nearness import Nearness
from bandmate.engines.matching.postings import Ints, Postings, numbered, postings_of
from bandmate.engines.matching.rules import FULL
from bandmate.engines.matching.subjects import STYLE_AXES, Opportunity, Place, Style

T = TypeVar("T")

DAY_UNKNOWN = np.iinfo(np.int32).min
_MOST_SHARED_WORD = 0.5
"""A word that more of the opportunities have tells none from another and is left out."""
_FEW = 20
"""Below so many opportunities no word is left out."""


@dataclass(frozen=True, eq=False)
class Pool:
    """Opportunities in columns; one is meant by its place, from 0."""

    opportunities: tuple[Opportunity, ...]
    nearness: Nearness
    skill_numbers: Mapping[str, int]
    word_numbers: Mapping[str, int]
    wanted: Postings
    wanted_total: Ints
    taught: Postings
    """Amounts in parts of ``FULL``: what one can learn in it; what it wants is ``practised`` there."""
    leads: Postings
    """Wanted and taught together, for the target."""
    leads_total: Ints
    words: Postings
    hours: npt.NDArray[np.float64]
    """NaN where unknown."""
    starts: npt.NDArray[np.int32]
    """Proleptic day numbers; ``DAY_UNKNOWN`` where unknown."""
    ends: npt.NDArray[np.int32]
    places: tuple[tuple[Place, str | None], ...]
    """The different places with their work models."""
    place: npt.NDArray[np.int32]
    styles: tuple[tuple[int | None, ...], ...]
    style: npt.NDArray[np.int32]
    salt: npt.NDArray[np.uint32]
    """What settles ties, mixed with a number of the person's."""

    def __len__(self) -> int:
        return len(self.opportunities)


def pool_of(
    opportunities: Sequence[Opportunity],
    nearness: Nearness | None = None,
    *,
    salt: Sequence[int] | None = None,
    practised: float = 0.5,
) -> Pool:
    """Lay opportunities out for matching; their order is kept.

    Args:
        opportunities: Them.
        nearness: Which skills are near to each other; without it only the same skill counts.
        salt: A lasting number of each, below 2**32, that settles ties; their places where none is given.
        practised: See ``Rules.practised``.
    """
    rows = tuple(opportunities)
    wanted = [_amounts(row.wanted) for row in rows]
    taught = [
        dict.fromkeys(amounts, round(practised * FULL)) | dict.fromkeys(sorted(row.learn), FULL)
        for row, amounts in zip(rows, wanted, strict=True)
    ]
    leads = [dict.fromkeys(sorted(row.learn), FULL) | amounts for row, amounts in zip(rows, wanted, strict=True)]
    skills = numbered(uri for lead in leads for uri in lead)
    words = _telling_words(rows)
    word_numbers = numbered(sorted(words))
    places = numbered_values((row.place, row.work_model) for row in rows)
    styles = numbered_values(style_code(row.style) for row in rows)
    return Pool(
        opportunities=rows,
        nearness=nearness or Nearness(),
        skill_numbers=skills,
        word_numbers=word_numbers,
        wanted=postings_of(wanted, skills),
        wanted_total=_totals(wanted),
        taught=postings_of(taught, skills),
        leads=postings_of(leads, skills),
        leads_total=_totals(leads),
        words=postings_of([dict.fromkeys(sorted(row.words & words), 1) for row in rows], word_numbers),
        hours=np.array([np.nan if row.hours_per_week is None else row.hours_per_week for row in rows], np.float64),
        starts=np.array([_day(row.starts_on) for row in rows], np.int32),
        ends=np.array([_day(row.ends_on) for row in rows], np.int32),
        places=tuple(places),
        place=np.array([places[row.place, row.work_model] for row in rows], np.int32),
        styles=tuple(styles),
        style=np.array([styles[style_code(row.style)] for row in rows], np.int32),
        salt=np.array(range(len(rows)) if salt is None else salt, np.uint32),
    )


def style_code(style: Style) -> tuple[int | None, ...]:
    """Return a way of working by its axes, in their fixed order."""
    return tuple(style.get(axis) for axis in STYLE_AXES)


def numbered_values(values: Iterable[T]) -> dict[T, int]:
    """Give each different value a number, in the order of their first appearance."""
    return {value: number for number, value in enumerate(dict.fromkeys(values))}


def _amounts(weights: Mapping[str, float]) -> dict[str, int]:
    """Return weights as whole numbers of at least 1; what weighs nothing is left out."""
    return {uri: max(1, round(min(weight, 1e6) * FULL)) for uri, weight in weights.items() if weight > 0}


def _totals(rows: Sequence[Mapping[str, int]]) -> Ints:
    return np.array([sum(row.values()) for row in rows], np.int64)


def _telling_words(rows: Sequence[Opportunity]) -> frozenset[str]:
    counts: dict[str, int] = {}
    for row in rows:
        for word in row.words:
            counts[word] = counts.get(word, 0) + 1
    most = len(rows) if len(rows) < _FEW else _MOST_SHARED_WORD * len(rows)
    return frozenset(word for word, count in counts.items() if count <= most)


def _day(day: date | None) -> int:
    return int(DAY_UNKNOWN) if day is None else day.toordinal()
