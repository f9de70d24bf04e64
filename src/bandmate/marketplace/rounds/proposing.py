"""From who wants to take part to who meets whom, at the best value that the round's limits allow; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandmate.engines.allocation import InvalidProblem
from bandmate.engines.allocation import pairing as engine
from bandmate.marketplace.rounds.domain import Limits, Reason
from bandmate.marketplace.rounds.fit import BLOCK, Fit, FitParts, Floats, Side

_SECONDS = 30.0
_EACH = 20
_SAME = 1e-6
OTHERS = 3
"""Mentors that are remembered for each mentee beside the one they get."""


@dataclass(frozen=True, slots=True)
class ProposedPair:
    """Two who would meet."""

    mentee: str
    mentor: str
    parts: FitParts
    price: float
    """What this mentor's place costs all others together, in the unit of the value."""
    rank: int
    """Of this mentor among all for this mentee; 1 is the best."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much a mentor is wanted."""

    price: float
    by: int
    """Mentees who would like them at least as much as whom they got."""


@dataclass(frozen=True, slots=True)
class RoundFigures:
    """What the round would be like."""

    mentees: int
    mentors: int
    places: int
    matched: int
    value: float
    bound: float
    """No pairing within the limits has a value above it."""
    ranks: Mapping[int, int]
    blocking_pairs: int
    across_departments: float | None
    """Share of pairs that connect two departments; None without pairs."""
    across_by_chance: float | None
    """The share that pairing at random, within the same capacities, would give on average."""
    matched_by_department: Mapping[str, tuple[int, int]]
    """Of the mentees of a department: matched, and all."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A whole round before anybody hears of it."""

    pairs: tuple[ProposedPair, ...]
    waiting: Mapping[str, Reason]
    wanted: Mapping[str, Wanted]
    figures: RoundFigures
    others: Mapping[str, tuple[tuple[str, float], ...]]
    """Of each mentee who else would suit best, with the value; the best first, nobody who must not be."""


def propose(
    mentees: Sequence[Side],
    mentors: Sequence[Side],
    capacities: Sequence[int],
    limits: Limits,
    *,
    first: Collection[str] = (),
) -> Proposal:
    """Pair mentees with mentors.

    Args:
        mentees: who wishes for a mentor.
        mentors: who would be one.
        capacities: for how many, a place a mentor.
        limits: what the round has to keep.
        first: keys of mentees who waited before. As many of them are paired as would be were they alone, unless
            the limits speak against it; so nobody new takes the last place from somebody who waits.

    Raises:
        InvalidProblem: when the limits cannot be kept together.
    """
    fit = Fit(mentees, mentors)
    table = _table(fit)
    room = np.array(capacities, np.int32).reshape(len(mentors))
    found = engine.find_pairing(lambda start, stop: table[start:stop], len(mentees), room, each=_EACH)
    wishes, pairing, places = found.wishes, found.pairing, np.arange(len(mentors))
    bound = found.bound
    quotas = _quotas(fit, wishes, limits)
    waited = _waited(fit, wishes, places, room, first)
    if quotas or waited:
        pairing = _within(wishes, places, room, quotas, waited)
        bound = max(pairing.bound, pairing.value)
    prices = engine.prices_of(wishes, pairing.granted, places, room)
    return Proposal(
        pairs=_pairs(fit, table, wishes, pairing, prices.price),
        waiting=_waiting(
            fit, table, pairing, wishes, limited=bool(quotas), places_left=int(room.sum()) - pairing.matched
        ),
        wanted={
            one.key: Wanted(float(price), int(by))
            for one, price, by in zip(mentors, prices.price, prices.wanted, strict=True)
        },
        figures=_figures(fit, table, wishes, pairing, room, bound),
        others=_others(fit, table, wishes, pairing),
    )


def _waited(
    fit: Fit, wishes: engine.Wishes, places: NDArray[np.int64], room: NDArray[np.int32], first: Collection[str]
) -> engine.Quota | None:
    """Return the quota that pairs as many of those who waited as there would be without anybody else."""
    wanted = frozenset(first)
    theirs = np.array([one.key in wanted for one in fit.mentees], bool)
    marked = theirs[wishes.mentee]
    if not marked.any():
        return None
    alone = engine.Wishes(wishes.mentee[marked], wishes.mentor[marked], wishes.value[marked])
    return engine.Quota("mentees who waited before", marked, least=engine.pair(alone, places, room).matched)


def _within(
    wishes: engine.Wishes,
    places: NDArray[np.int64],
    room: NDArray[np.int32],
    quotas: Sequence[engine.Quota],
    waited: engine.Quota | None,
) -> engine.Pairing:
    """Pair within the limits; those who waited come first as long as the limits leave a way for it."""
    if waited is not None:
        try:
            return engine.pair_within(wishes, places, room, [*quotas, waited], seconds=_SECONDS)
        except InvalidProblem:
            if not quotas:
                raise
    return engine.pair_within(wishes, places, room, quotas, seconds=_SECONDS)


