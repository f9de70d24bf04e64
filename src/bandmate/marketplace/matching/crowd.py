"""Prices of the crowd for the whole market, computed from everybody's lists at once, and written down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import text

from bandmate.engines.matching import (
    MOST_SEATS,
    TENTHS,
    Candidates,
    Exposure,
    best,
    exposure_limits,
    exposure_of,
    keys,
    prices_for,
    score,
    ties,
)
from bandmate.kernel.database.session import Tx
from bandmate.kernel.events import publish
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.launches import visible_kinds_of
from bandmate.marketplace.matching import events
from bandmate.marketplace.matching.domain import LENGTH
from bandmate.marketplace.matching.for_you import allowed_for, seed_of
from bandmate.marketplace.matching.market import Market, lay_out
from bandmate.marketplace.matching.queries import matched_people, out_of_list

MOST_PEOPLE = 5_000
"""Of more, so many are taken, by a fixed shuffle: their lists stand for everybody's."""
_AT_ONCE = 1_000
_DEPTH = 20
"""A person's candidates are so many times their list."""

_PEOPLE = text("""
    select e.person_id
      from marketplace.employee e left join marketplace.profile p using (person_id)
     where e.active and coalesce(p.ai_ranking, true)
     order by md5(e.person_id::text) limit :most
""")
_WRITE = text("""
    insert into marketplace.opportunity_price (opportunity_id, price, seats, demand, at)
    select opportunity_id, price, seats, demand, :at
      from unnest(cast(:ids as uuid[]), cast(:prices as real[]), cast(:seats as int[]), cast(:demands as int[]))
           as t(opportunity_id, price, seats, demand)
    on conflict (opportunity_id) do update
       set price = excluded.price, seats = excluded.seats, demand = excluded.demand, at = excluded.at
""")


@dataclass(frozen=True, slots=True)
class Priced:
    """What prices do."""

    opportunities: int
    people: int
    before: Exposure
    after: Exposure
    dearest: float
    """The greatest price, in points."""
    given_up: float
    """Points by which an entry of a list fits less well than without prices, on average."""


def set_prices(tx: Tx, *, now: datetime) -> Priced:
    """Compute the prices of all open opportunities from everybody's lists, and write them down."""
    market = lay_out(tx, now)
    people = [PersonId(each) for each in tx.execute(_PEOPLE, {"most": MOST_PEOPLE}).scalars()]
    rows = [found for _person, found in _best_of(tx, market, people, now)]
    width = max((len(places) for places, _tenths, _ties in rows), default=0)
    candidates = Candidates(
        np.array([_padded(places, width, -1) for places, _t, _s in rows], np.int32).reshape(len(rows), width),
        np.array([_padded(tenths, width, 0) for _p, tenths, _s in rows], np.int32).reshape(len(rows), width),
        np.array([_padded(salt, width, 0) for _p, _t, salt in rows], np.uint32).reshape(len(rows), width),
    )
    seats = np.array([row.seats for row in market.rows], np.int64)
    limits = exposure_limits(seats, lists=len(rows), length=LENGTH)
    found = prices_for(candidates, limits, length=LENGTH)
    tx.execute(text("delete from marketplace.opportunity_price where at < :at"), {"at": now})
    if len(market):
        tx.execute(
            _WRITE,
            {
                "ids": [row.opportunity_id for row in market.rows],
                "prices": (found.tenths / TENTHS).tolist(),
                "seats": seats.tolist(),
                "demands": found.wanted_before.tolist(),
                "at": now,
            },
        )
    publish(tx, [events.priced(len(market), len(people), now)])
    counted = np.minimum(seats, MOST_SEATS)
    without = _lists(candidates, np.zeros(len(market), np.int32))
    priced = _lists(candidates, found.tenths)
    return Priced(
        opportunities=len(market),
        people=len(people),
        before=exposure_of([places for places, _tenths in without], len(market), counted),
        after=exposure_of([places for places, _tenths in priced], len(market), counted),
        dearest=float(found.tenths.max()) / TENTHS if len(market) else 0.0,
        given_up=_mean(without) - _mean(priced),
    )


def best_lists(tx: Tx, people: Sequence[PersonId], *, now: datetime) -> dict[PersonId, list[OpportunityId]]:
    """Return what suits each of these people best, as many as a list has, whoever else wants it."""
    market = lay_out(tx, now)
    return {
        person_id: [OpportunityId(market.rows[place].opportunity_id) for place in places[:LENGTH]]
        for person_id, (places, _tenths, _ties) in _best_of(tx, market, people, now)
    }


def _best_of(
    tx: Tx, market: Market, people: Sequence[PersonId], now: datetime
) -> Iterator[tuple[PersonId, tuple[list[int], list[int], list[int]]]]:
    """Yield each person's best opportunities: places, scores, ties."""
    free = np.zeros(len(market), np.int32)
    for start in range(0, len(people), _AT_ONCE):
        batch = people[start : start + _AT_ONCE]
        kinds, out = visible_kinds_of(tx, batch), out_of_list(tx, batch)
        for person_id, matched in matched_people(tx, batch, now).items():
            allowed = allowed_for(market, matched, kinds[person_id], out[person_id], now)
            total = score(matched.person, market.pool).total
            seed = seed_of(person_id)
            places = best(keys(total, free, market.pool, seed=seed, allowed=allowed), _DEPTH * LENGTH)
            salt = ties(market.pool, seed)[places]
            yield person_id, (places.tolist(), total[places].tolist(), salt.tolist())


def _padded(values: Sequence[int], width: int, filler: int) -> list[int]:
    return [*values, *[filler] * (width - len(values))]


def _lists(candidates: Candidates, prices: np.typing.NDArray[np.int32]) -> list[tuple[list[int], int]]:
    """Return for each person the places in their list at these prices, and the sum of their scores."""
    lists = []
    for places, tenths, salt in zip(candidates.places, candidates.tenths, candidates.ties, strict=True):
        there = places >= 0
        net = ((tenths - prices[places]).astype(np.int64) << 32) + salt if len(prices) else tenths.astype(np.int64)
        order = np.argsort(-net[there], kind="stable")[:LENGTH]
        lists.append((places[there][order].tolist(), int(tenths[there][order].sum())))
    return lists


def _mean(lists: Sequence[tuple[list[int], int]]) -> float:
    """Return the mean score of an entry, in points."""
    entries = sum(len(places) for places, _tenths in lists)
    return sum(tenths for _places, tenths in lists) / TENTHS / entries if entries else 0.0
