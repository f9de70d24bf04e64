"""The open opportunities of this moment in memory, laid out for matching; one in a process for each database.

Before each use one cheap question tells whether anything changed. A small market is laid out anew at once; a
large one is asked after every few seconds and laid out beside the requests, which go on with the last one
meanwhile. That is safe: what a list shows is read again from the database, with its state and with what is open to
the reader.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from uuid import UUID

import numpy as np
import numpy.typing as npt
import structlog

from bandmate.engines.matching import RULES, TENTHS, Pool, pool_of
from bandmate.kernel.config import settings
from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.matching.kept_nearness import kept_nearness
from bandmate.marketplace.matching.queries import Mark, OpenOpportunity, mark_of, open_opportunities, prices_of

log = structlog.get_logger(__name__)

_SMALL = 3_000
"""Opportunities that are laid out while a request waits."""
_PATIENCE = 5.0
"""Seconds for which a large market is not asked after: the question itself reads all of its rows."""

_KINDS = tuple(Kind)
_NEVER = float("inf")


@dataclass(frozen=True, eq=False)
class Market:
    """Open opportunities in columns; one is meant by its place."""

    mark: Mark
    rows: tuple[OpenOpportunity, ...]
    pool: Pool
    place_of: Mapping[UUID, int]
    kind: npt.NDArray[np.int8]
    opens: npt.NDArray[np.float64]
    """Seconds since 1970."""
    closes: npt.NDArray[np.float64]
    prices: npt.NDArray[np.int32]
    """In tenths of a point."""
    owned: Mapping[PersonId, tuple[int, ...]]

    def __len__(self) -> int:
        return len(self.rows)

    def owned_by(self, person_id: PersonId) -> tuple[int, ...]:
        """Return the places of what a person owns."""
        return self.owned.get(person_id, ())

    def open_to(self, kinds: frozenset[Kind], now: datetime) -> npt.NDArray[np.bool_]:
        """Return which are of these kinds and open at that instant."""
        wanted = np.array([kind in kinds for kind in _KINDS], bool)
        at = now.timestamp()
        result: npt.NDArray[np.bool_] = wanted[self.kind] & (self.opens <= at) & (at < self.closes)
        return result


_laying = threading.Lock()
_markets: dict[str, Market] = {}
_asked: dict[str, float] = {}
"""When it was last asked whether anything changed, on the monotonic clock."""
_under_way: set[str] = set()


def market(tx: Tx, now: datetime) -> Market:
    """Return the market as this transaction sees it, or a little older where it is large."""
    key = str(tx.engine.url)
    held = _markets.get(key)
    if held is not None and len(held) > _SMALL and monotonic() - _asked.get(key, 0.0) < _PATIENCE:
        return held
    mark, _asked[key] = mark_of(tx), monotonic()
    if held is not None and held.mark == mark:
        return held
    if held is not None and mark.count > _SMALL:
        _lay_out_beside(tx, key, now)
        return held
    with _laying:
        held = _markets.get(key)
        if held is None or held.mark != mark:
            held = _markets[key] = lay_out(tx, now)
    return held


def _lay_out_beside(tx: Tx, key: str, now: datetime) -> None:
    with _laying:
        if key in _under_way:
            return
        _under_way.add(key)
    engine = tx.engine

    def work() -> None:
        try:
            with engine.connect() as other:
                _markets[key] = lay_out(other, now)
        except Exception:  # a request must not fail for it; the next one tries again
            log.exception("market_not_laid_out")
        finally:
            _under_way.discard(key)

    threading.Thread(target=work, name="market", daemon=True).start()


def lay_out(tx: Tx, now: datetime) -> Market:
    """Read all open opportunities and their prices, and lay them out."""
    mark = mark_of(tx)
    rows = open_opportunities(tx, now)
    prices = prices_of(tx)
    pool = pool_of(
        [row.matched for row in rows],
        kept_nearness(settings().home),
        salt=[row.opportunity_id.int & 0xFFFFFFFF for row in rows],
        practised=RULES.practised,
    )
    return Market(
        mark=mark,
        rows=rows,
        pool=pool,
        place_of={row.opportunity_id: place for place, row in enumerate(rows)},
        kind=np.array([_KINDS.index(row.kind) for row in rows], np.int8),
        opens=np.array([row.opens_at.timestamp() if row.opens_at else 0.0 for row in rows], np.float64),
        closes=np.array([row.closes_at.timestamp() if row.closes_at else _NEVER for row in rows], np.float64),
        prices=np.array([round(prices.get(row.opportunity_id, 0.0) * TENTHS) for row in rows], np.int32),
        owned=_owned(rows),
    )


def _owned(rows: Sequence[OpenOpportunity]) -> Mapping[PersonId, tuple[int, ...]]:
    found: defaultdict[PersonId, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        if row.owner_id is not None:
            found[row.owner_id].append(place)
    return {person_id: tuple(places) for person_id, places in found.items()}