def _others(
    fit: Fit, table: Floats, wishes: engine.Wishes, pairing: engine.Pairing
) -> dict[str, tuple[tuple[str, float], ...]]:
    """Return of each mentee the best mentors beside the one they get."""
    mine = dict(zip(wishes.mentee[pairing.granted].tolist(), wishes.mentor[pairing.granted].tolist(), strict=True))
    count = min(OTHERS + 1, table.shape[1])
    found = {}
    for place, one in enumerate(fit.mentees):
        row = table[place]
        best = np.argpartition(-row, count - 1)[:count] if count else np.zeros(0, np.int64)
        in_order = sorted((other for other in best.tolist() if row[other] > 0), key=lambda at: (-row[at], at))
        kept = [other for other in in_order if other != mine.get(place)][:OTHERS]
        found[one.key] = tuple((fit.mentors[other].key, float(row[other])) for other in kept)
    return found


def _quotas(fit: Fit, wishes: engine.Wishes, limits: Limits) -> list[engine.Quota]:
    quotas = []
    if limits.across_departments:
        quotas.append(
            engine.Quota(
                "pairs across departments",
                fit.crosses(wishes.mentee, wishes.mentor),
                share=limits.across_departments,
            )
        )
    for department, least in limits.least_by_department.items():
        theirs = np.array([one.department == department for one in fit.mentees], bool)
        quotas.append(engine.Quota(f"mentees of {department}", theirs[wishes.mentee], least=least))
    return quotas


def _pairs(
    fit: Fit, table: Floats, wishes: engine.Wishes, pairing: engine.Pairing, price: NDArray[np.float64]
) -> tuple[ProposedPair, ...]:
    mentee, mentor = wishes.mentee[pairing.granted], wishes.mentor[pairing.granted]
    return tuple(
        ProposedPair(
            fit.mentees[one].key, fit.mentors[other].key, parts, float(price[other]), _rank(table, one, other)
        )
        for one, other, parts in zip(mentee.tolist(), mentor.tolist(), fit.parts(mentee, mentor), strict=True)
    )


def _table(fit: Fit) -> Floats:
    """Return all values, shape (mentees, mentors); 160 MB for 10,000 mentees and 4,000 mentors."""
    count = len(fit.mentees)
    blocks = [fit.values(start, min(start + BLOCK, count)) for start in range(0, count, BLOCK)]
    return np.vstack(blocks) if blocks else np.zeros((0, len(fit.mentors)), np.float32)


def _rank(table: Floats, mentee: int, mentor: int) -> int:
    """Return the place of a mentor among all for a mentee; equally good ones share the better one."""
    return 1 + int(np.count_nonzero(table[mentee] > table[mentee, mentor] + _SAME))


def _waiting(
    fit: Fit, table: Floats, pairing: engine.Pairing, wishes: engine.Wishes, *, limited: bool, places_left: int
) -> dict[str, Reason]:
    """Say of everybody without a mentor why: nobody suits, no place was left, or the limits spoke against it."""
    matched = set(wishes.mentee[pairing.granted].tolist())
    reasons = {}
    for place, one in enumerate(fit.mentees):
        if place not in matched:
            suits = bool((table[place] > 0).any())
            full = Reason.LIMITS if limited and places_left else Reason.NO_PLACE
            reasons[one.key] = full if suits else Reason.NO_FIT
    return reasons


def _figures(
    fit: Fit, table: Floats, wishes: engine.Wishes, pairing: engine.Pairing, room: NDArray[np.int32], bound: float
) -> RoundFigures:
    plain = engine.figures_of(wishes, pairing, np.arange(len(room)), room)
    granted = pairing.granted
    mentee, mentor = wishes.mentee[granted], wishes.mentor[granted]
    everybody: dict[str, tuple[int, int]] = {}
    matched = set(mentee.tolist())
    for place, one in enumerate(fit.mentees):
        had, all_ = everybody.get(one.department or "", (0, 0))
        everybody[one.department or ""] = (had + (place in matched), all_ + 1)
    ranks = Counter(_rank(table, int(one), int(other)) for one, other in zip(mentee, mentor, strict=True))
    return RoundFigures(
        mentees=len(fit.mentees),
        mentors=len(fit.mentors),
        places=int(room.sum()),
        matched=pairing.matched,
        value=pairing.value,
        bound=bound,
        ranks=dict(sorted(ranks.items())),
        blocking_pairs=plain.blocking_pairs,
        across_departments=float(fit.crosses(mentee, mentor).mean()) if len(granted) else None,
        across_by_chance=_by_chance(fit, room),
        matched_by_department=dict(sorted(everybody.items())),
    )


def _by_chance(fit: Fit, room: NDArray[np.int32]) -> float | None:
    """Return the share of pairs across departments if each mentee got any place with the same chance."""
    places = Counter[str | None]()
    for one, count in zip(fit.mentors, room.tolist(), strict=True):
        places[one.department] += count
    known = room.sum() - places[None]
    chances = [int(known) - places[one.department] if one.department else 0 for one in fit.mentees]
    return sum(chances) / (len(chances) * int(room.sum())) if chances and room.sum() else None
