"""What fits a person: their list, the order of a search "for you", and why one opportunity fits them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import numpy as np
import numpy.typing as npt

from bandmate.engines.matching import Raising, Scores, best, keys, rank_of, score
from bandmate.kernel.clock import system_clock
from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches import visible_kinds
from bandmate.marketplace.matching.domain import LENGTH, Fit, facts_of, parts_of
from bandmate.marketplace.matching.market import Market, market
from bandmate.marketplace.matching.queries import MatchedPerson, matched_people, out_of_list, still_open

_BEHIND = 5
"""Of what was not shown, so many are written down."""


@dataclass(frozen=True, slots=True)
class ForYou:
    """A person's list."""

    fits: tuple[Fit, ...] = ()
    behind: tuple[Fit, ...] = ()
    """What came next; without reasons."""
    considered: int = 0
    """How many opportunities are open to them."""
    ai_ranking: bool = True
    """False where they switched it off: then nothing is ranked."""
    kinds: frozenset[Kind] = frozenset()
    """The kinds that are open to them."""
    profile_version: int = 0
    thin: bool = False
    """Whether their profile says too little for good reasons."""


def for_you(tx: Tx, person_id: PersonId, *, now: datetime, length: int = LENGTH, raises: bool = True) -> ForYou:
    """Return the best fitting opportunities of a person, from those that are open to them.

    Nothing of theirs, nothing they set aside or applied to, and only the kinds they said they are open to. Nobody
    but an active employee has a list; who switched the ranking off has an empty one.
    """
    kinds = visible_kinds(tx, person_id)
    matched = matched_people(tx, [person_id], now).get(person_id)
    if matched is None or not matched.ai_ranking:
        off = matched is not None
        return ForYou(ai_ranking=not off, kinds=kinds, profile_version=matched.version if matched else 0)
    ranking = _Ranking(tx, matched, kinds, now)
    first = ranking.best(length + _BEHIND)
    there = still_open(tx, [ranking.id_at(place) for place in first], kinds)
    first = [place for place in first if ranking.id_at(place) in there]
    fits = tuple(
        replace(ranking.fit(place, raised=raises), rank=rank) for rank, place in enumerate(first[:length], start=1)
    )
    return ForYou(
        fits=fits,
        behind=tuple(ranking.fit(place, raised=False) for place in first[length:]),
        considered=int(ranking.allowed.sum()),
        kinds=kinds,
        profile_version=matched.version,
        thin=not matched.person.has,
    )


def order_for(tx: Tx, person_id: PersonId, ids: Sequence[UUID], *, now: datetime | None = None) -> list[UUID]:
    """Return the same opportunities in the order "for you": the best fitting first, less what many are shown.

    What is not open any more keeps its order behind the rest. Who switched the ranking off, or is no active
    employee, gets them as they came. Which of them may be seen at all has been decided by the caller.
    """
    at = now or system_clock()
    matched = matched_people(tx, [person_id], at).get(person_id)
    if matched is None or not matched.ai_ranking:
        return list(ids)
    everything = market(tx, at)
    total = score(matched.person, everything.pool).total
    order = keys(total, everything.prices, everything.pool, seed=seed_of(person_id))
    known = [each for each in ids if each in everything.place_of]
    known.sort(key=lambda each: -int(order[everything.place_of[each]]))
    return [*known, *(each for each in ids if each not in everything.place_of)]


def why(tx: Tx, person_id: PersonId, opportunity_id: OpportunityId, *, now: datetime | None = None) -> Fit | None:
    """Return how one opportunity fits a person, with its rank among all that are open to them.

    None where they switched the ranking off, where it is theirs, or where it is not open (to them).
    """
    at = now or system_clock()
    kinds = visible_kinds(tx, person_id)
    matched = matched_people(tx, [person_id], at).get(person_id)
    if matched is None or not matched.ai_ranking:
        return None
    ranking = _Ranking(tx, matched, kinds, at, keep=opportunity_id)
    place = ranking.market.place_of.get(opportunity_id)
    if place is None or not ranking.allowed[place] or not still_open(tx, [opportunity_id], kinds):
        return None
    return ranking.fit(place, raised=True)


def seed_of(person_id: PersonId) -> int:
    """Return the number that settles ties for a person."""
    return person_id.int & 0xFFFFFFFF


class _Ranking:
    """One person over the whole market."""

    def __init__(
        self,
        tx: Tx,
        matched: MatchedPerson,
        kinds: frozenset[Kind],
        now: datetime,
        *,
        keep: OpportunityId | None = None,
    ) -> None:
        self.market = market(tx, now)
        self._matched = matched
        self._seed = seed_of(matched.person_id)
        self._scores: Scores = score(matched.person, self.market.pool)
        left_out = out_of_list(tx, [matched.person_id])[matched.person_id]
        self.allowed = allowed_for(
            self.market, matched, kinds, left_out - ({keep} if keep else set()), now, asked=keep
        )
        self._keys = keys(
            self._scores.total, self.market.prices, self.market.pool, seed=self._seed, allowed=self.allowed
        )
        self._raising: Raising | None = None

    def best(self, count: int) -> list[int]:
        """Return the places of the best."""
        return [int(place) for place in best(self._keys, count)]

    def id_at(self, place: int) -> OpportunityId:
        """Return which opportunity stands at a place."""
        return self.market.rows[place].opportunity_id

    def fit(self, place: int, *, raised: bool) -> Fit:
        """Return how the opportunity at a place fits, with what would raise it if asked for."""
        row, matched = self.market.rows[place], self._matched
        if raised and self._raising is None:
            self._raising = Raising(
                matched.person,
                self.market.pool,
                self._scores,
                self.market.prices,
                seed=self._seed,
                allowed=self.allowed,
            )
        return Fit(
            opportunity_id=row.opportunity_id,
            kind=row.kind,
            title=row.title,
            rank=rank_of(self._keys, place),
            parts=parts_of(self._scores.tenths[:, place].tolist(), self._scores.known[:, place].tolist()),
            price_tenths=int(self.market.prices[place]),
            facts=facts_of(
                matched.person,
                row.matched,
                row.labels,
                self.market.pool.nearness,
                interests=matched.interests,
                own_labels=matched.labels,
                target=matched.target,
            ),
            raised=self._raising.smallest(place) if raised and self._raising else None,
            labels=row.labels,
        )


def allowed_for(
    of: Market,
    matched: MatchedPerson,
    kinds: frozenset[Kind],
    left_out: frozenset[UUID],
    now: datetime,
    *,
    asked: OpportunityId | None = None,
) -> npt.NDArray[np.bool_]:
    """Return which opportunities may stand in a person's list; ``asked`` may whatever kinds they are open to."""
    wished = kinds & matched.kinds if matched.kinds else kinds
    allowed = of.open_to(wished, now)
    if asked is not None and (at := of.place_of.get(asked)) is not None:
        allowed[at] = bool(of.open_to(kinds, now)[at])
    out = [of.place_of[each] for each in left_out if each in of.place_of]
    allowed[out] = False
    allowed[list(of.owned_by(matched.person_id))] = False
    return allowed
